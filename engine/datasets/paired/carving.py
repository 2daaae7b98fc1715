"""Draws the rows of a test or validation part: a share of each class, and of groups none torn apart."""

import numpy as np
from numpy.typing import NDArray

from engine.dataset import DatasetError
from engine.randomness import numpy_generator

Rows = NDArray[np.int64]


def carve(
    rows: Rows, classes: Rows, groups: Rows | None, share: float, seed: int, name: str
) -> tuple[Rows, Rows]:
    """(kept, carved): of `rows` a share of each class, drawn by the generator of this part.

    classes (n,): rows of class −1, which have no label, are kept: they are of no use to a probe. groups (n,):
    rows of one group go one way. Raises `DatasetError` where groups leave nothing to draw.
    """
    labelled = rows[classes[rows] >= 0]
    draw = numpy_generator(seed, f"paired_file/{name}")
    if groups is None:
        taken = _by_rows(labelled, classes, share, draw)
    else:
        chosen = _by_groups(classes[labelled], groups[labelled], share, draw, name)
        taken = rows[np.isin(groups[rows], chosen)]
    taken = np.sort(taken)
    return np.setdiff1d(rows, taken), taken


def _by_rows(rows: Rows, classes: Rows, share: float, draw: np.random.Generator) -> Rows:
    """At least one row of each class."""
    drawn = draw.permutation(rows)
    parts = []
    for value in np.unique(classes[rows]):
        members = drawn[classes[drawn] == value]
        parts.append(members[: max(1, round(share * len(members)))])
    return np.concatenate(parts)


def _by_groups(classes: Rows, groups: Rows, share: float, draw: np.random.Generator, name: str) -> Rows:
    """The groups drawn: among those with the same commonest class, as many as hold the share of their rows.

    A class that got no row then gets its smallest group, and one that lost all rows has its smallest group
    back, where it has two.
    """
    kinds, numbers = np.unique(groups, return_inverse=True)
    values, places = np.unique(classes, return_inverse=True)
    counts = np.zeros((len(kinds), len(values)), np.int64)
    np.add.at(counts, (numbers, places), 1)
    sizes, commonest = counts.sum(axis=1), counts.argmax(axis=1)
    taken = np.zeros(len(kinds), np.bool_)
    drawn = draw.permutation(len(kinds))
    for place in range(len(values)):
        stratum = drawn[commonest[drawn] == place]
        ends = np.cumsum(sizes[stratum])
        if len(stratum):  # a group goes where the middle of its rows falls
            taken[stratum[ends - sizes[stratum] / 2 <= share * ends[-1]]] = True
    for place in range(len(values)):
        for missing in (True, False):
            holders = np.flatnonzero(counts[:, place] > 0)
            if len(holders) > 1 and (taken[holders] != missing).all():
                taken[holders[np.argmin(sizes[holders])]] = missing
    if not taken.any() or taken.all():
        raise DatasetError(f"{len(kinds)} groups of rows are too few to draw {name} rows from; name a split")
    chosen: Rows = kinds[taken]
    return chosen
