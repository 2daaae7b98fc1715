"""How much of a figure's variance between configurations involves each setting.

Of a function f of independent settings, the total-effect index of setting j is the share of f's variance that
is lost when all others are known and j is not; of a perfect model it is half of what its squared error grows
by when the values of j are shuffled among the configurations, over the variance:

    S_j = (E[(y − f(x with j shuffled))²] − E[(y − f(x))²]) / (2 Var y)

(permutation importance, Breiman 2001; its link to Sobol's indices, Gregorutti, Michel and Saint-Pierre 2017,
arXiv 1310.5726). Here f is a forest of extremely randomised trees (Geurts, Ernst and Wehenkel 2006). Each
repetition draws the configurations anew with replacement, grows the forest on them and measures on those that
were left out, so that a setting which only helps to remember configurations counts for nothing. The interval
holds 95 % of the repetitions.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor

REPETITIONS = 60
TREES = 40
SHUFFLES = 8
"""Shuffles of a setting a repetition."""
FEWEST_LEFT_OUT = 2


def importance(request: Mapping[str, Any], seed: int = 0) -> dict[str, Any]:
    """Shares by setting, from figures and settings of configurations.

    request: figures, one a configuration (n ≥ 2, not all equal); settings: name → columns of n numbers each,
    which are shuffled together. Returns settings: name → [mean, low, high] of its share, and explained:
    [mean, low, high] of the share of variance that the forest foretells of configurations it has not seen (1
    − error/variance; at most 1).
    """
    y = np.asarray(request["figures"], dtype=float)
    names = list(request["settings"])
    columns = {name: np.asarray(request["settings"][name], dtype=float) for name in names}
    x = np.concatenate([columns[name] for name in names]).T
    places = np.cumsum([0, *(len(columns[name]) for name in names)])
    generator = np.random.default_rng(seed)
    shares, explained = [], []
    for repetition in range(REPETITIONS):
        drawn = generator.integers(0, y.size, y.size)
        left_out = np.setdiff1d(np.arange(y.size), drawn)
        if left_out.size < FEWEST_LEFT_OUT:
            continue
        forest = ExtraTreesRegressor(TREES, min_samples_leaf=2, random_state=repetition, n_jobs=1)
        forest.fit(x[drawn], y[drawn])
        error = float(np.mean((y[left_out] - forest.predict(x[left_out])) ** 2))
        explained.append(1 - error / y.var())
        shares.append(
            [
                (_shuffled_error(forest, x[left_out], y[left_out], slice(a, b), generator) - error)
                / (2 * y.var())
                for a, b in pairwise(places)
            ]
        )
    table = np.asarray(shares)
    return {
        "settings": {name: _summary(table[:, place]) for place, name in enumerate(names)},
        "explained": _summary(np.asarray(explained)),
    }


def _shuffled_error(
    forest: ExtraTreesRegressor, x: np.ndarray, y: np.ndarray, setting: slice, generator: np.random.Generator
) -> float:
    """Mean squared error when one setting's values are shuffled among the configurations."""
    rows = np.tile(x, (SHUFFLES, 1))
    orders = np.concatenate([generator.permutation(y.size) for _ in range(SHUFFLES)])
    rows[:, setting] = x[orders][:, setting]
    return float(np.mean((np.tile(y, SHUFFLES) - forest.predict(rows)) ** 2))


def _summary(values: np.ndarray) -> list[float]:
    low, high = np.quantile(values, [0.025, 0.975])
    return [float(values.mean()), float(low), float(high)]
