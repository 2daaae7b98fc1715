"""MIMIC-III (Johnson et al., 2016) as MultiBench prepared it: 5 static features and 12 measurements over 24
hours.

Infinite values and NaN become 0. Departure from the public code, which standardises over all patients: here
mean and deviation are fitted on the training patients.
"""

import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from engine.dataset import DatasetError, Modality, MultimodalDataset, Split, Task
from engine.datasets.common.standardising import standardise
from engine.datasets.multibench.pickles import check_rows, numbers
from engine.files.presence import check_there
from engine.files.unpickling import read_pickle
from engine.settings.augmentation import NoiseAugmentation
from engine.settings.encoder import GruSettings, TabularSettings
from engine.settings.published_dataset import MimicSettings

MORTALITY = -1
MORTALITY_CLASSES = 6
SHUFFLE_SEED = 10
LEAST_PATIENTS = 40


def load(settings: MimicSettings, home: Path) -> MultimodalDataset:
    """The data set in `im.pk`; raises `DatasetError` for a file that is missing or not of its format."""
    file = check_there(settings, home)
    content = read_pickle(file, settings.most_bytes)
    table, series = (
        numbers(content, "adm_features_all", file.name, 2),
        numbers(content, "ep_tdata", file.name, 3),
    )
    task, labels = target(content, settings.task, file.name)
    check_rows({"adm_features_all": len(table), "ep_tdata": len(series), task.name: len(labels)}, file.name)
    train, validation, test = split_rows(len(labels), file.name)
    missing = [
        name for name, rows in (("training", train), ("test", test)) if len(np.unique(labels[rows])) < 2
    ]
    if missing:
        raise DatasetError(
            f"{file.name}: '{task.name}' has one class only in the {' and the '.join(missing)} part"
        )
    items = {
        "tabular": torch.from_numpy(standardise(finite(table), None, train)),
        "time_series": torch.from_numpy(standardise(finite(series), None, train)),
    }

    def split(chosen: NDArray[np.int64]) -> Split:
        rows = torch.from_numpy(chosen)
        return Split(items, dict.fromkeys(items, rows), {task.name: torch.from_numpy(labels)[rows]})

    return MultimodalDataset(
        modalities=(
            Modality("tabular", "vector", table.shape[1:], TabularSettings(), NoiseAugmentation()),
            Modality("time_series", "sequence", series.shape[1:], GruSettings(), NoiseAugmentation(drop=0.8)),
        ),
        tasks=(task,),
        train=split(train),
        validation=split(validation),
        probe_train=split(train),
        probe_validation=split(validation),
        probe_test=split(test),
    )


def target(content: Any, task: int, where: str) -> tuple[Task, NDArray[np.int64]]:
    """The task and its labels (n,): an ICD-9 group, or how long after the first day the patient died, 0 for
    not."""
    if task == MORTALITY:
        flags = numbers(content, "adm_labels_all", where, 2)
        if flags.shape[1] < MORTALITY_CLASSES:
            raise DatasetError(
                f"{where}: 'adm_labels_all' has the shape {flags.shape}; at least 6 columns are expected"
            )
        died = flags[:, 1:MORTALITY_CLASSES] > 0  # by ever longer terms: the first that holds is the class
        labels = np.where(died.any(1), died.argmax(1) + 1, 0)
        return Task(
            "mortality", "classification", classes=MORTALITY_CLASSES, chance=1 / MORTALITY_CLASSES
        ), labels
    flags = numbers(content, "y_icd9", where, 2)
    if flags.shape[1] <= task:
        raise DatasetError(f"{where}: 'y_icd9' has the shape {flags.shape}; it has no group {task}")
    name = f"icd9_group_{task}"
    return Task(name, "classification", classes=2, chance=0.5, class_names=("no", "yes")), (
        flags[:, task] > 0
    ).astype(np.int64)


def split_rows(n: int, where: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Rows of train, validation and test as published: shuffled by Python's `random.seed(10)`, the first two
    tenths held out."""
    if n < LEAST_PATIENTS:
        raise DatasetError(f"{where} has {n} patients; at least {LEAST_PATIENTS} are needed")
    order = list(range(n))
    random.Random(SHUFFLE_SEED).shuffle(order)  # noqa: S311  (the published split, no secret)
    rows = np.array(order)
    tenth = n // 10
    return rows[2 * tenth :], rows[:tenth], rows[tenth : 2 * tenth]


def finite(values: NDArray[Any]) -> NDArray[np.float32]:
    """float32 with 0 in place of NaN and infinite values."""
    with np.errstate(over="ignore"):  # what float32 cannot hold is infinite, and 0 like the rest
        cast = values.astype(np.float32)
    return np.where(np.isfinite(cast), cast, np.float32(0))
