"""Rows that belong together: those that a column names, or else rows that are equal in every modality."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.dataset import DatasetError
from engine.datasets.paired.joining import PARTS, Joined
from engine.files.arrays import COUNTED, Column
from engine.files.labels import EMPTY_TEXT
from engine.settings.dataset import PairedFileSettings

Rows = NDArray[np.int64]
FEWEST_DIFFERENT = 20
"""With fewer different rows than this, equal ones are what the data consist of, and cannot be kept
together."""

MOST_EACH, LEAST_REPEATED = 20, 0.05
"""A modality is asked about where its items come so many times each on average, at most, and at least this
share of the rows has an item that comes again. More often is what symbols do."""


class Grouping(NamedTuple):
    """groups (n,): rows of one number go to one part; None where every row stands for itself. notes: what was
    found, as sentences."""

    groups: Rows | None
    notes: tuple[str, ...]


class Repeats(NamedTuple):
    """kinds (n,): a number for each different row. is_copy (n,): rows that stand in the data more than once.

    Where few values of each modality meet in all combinations, as symbols do, equal rows are no copies: a row
    counts as one only if one of its items stands in no other combination.
    """

    kinds: Rows
    is_copy: NDArray[np.bool_]

    @property
    def different(self) -> int:
        """How many different rows there are."""
        return int(self.kinds.max()) + 1


def find_repeats(items: Mapping[str, Rows]) -> Repeats:
    """Equal rows, from the number of each row's item (n,) in every modality."""
    table = np.stack(list(items.values()), axis=1)
    combinations, kinds, counts = np.unique(table, axis=0, return_inverse=True, return_counts=True)
    kinds = kinds.reshape(-1)
    alone = np.zeros(len(combinations), np.bool_)
    for numbers in combinations.T:
        alone |= np.bincount(numbers)[numbers] == 1
    return Repeats(kinds.astype(np.int64), (alone & (counts > 1))[kinds])


def number_items(column: Column, dtype: np.dtype[Any]) -> Rows:
    """A number (n,) for each different item of a modality, equal where all bytes are after a cast to
    `dtype`."""
    n = len(column.values)
    flat = column.values.reshape(n, -1)
    lengths = np.zeros(n, np.int64) if column.lengths is None else column.lengths
    digests = b"".join(
        hashlib.blake2b(_bytes_of(flat[row], dtype), digest_size=16, key=lengths[row].tobytes()).digest()
        for row in range(n)
    )
    pairs = np.frombuffer(digests, np.uint64).reshape(n, 2)
    numbers: Rows = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return numbers


def _bytes_of(values: NDArray[Any], dtype: np.dtype[Any]) -> bytes:
    with np.errstate(over="ignore"):
        cast = values.astype(dtype)
    return (cast + dtype.type(0)).tobytes() if dtype.kind == "f" else cast.tobytes()  # −0 is 0


def read_groups(name: str, column: Column) -> Rows:
    """The group of each row (n,), counted from 0; raises `DatasetError` for a row without one."""
    values = column.values.reshape(len(column.values), -1)
    if values.shape[1] != 1:
        raise DatasetError(f"the group '{name}' has the shape {column.values.shape}; allowed is (rows,)")
    values = values[:, 0]
    if column.names:
        empty = np.array([text.strip() in EMPTY_TEXT for text in column.names])[values]
    else:
        empty = np.isnan(values) if values.dtype.kind == "f" else np.zeros(len(values), np.bool_)
    if empty.any():
        row = int(np.argmax(empty))
        raise DatasetError(
            f"the group '{name}' has no value in row {row} ({COUNTED}), nor in {empty.sum() - 1:,} others; "
            "every row needs one"
        )
    groups: Rows = np.unique(values, return_inverse=True)[1].reshape(-1).astype(np.int64)
    return groups


def group_rows(settings: PairedFileSettings, joined: Joined) -> Grouping:
    """The rows that belong together; raises `DatasetError` where all test rows are training rows too."""
    items = {name: number_items(joined.columns[name], joined.dtypes[name]) for name in settings.modalities}
    repeats, parts = find_repeats(items), joined.parts
    notes = [*_told_leak(repeats, parts)]
    if settings.group is not None:
        groups = read_groups(settings.group, joined.columns[settings.group])
        notes += _told_groups(settings.group, groups, parts)
        if repeats.is_copy.any():
            notes.append(f"{_counted_copies(repeats)}; '{settings.group}' says which rows stay together")
        return Grouping(groups, tuple(notes))
    if not repeats.is_copy.any():
        return Grouping(None, (*notes, *_told_items(items)))
    if repeats.different < FEWEST_DIFFERENT:
        told = "too few to keep equal ones together: test rows stand in training too"
        return Grouping(None, (*notes, f"{len(parts):,} rows are {repeats.different} different ones, {told}"))
    notes.append(f"{_counted_copies(repeats)}; equal rows are kept together in splits and folds")
    return Grouping(repeats.kinds, tuple(notes))


def _counted_copies(repeats: Repeats) -> str:
    copies = int(repeats.is_copy.sum())
    different = len(np.unique(repeats.kinds[repeats.is_copy]))
    return f"{copies:,} of {len(repeats.kinds):,} rows are copies of {different:,} different ones"


def _told_leak(repeats: Repeats, parts: Rows) -> list[str]:
    """Test rows, of a split that the data name, that are training rows too."""
    train = np.isin(parts, (PARTS.index("train"), PARTS.index(None)))
    test = np.flatnonzero(parts == PARTS.index("test"))
    leaked = test[repeats.is_copy[test] & np.isin(repeats.kinds[test], repeats.kinds[train])]
    if not len(leaked):
        return []
    if len(leaked) == len(test):
        raise DatasetError(
            f"all {len(test):,} test rows also stand in the training rows; a test needs rows of its own"
        )
    twin = np.flatnonzero(train & (repeats.kinds == repeats.kinds[leaked[0]]))[0]
    place = int(np.searchsorted(test, leaked[0]))
    return [
        f"{len(leaked):,} of {len(test):,} test rows also stand in the training rows, the first is test row "
        f"{place} ({COUNTED}), equal to row {twin} of the data: what is read from the test is too good"
    ]


def _told_groups(name: str, groups: Rows, parts: Rows) -> list[str]:
    count = len(np.unique(groups))
    notes = [
        f"{len(groups):,} rows are of {count:,} groups by '{name}', which splits and folds keep together"
    ]
    train = np.isin(parts, (PARTS.index("train"), PARTS.index(None)))
    both = np.intersect1d(groups[train], groups[parts == PARTS.index("test")])
    if len(both):
        notes.append(f"{len(both):,} groups by '{name}' stand in the training rows and in the test rows")
    return notes


def _told_items(items: Mapping[str, Rows]) -> list[str]:
    """Modalities whose items come several times, as one image with several texts does: perhaps groups."""
    notes = []
    for name, numbers in items.items():
        counts = np.bincount(numbers)
        repeated = int(counts[counts > 1].sum())
        is_symbol = len(counts) < FEWEST_DIFFERENT or len(numbers) > MOST_EACH * len(counts)
        if not is_symbol and repeated > LEAST_REPEATED * len(numbers):
            notes.append(
                f"'{name}' holds {len(counts):,} different items in {len(numbers):,} rows; if rows of one "
                "item belong together, name the array that says so as data.group"
            )
    return notes
