"""Division of samples into folds, by label and by what belongs together, with a part of the training rows set
aside for choices.

Twice as many parts as folds are drawn; a fold is two of them. The probes that score a fold are fitted on the
other folds, but for one part of the next fold, on which everything that has to be chosen (where to stop,
temperature, mixture) is chosen. So nothing that scores a sample has seen it, nor a sample of its group. Where
the data came with a split, that split is kept instead: what was held out is scored, and nothing else.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.information.results import InformationError

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]
LEAST_CHOSEN_ON = 50
"""Rows that another held-out part needs for choices to be made on it."""
LEAST_FITTED = 20
CHOSEN_SHARE = 5
"""One in so many rows is set aside for choices where no held-out part can serve."""


class Fold(NamedTuple):
    """Rows (n,) that are scored, fitted on and chosen on; they exclude each other, but may leave rows out."""

    scored: Mask
    fitted: Mask
    chosen_on: Mask


class Layout(NamedTuple):
    """What is known of how n samples hang together.

    groups: (n,) 0 … groups − 1, samples of one are dependent, or None: each stands for itself. parts: (n,)
    of a split that the data came with, 0 for training and above it what is held out, or None: any sample may
    be held out.
    """

    groups: Rows | None = None
    parts: Rows | None = None

    def some(self, rows: NDArray[np.int64] | Mask) -> "Layout":
        """The same of these samples only; groups are numbered anew."""
        groups = None if self.groups is None else np.unique(self.groups[rows], return_inverse=True)[1]
        return Layout(groups, None if self.parts is None else self.parts[rows])

    def scored(self, n: int) -> Rows:
        """The samples that folds score, ascending."""
        return np.arange(n) if self.parts is None else np.flatnonzero(self.parts > 0)


def divide(strata: Rows, layout: Layout, folds: int, seed: int) -> list[Fold]:
    """Folds that score every row once, or every held-out row. strata: (n,) classes that each part gets its
    share of."""
    if layout.parts is not None:
        return _between(layout.parts, strata, layout.groups, seed)
    parts = _parts(strata, layout.groups, 2 * folds, seed)
    fold_of = parts // 2
    divided = []
    for fold in range(folds):
        scored = fold_of == fold
        chosen_on = parts == 2 * ((fold + 1) % folds)
        divided.append(Fold(scored, ~scored & ~chosen_on, chosen_on))
    return divided


def exchanged(labels: Rows, groups: Rows | None, generator: np.random.Generator) -> Rows:
    """The labels in another order, those of a group kept in a row: two listings of all rows, group after
    group in a random order each, are laid side by side."""
    if groups is None:
        return labels[generator.permutation(len(labels))]
    count = int(groups.max()) + 1
    places, sources = (np.argsort(generator.permutation(count)[groups], kind="stable") for _ in range(2))
    moved = np.empty_like(labels)
    moved[places] = labels[sources]
    return moved


def _between(given: Rows, strata: Rows, groups: Rows | None, seed: int) -> list[Fold]:
    """One fold for each held-out part, the last first. It is fitted on the training part and chosen on the
    other held-out part; where that is small, or no row is for training, on a share of all other rows. Rows of
    a group that is scored are neither."""
    divided = []
    for part in sorted(set(given[given > 0].tolist()), reverse=True):
        scored = given == part
        free = ~scored & ~_tied(groups, scored)
        chosen_on = free & (given > 0)
        if chosen_on.sum() < LEAST_CHOSEN_ON or not (free & (given == 0)).any():
            rows = np.flatnonzero(free)
            inside = None if groups is None else np.unique(groups[rows], return_inverse=True)[1]
            chosen_on = np.zeros(len(given), bool)
            if len(rows):
                chosen_on[rows[_parts(strata[rows], inside, CHOSEN_SHARE, seed) == 0]] = True
        fitted = free & ~chosen_on & ~_tied(groups, chosen_on)
        if fitted.sum() < LEAST_FITTED or not chosen_on.any():
            raise InformationError(
                f"the split that the data came with leaves {int(fitted.sum())} samples to fit probes on that "
                f"are not tied to those held out; at least {LEAST_FITTED} are needed"
            )
        divided.append(Fold(scored, fitted, chosen_on))
    return divided


def _tied(groups: Rows | None, rows: Mask) -> Mask:
    """Rows of the groups of these rows; without groups none but themselves."""
    return rows if groups is None else np.isin(groups, groups[rows])


def _parts(strata: Rows, groups: Rows | None, count: int, seed: int) -> Rows:
    """The part (n,) of every row."""
    generator = np.random.default_rng([seed, 1])
    if groups is None or len(np.unique(groups)) == len(groups):
        order = generator.permutation(len(strata))
        order = order[np.argsort(strata[order], kind="stable")]
        parts = np.empty(len(strata), np.int64)
        parts[order] = np.arange(len(strata)) % count  # dealt out class by class: shares differ by a row
        return generator.permutation(count)[parts]
    return _dealt(strata, groups, count, generator)


def _dealt(strata: Rows, groups: Rows, count: int, generator: np.random.Generator) -> Rows:
    """Groups of several rows one after the other, the largest first, to the part that has fewest of their
    classes; then single rows, to where their class is short."""
    parts = np.empty(len(strata), np.int64)
    held = np.zeros((count, int(strata.max()) + 1))
    share = np.maximum(np.bincount(strata), 1)
    sizes = np.bincount(groups)
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(sizes)
    several = np.flatnonzero(sizes > 1)
    several = several[generator.permutation(len(several))]
    for group in several[np.argsort(-sizes[several], kind="stable")]:
        rows = order[ends[group] - sizes[group] : ends[group]]
        classes, counts = np.unique(strata[rows], return_counts=True)
        crowded = (held[:, classes] * (counts / share[classes])).sum(1)
        part = np.lexsort((generator.random(count), held.sum(1), np.round(crowded, 9)))[0]
        parts[rows] = part
        held[part, classes] += counts
    single = np.flatnonzero(sizes[groups] == 1)
    single = single[generator.permutation(len(single))]
    for value in np.unique(strata[single]):
        rows = single[strata[single] == value]
        level = held[:, value, None] + np.arange(len(rows))
        places = np.lexsort((generator.random(level.size), level.ravel()))[: len(rows)]
        parts[rows] = places // len(rows)
    return parts
