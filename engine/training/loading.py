"""A run's data set, loaded by all its processes: one renders or caches, the others find it."""

from pathlib import Path

from accelerate import Accelerator

from engine.dataset import MultimodalDataset, Split, load_dataset
from engine.settings.experiment import ExperimentSettings


def load_shared(settings: ExperimentSettings, home: Path, accelerator: Accelerator) -> MultimodalDataset:
    """The data set of the settings, in every process of the run; raises `DatasetError`."""
    with accelerator.main_process_first():  # one process renders, the others find the cache
        dataset = load_dataset(settings.data, home)
    _check_splits(dataset)
    return dataset


def _check_splits(dataset: MultimodalDataset) -> None:
    """State what later code relies on: aligned rows, and labels of every task in every probe split."""
    named: dict[str, Split] = {
        name: getattr(dataset, name) for name in ("probe_train", "probe_validation", "probe_test")
    }
    for name, split in named.items():
        assert all(len(split.labels[task.name]) == len(split) for task in dataset.tasks), name
