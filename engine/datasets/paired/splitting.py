"""Rows into train, validation and test: as the data say, and where they do not, by a seeded draw stratified
by class."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.dataset import DatasetError
from engine.datasets.paired.carving import carve
from engine.datasets.paired.joining import PARTS
from engine.files.labels import LabelReading
from engine.settings.dataset import PairedFileSettings

LEAST_TRAIN, LEAST_OTHER = 8, 2
"""Fewest rows with a label in the training part, and in validation and test."""
LEAST_TRAIN_OF_CLASS = 2

Rows = NDArray[np.int64]


class SplitRows(NamedTuple):
    """Rows of each part, in their order in the data."""

    train: Rows
    validation: Rows
    test: Rows


def split_rows(
    settings: PairedFileSettings, label: LabelReading, parts: Rows, groups: Rows | None
) -> SplitRows:
    """The three parts; rows of one group are never torn apart by a draw.

    Raises `DatasetError` where a part, or a class in the training part, has too few rows with a label.
    """
    train = np.flatnonzero((parts == PARTS.index("train")) | (parts == PARTS.index(None)))
    validation, test = (np.flatnonzero(parts == PARTS.index(part)) for part in ("validation", "test"))
    labelled = label.labelled
    classes = label.values if label.kind == "classification" else labelled.astype(np.int64) - 1
    drawn = (not len(test)) + (not len(validation))
    _check_classes(settings.label, label, train, groups if drawn else None, drawn)
    if not len(test):
        train, test = carve(train, classes, groups, settings.test_share, settings.seed, "test")
    if not len(validation):
        share = settings.validation_share
        train, validation = carve(train, classes, groups, share, settings.seed, "validation")
    for name, rows, least in (
        ("training", train, LEAST_TRAIN),
        ("validation", validation, LEAST_OTHER),
        ("test", test, LEAST_OTHER),
    ):
        count = int(labelled[rows].sum())
        if count < least:
            what = "rows" if labelled[rows].all() else "rows with a label"
            raise DatasetError(f"the data leave {count} {what} for {name}; at least {least} are needed")
    _check_columns(settings.label, label, train)
    return SplitRows(train, validation, test)


def _check_classes(name: str, label: LabelReading, train: Rows, groups: Rows | None, drawn: int) -> None:
    """Every class needs rows to train on, and a row, or a group, for each part that is still to be drawn."""
    if label.kind != "classification":
        return
    rows = train[label.labelled[train]]
    classes, least = label.values[rows], LEAST_TRAIN_OF_CLASS + drawn
    counts = np.bincount(classes, minlength=len(label.class_names))
    few = int(counts.argmin())
    if counts[few] < least:
        raise DatasetError(
            f"class '{label.class_names[few][:80]}' of the label '{name}' has {_counted(counts[few], 'row')} "
            f"to train on; {least} are needed{_or_values(label)}"
        )
    if groups is None:
        return
    pairs = np.unique(np.stack([classes, groups[rows]]), axis=1)[0]
    apart = np.bincount(pairs, minlength=len(label.class_names))
    few = int(apart.argmin())
    if apart[few] < 1 + drawn:
        raise DatasetError(
            f"class '{label.class_names[few][:80]}' of the label '{name}' stands in "
            f"{_counted(apart[few], 'group')} of rows that belong together; {1 + drawn} are needed, "
            "one for each part, or a split in the file"
        )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _or_values(label: LabelReading) -> str:
    """What to try where each class is a number: it may have been a quantity all along."""
    is_number = all(name.lstrip("-").replace(".", "", 1).isdigit() for name in label.class_names)
    return '; data.label_kind = "values" makes them numbers to predict' if is_number else ""


def _check_columns(name: str, label: LabelReading, train: Rows) -> None:
    """Every column of a multi-label, and a regression, must vary over the training rows."""
    if label.kind == "classification":
        return
    values = label.values[train[label.labelled[train]]]
    constant = np.flatnonzero((values == values[0]).reshape(len(values), -1).all(axis=0))
    if len(constant):
        what = f"column {constant[0]} of the label" if values.ndim > 1 else "the label"
        raise DatasetError(f"{what} '{name}' never varies over the {len(values)} training rows")
