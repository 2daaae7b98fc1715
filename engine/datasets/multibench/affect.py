"""MultiBench's affect sets (Liang et al., 2021): utterances as aligned sequences, cleaned as MultiBench
cleans them.

Samples whose text is all zero are dropped; −inf in the audio becomes 0; the leading steps where the text is
zero are cut from every modality; the label is 1 where the published one is above 0. Sequences then start at
the first step and are padded at the end, and the padding is masked wherever the sequences go. The splits are
the published ones.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine.dataset import DatasetError, Modality, MultimodalDataset, Split, Task
from engine.datasets.multibench.pickles import check_rows, member, numbers
from engine.files.arrays import finite_problem
from engine.files.presence import check_there
from engine.files.unpickling import read_pickle
from engine.settings.augmentation import NoiseAugmentation
from engine.settings.encoder import SequenceTransformerSettings
from engine.settings.published_dataset import AffectSettings

LEAST_SAMPLES = 4


class Utterances(NamedTuple):
    """One part: values (n, t, d) float32 of each modality, their common lengths (n,), labels (n,) of 0 and
    1."""

    values: dict[str, NDArray[np.float32]]
    lengths: NDArray[np.int64]
    labels: NDArray[np.int64]


def load_affect(
    settings: AffectSettings, home: Path, task_name: str, class_names: tuple[str, str]
) -> MultimodalDataset:
    """The data set in the published pickle; raises `DatasetError` for whatever cannot be used."""
    file = check_there(settings, home)
    content = read_pickle(file, settings.most_bytes)
    train, validation, test = (
        clean(member(content, part, file.name), settings.modalities, f"{file.name}, {part}")
        for part in ("train", "valid", "test")
    )
    for name in settings.modalities:
        widths = {part.values[name].shape[2] for part in (train, validation, test)}
        if len(widths) > 1:
            raise DatasetError(
                f"{file.name}: '{name}' has {' and '.join(map(str, sorted(widths)))} features in different "
                "parts"
            )
    task = Task(task_name, "classification", classes=2, chance=0.5, class_names=class_names)
    steps = max(part.lengths.max() for part in (train, validation, test))
    return MultimodalDataset(
        modalities=tuple(
            _modality(name, (int(steps), train.values[name].shape[2])) for name in settings.modalities
        ),
        tasks=(task,),
        train=_split(train, task_name),
        validation=_split(validation, task_name),
        probe_train=_split(train, task_name),
        probe_validation=_split(validation, task_name),
        probe_test=_split(test, task_name),
        is_split_given=True,  # by video or speaker: utterances of one are alike
    )


def clean(part: Any, modalities: tuple[str, ...], where: str) -> Utterances:
    """One part of the file, cleaned as the module says, with only the modalities asked for."""
    text = numbers(part, "text", where, 3)
    flags = numbers(part, "labels", where)
    arrays = {name: numbers(part, name, where, 3) for name in modalities}
    check_rows(
        {"text": len(text), "labels": len(flags)} | {name: len(values) for name, values in arrays.items()},
        where,
    )
    steps = {name: values.shape[1] for name, values in arrays.items()} | {"text": text.shape[1]}
    if len(set(steps.values())) > 1:
        raise DatasetError(
            f"{where}: the steps do not align: {', '.join(f'{name} has {n}' for name, n in steps.items())}"
        )
    if flags.size != len(flags) or not np.isfinite(flags).all():
        raise DatasetError(
            f"{where}: 'labels' has the shape {flags.shape}; one finite number a sample is expected"
        )
    has_text = (text != 0).any(2)
    kept = np.flatnonzero(has_text.any(1))
    labels = (flags.reshape(-1)[kept] > 0).astype(np.int64)
    if len(kept) < LEAST_SAMPLES or len(np.unique(labels)) < 2:
        raise DatasetError(
            f"{where}: {len(kept)} samples with text are left; at least {LEAST_SAMPLES}, of both classes, "
            "are needed"
        )
    starts = has_text[kept].argmax(1)
    values = {name: moved_to_start(_finite(name, arrays[name], where)[kept], starts) for name in modalities}
    return Utterances(values, text.shape[1] - starts, labels)


def _finite(name: str, values: NDArray[Any], where: str) -> NDArray[np.float32]:
    """float32, with −inf in the audio as 0; raises `DatasetError` for any other value that is not finite."""
    if name == "audio":
        values = np.where(np.isneginf(values), 0, values)
    problem = finite_problem(values)
    if problem:
        raise DatasetError(f"{where}: '{name}' {problem}")
    return values.astype(np.float32)


def moved_to_start(values: NDArray[np.float32], starts: NDArray[np.int64]) -> NDArray[np.float32]:
    """values (n, t, d) without the steps before `starts` (n,), zeros behind them, as long as the longest is
    then."""
    steps = values.shape[1]
    longest = steps - int(starts.min())
    at = starts[:, None] + np.arange(longest)
    moved = np.take_along_axis(values, np.minimum(at, steps - 1)[..., None], 1)
    moved[at >= steps] = 0
    return moved


def _modality(name: str, shape: tuple[int, int]) -> Modality:
    return Modality(name, "sequence", shape, SequenceTransformerSettings(), NoiseAugmentation(drop=0.8))


def _split(part: Utterances, task: str) -> Split:
    rows = torch.arange(len(part.labels))
    lengths = torch.from_numpy(part.lengths)
    return Split(
        items={name: torch.from_numpy(values) for name, values in part.values.items()},
        rows=dict.fromkeys(part.values, rows),
        labels={task: torch.from_numpy(part.labels)},
        lengths=dict.fromkeys(part.values, lengths),
    )
