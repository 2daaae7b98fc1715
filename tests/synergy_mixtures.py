"""Mixtures of samples of several kinds, of which is known what exact posteriors tell: readable from the first
modality alone, from the second, from either, or from both together only (an exclusive or).

A modality shows one of five symbols as a point with noise: nothing, the label (two), or half of the exclusive
or (two). Which kind a sample is of is seen as far as the symbols are.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

Array = np.ndarray
NOTHING, LABEL, HALF = 0, 1, 3
MEANS = np.array([[0, 0, 0], [1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0]], float)


class Shares(NamedTuple):
    """Shares of samples readable from the first modality, the second, either, and both together only."""

    first: float = 0.0
    second: float = 0.0
    either: float = 0.0
    together: float = 0.0


class Drawn(NamedTuple):
    """Modalities (n, 3), labels (n,), which samples need both (n,), and exact log-posteriors (n, 2) of the
    label from the first modality, the second and both."""

    x1: Array
    x2: Array
    y: Array
    needs_both: Array
    first: Array
    second: Array
    both: Array


def joint(shares: Shares) -> Array:
    """p(symbol 1, symbol 2, y), (5, 5, 2)."""
    table = np.zeros((5, 5, 2))
    for y in range(2):
        table[LABEL + y, NOTHING, y] += shares.first / 2
        table[NOTHING, LABEL + y, y] += shares.second / 2
        table[LABEL + y, LABEL + y, y] += shares.either / 2
        for half in range(2):
            table[HALF + half, HALF + (half ^ y), y] += shares.together / 4
    return table


def draw(shares: Shares, n: int, seed: int, noise: tuple[float, float] = (0.25, 0.25)) -> Drawn:
    """n samples. noise: deviation of both modalities, where symbols are 1 apart from nothing."""
    source = np.random.default_rng(seed)
    table = joint(shares)
    symbol1, symbol2, y = np.unravel_index(source.choice(table.size, n, p=table.ravel()), table.shape)
    observed, logs = [], []
    for symbol, deviation in ((symbol1, noise[0]), (symbol2, noise[1])):
        x = MEANS[symbol] + deviation * source.standard_normal((n, 3))
        observed.append(x)
        logs.append(-((x[:, None] - MEANS) ** 2).sum(2) / (2 * deviation**2))
    with np.errstate(divide="ignore"):
        prior = np.log(table)
        first, second = (np.log(table.sum(axis)) for axis in (1, 0))
    posteriors = [
        logsumexp(logs[0][:, :, None] + first, axis=1),
        logsumexp(logs[1][:, :, None] + second, axis=1),
        logsumexp(logs[0][:, :, None, None] + logs[1][:, None, :, None] + prior, axis=(1, 2)),
    ]
    exact = (log - logsumexp(log, axis=1, keepdims=True) for log in posteriors)
    return Drawn(*observed, y, symbol1 >= HALF, *exact)
