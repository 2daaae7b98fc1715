"""Whether a representation tells anything at all: a permutation test that needs no refit; and Holm's
correction over tasks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number, step by step from the smallest (Holm 1979); in the order given."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    corrected, largest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[place]))
        corrected[place] = largest
    return corrected


def permutation_p(
    gained: Array, labels: NDArray[np.int64], folds: NDArray[np.int64], permutations: int, seed: int
) -> float:
    """p of "the fused view tells nothing": labels are exchanged within folds against the probes as they are.

    Under that hypothesis the labels of a fold are exchangeable given its features and the probe, which was
    fitted on other folds; so no refit is needed. gained: (n, c), log-posterior minus log-prior.
    """
    generator = np.random.default_rng([seed, 3])
    rows = np.arange(len(labels))
    observed = gained[rows, labels].sum()
    above = 0
    by_fold = [np.flatnonzero(folds == fold) for fold in range(int(folds.max()) + 1)]
    for _ in range(permutations):
        exchanged = labels.copy()
        for members in by_fold:
            exchanged[members] = labels[generator.permutation(members)]
        above += int(gained[rows, exchanged].sum() >= observed - 1e-12)
    return (1 + above) / (1 + permutations)
