"""Division of samples into folds, by label and by source sample, with a part of the training rows set aside
for choices.

Twice as many parts as folds are drawn; a fold is two of them. The probes that score a fold are fitted on the
other folds, but for one part of the next fold, on which everything that has to be chosen (where to stop,
temperature, mixture) is chosen. So nothing that scores a sample has seen it, nor a sample of its group.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Fold(NamedTuple):
    """Rows (n,) that are scored, fitted on and chosen on; they exclude each other, but may leave rows out."""

    scored: Mask
    fitted: Mask
    chosen_on: Mask


def divide(strata: Rows, groups: Rows | None, folds: int, seed: int) -> list[Fold]:
    """Folds that cover every row once. strata: (n,) classes that each part gets its share of; groups: (n,)
    never torn apart."""
    parts = _parts(strata, groups, 2 * folds, seed)
    fold_of = parts // 2
    divided = []
    for fold in range(folds):
        scored = fold_of == fold
        chosen_on = parts == 2 * ((fold + 1) % folds)
        divided.append(Fold(scored, ~scored & ~chosen_on, chosen_on))
    return divided


def _parts(strata: Rows, groups: Rows | None, count: int, seed: int) -> Rows:
    """The part (n,) of every row."""
    if groups is None or len(np.unique(groups)) == len(groups):
        generator = np.random.default_rng([seed, 1])
        order = generator.permutation(len(strata))
        order = order[np.argsort(strata[order], kind="stable")]
        parts = np.empty(len(strata), np.int64)
        parts[order] = (
            np.arange(len(strata)) % count
        )  # dealt out class by class: shares differ by one row at most
        return generator.permutation(count)[parts]
    parts = np.zeros(len(strata), np.int64)
    splitter = StratifiedGroupKFold(n_splits=count, shuffle=True, random_state=seed)
    for part, (_, rows) in enumerate(splitter.split(strata, strata, groups)):
        parts[rows] = part
    return parts
