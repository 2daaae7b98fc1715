"""Rows that stand in the data more than once (oversampled classes, frames saved twice, the same patient): a
probe that has met one in another fold knows its label, which is no information about anything.

Equal rows are not always copies: of discrete inputs (a few symbols, one-hot codes) equal rows are drawn again
and again, independently. They count as copies where a modality takes as many values as there are distinct
rows, and rows that agree in it agree altogether; and where no row is repeated more often than a part of the
folds holds.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Rows = NDArray[np.int64]
AGREE = 0.9
"""Share of the pairs of rows equal in one modality that are equal in all, from which they are copies."""


class Modality(NamedTuple):
    """A number (n,) for the content of each row, and whether equal content is no coincidence."""

    numbers: Rows
    continuous: bool


def numbered(features: ArrayLike) -> Rows:
    """A number (n,) for each row of (n, …): the same for the same values."""
    values = np.asarray(features)
    values = values + 0.0 if values.dtype.kind == "f" else values  # -0.0 is 0.0
    keys = np.array([blake2b(row.tobytes(), digest_size=16).hexdigest() for row in values])
    numbers: Rows = np.unique(keys, return_inverse=True)[1].astype(np.int64)
    return numbers


def modality(features: NDArray[np.generic]) -> Modality:
    """A modality of vectors (n, d), continuous if a column takes half as many values as there are rows that
    differ."""
    numbers = numbered(features)
    distinct = np.asarray(features)[np.unique(numbers, return_index=True)[1]]
    if len(distinct) == len(numbers):
        return Modality(numbers, True)
    return Modality(numbers, any(2 * len(np.unique(column)) >= len(distinct) for column in distinct.T))


def copies(modalities: Sequence[Modality], folds: int) -> Rows | None:
    """Groups (n,) of rows that are copies of each other, or None where there are none."""
    n = len(modalities[0].numbers)
    together = np.stack([member.numbers for member in modalities], 1)
    joint = np.unique(together, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    pairs = _pairs(joint)
    if not any(
        member.continuous and pairs and pairs >= AGREE * _pairs(member.numbers) for member in modalities
    ):
        return None
    sizes = np.bincount(joint)[joint]
    apart = sizes > n // (2 * folds)  # met so often that it is a symbol: to know it is to know its share
    joint[apart] = joint.max() + 1 + np.arange(int(apart.sum()))
    numbers: Rows = np.unique(joint, return_inverse=True)[1].astype(np.int64)
    return numbers if int(numbers.max()) + 1 < n else None


def united(first: Rows | None, second: Rows | None, folds: int) -> Rows | None:
    """The finest groups (n,) that tear neither. Where a chain of links would leave a group larger than a fold
    or too few groups, those of `one` stand."""
    if first is None or second is None:
        return second if first is None else first
    ends = second + int(first.max()) + 1
    size = int(ends.max()) + 1
    graph = coo_matrix((np.ones(len(first)), (first, ends)), shape=(size, size))
    whole: Rows = np.unique(connected_components(graph, directed=False)[1][first], return_inverse=True)[1]
    sizes = np.bincount(whole)
    if len(sizes) < 2 * folds or sizes.max() > max(len(first) // folds, int(np.bincount(first).max())):
        return first
    return whole.astype(np.int64)


def copies_line(groups: Rows | None) -> str | None:
    """How many rows are copies, or None."""
    if groups is None:
        return None
    count = len(groups) - (int(groups.max()) + 1)
    rows = "1 row repeats" if count == 1 else f"{count:,} rows repeat"
    return f"{rows} another one of {len(groups):,}; equal rows were kept together"


def _pairs(numbers: Rows) -> float:
    """Pairs of rows with one number."""
    sizes = np.bincount(numbers).astype(np.float64)
    return float((sizes * (sizes - 1)).sum() / 2)
