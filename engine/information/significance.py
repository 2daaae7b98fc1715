"""Tests: of a quantity above zero, by the interval that is shown of it; of any information at all, by
permutations that need no refit."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from engine.information.folds import exchanged

Array = NDArray[np.float64]
LEVEL = 0.95
QUANTILE = float(norm.ppf((1 + LEVEL) / 2))


class Margin(NamedTuple):
    """How far a value may be off at LEVEL: `below` and `above` it by chance, and by `blur` either way in any
    case, which no resampling sees."""

    below: float
    above: float
    blur: float = 0.0


def margin(values: Array, per_seed: Sequence[float], blur: float = 0.0) -> Margin:
    """Of values (draws + 1,), the sample's own first: percentile bootstrap of held-out losses and bins,
    widened by the spread over divisions into folds."""
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    spread = QUANTILE * float(np.std(per_seed, ddof=1)) if len(per_seed) > 1 else 0.0
    value = float(values[0])
    below, above = max(value - float(low), 0.0), max(float(high) - value, 0.0)
    return Margin(float(np.hypot(below, spread)), float(np.hypot(above, spread)), blur)


def p_above_zero(value: float, known: Margin, draws: int) -> float:
    """Two-sided p of "not above zero", from the interval itself: p < 1 − LEVEL exactly where the interval's
    lower limit value − blur − below is above zero.

    The law below the value is taken as normal, with `below` for its QUANTILE deviations; no p is smaller than
    the bootstrap's draws can show, 1 / (draws + 1).
    """
    over = value - known.blur
    if over <= 0:
        return 1.0
    least = 1 / (draws + 1)
    return least if known.below <= 0 else max(float(2 * norm.sf(QUANTILE * over / known.below)), least)


def permutation_p(
    gained: Array,
    labels: NDArray[np.int64],
    folds: NDArray[np.int64],
    groups: NDArray[np.int64] | None,
    permutations: int,
    seed: int,
) -> float:
    """p of "the fused view tells nothing": labels are exchanged within folds against the probes as they are.

    Under that hypothesis the labels of a fold are exchangeable given its features and the probe, which was
    fitted on other folds; so no refit is needed. Of dependent samples their groups are. gained: (n, c),
    log-posterior minus log-prior.
    """
    generator = np.random.default_rng([seed, 3])
    rows = np.arange(len(labels))
    observed = gained[rows, labels].sum()
    above = 0
    by_fold = [np.flatnonzero(folds == fold) for fold in range(int(folds.max()) + 1)]
    for _ in range(permutations):
        other = labels.copy()
        for members in by_fold:
            other[members] = exchanged(
                labels[members], None if groups is None else groups[members], generator
            )
        above += int(gained[rows, other].sum() >= observed - 1e-12)
    return (1 + above) / (1 + permutations)
