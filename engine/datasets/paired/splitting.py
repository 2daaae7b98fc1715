"""Rows into train, validation and test: as the data say, and where they do not, by a seeded draw stratified
by class."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.dataset import DatasetError, Task
from engine.datasets.paired.joining import PARTS
from engine.randomness import numpy_generator
from engine.settings.dataset import PairedFileSettings

LEAST_TRAIN, LEAST_OTHER = 8, 2
"""Fewest rows of the training part, and of validation and test."""
LEAST_TRAIN_OF_CLASS = 2

Rows = NDArray[np.int64]


class SplitRows(NamedTuple):
    """Rows of each part, in their order in the data."""

    train: Rows
    validation: Rows
    test: Rows


def split_rows(settings: PairedFileSettings, task: Task, labels: NDArray[Any], parts: Rows) -> SplitRows:
    """The three parts; raises `DatasetError` where a part, or a class in the training part, has too few
    rows."""
    train = np.flatnonzero((parts == PARTS.index("train")) | (parts == PARTS.index(None)))
    validation, test = (np.flatnonzero(parts == PARTS.index(part)) for part in ("validation", "test"))
    classes = labels if task.kind == "classification" else np.zeros(len(labels), np.int64)
    carved = (not len(test)) + (not len(validation))
    _check_classes(task, classes[train], LEAST_TRAIN_OF_CLASS + carved)
    if not len(test):
        train, test = _carve(train, classes, settings.test_share, settings.seed, "test")
    if not len(validation):
        train, validation = _carve(train, classes, settings.validation_share, settings.seed, "validation")
    for name, rows, least in (
        ("training", train, LEAST_TRAIN),
        ("validation", validation, LEAST_OTHER),
        ("test", test, LEAST_OTHER),
    ):
        if len(rows) < least:
            raise DatasetError(f"the data leave {len(rows)} rows for {name}; at least {least} are needed")
    _check_columns(task, labels[train])
    return SplitRows(train, validation, test)


def _carve(rows: Rows, classes: Rows, share: float, seed: int, name: str) -> tuple[Rows, Rows]:
    """(kept, carved): a share of each class, at least one row, drawn by the generator of this split."""
    drawn = numpy_generator(seed, f"paired_file/{name}").permutation(rows)
    carved = []
    for value in np.unique(classes[rows]):
        members = drawn[classes[drawn] == value]
        carved.append(members[: max(1, round(share * len(members)))])
    taken = np.sort(np.concatenate(carved))
    return np.setdiff1d(rows, taken), taken


def _check_classes(task: Task, classes: Rows, least: int) -> None:
    """Every class needs rows to train on, and one for each part that is still to be carved."""
    if task.kind != "classification":
        return
    counts = np.bincount(classes, minlength=task.classes)
    few = int(counts.argmin())
    if counts[few] < least:
        rows = f"{counts[few]} row{'' if counts[few] == 1 else 's'}"
        raise DatasetError(
            f"class '{task.class_names[few]}' of the label '{task.name}' has {rows} to train on; {least} "
            "are needed"
        )


def _check_columns(task: Task, labels: NDArray[Any]) -> None:
    """Every column of a multi-label, and a regression, must vary over the training rows."""
    if task.kind == "classification":
        return
    constant = np.flatnonzero((labels == labels[0]).reshape(len(labels), -1).all(axis=0))
    if len(constant):
        what = f"column {constant[0]} of the label" if task.kind == "multilabel" else "the label"
        raise DatasetError(f"{what} '{task.name}' never varies over the {len(labels)} training rows")
