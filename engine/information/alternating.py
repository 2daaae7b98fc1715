"""Union information of large tables, bracketed, in memory that grows with the cells that are possible.

Newton's method on the dual (`dual.py`) needs a block of classes by classes for each pair of symbols: with a
hundred classes gigabytes. Here I∪ = H(Y) + min over q, w of KL(q ‖ w(x1,x2)) is minimised in turns: of q,
given w, by scaling w for each y to the marginals p(x1,y) and p(x2,y) (iterative proportional fitting), and of
w, given q, by w = Σ_y q. Both are convex and the value falls (alternating minimisation, Csiszár & Tusnády
1984); w is stepped further than that, which is faster. The factors of the scaling, lowered until they are
feasible, bound the union from below, and q, made exactly feasible, from above. Only cells that p(x1,y) > 0
and p(x2,y) > 0 allow are stored.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Index = NDArray[np.int64]
LN2 = float(np.log(2.0))
TOLERANCE = 5e-4
"""Bits of the bracket at which the turns end."""
MOST_TURNS = 400
LOOK = 10
FURTHER = 1.9
"""Power of the step in log w; 1 is the alternating minimisation itself, below 2 it converges as well."""
MOST_CELLS = 4_000_000
TINY = 1e-300


class _Cells(NamedTuple):
    """Of each possible cell (k,): its place in p(x1,y), in p(x2,y), among the possible pairs, and its y; of
    each pair: x1 and x2."""

    first: Index
    second: Index
    pair: Index
    label: Index
    x1: Index
    x2: Index


class Bounds(NamedTuple):
    """Bounds of the union information in bits, and the logarithms λ (a, c) and μ (b, c), in nats, that prove
    the lower one: exp(λ + μ) forecasts y, with Σ_y ≤ 1; None where no tables were turned."""

    low: float
    high: float
    forecast: tuple[Array, Array] | None


def bracket_marginals(first: Array, second: Array) -> Bounds:
    """The union information from p(x1,y) (a, c) and p(x2,y) (b, c), which agree in p(y).

    Of more than MOST_CELLS possible cells only max(I1, I2) ≤ I∪ ≤ min(I1 + I2, H(Y)) is told.
    """
    of_y = first.sum(0)
    entropy = -float(_xlogx(of_y).sum())
    information1, information2 = (
        entropy + float(_xlogx(p).sum() - _xlogx(p.sum(1)).sum()) for p in (first, second)
    )
    low, high = max(information1, information2), min(information1 + information2, entropy)
    forecast = None
    if ((first > 0).sum(0) * (second > 0).sum(0)).sum() <= MOST_CELLS:
        least, most, forecast = _turns(first, second, _possible(first, second), entropy)
        low, high = max(low, least), min(high, most)
    return Bounds(low / LN2, max(high, low) / LN2, forecast)


def _possible(first: Array, second: Array) -> _Cells:
    c, b = first.shape[1], len(second)
    parts = []
    for y in range(c):
        x1, x2 = np.flatnonzero(first[:, y]), np.flatnonzero(second[:, y])
        parts.append(np.stack([np.repeat(x1, len(x2)), np.tile(x2, len(x1)), np.full(len(x1) * len(x2), y)]))
    x1, x2, label = np.concatenate(parts, 1)
    pairs, pair = np.unique(x1 * b + x2, return_inverse=True)
    return _Cells(x1 * c + label, x2 * c + label, pair, label, pairs // b, pairs % b)


def _turns(
    first: Array, second: Array, cells: _Cells, entropy: float
) -> tuple[float, float, tuple[Array, Array] | None]:
    """The narrowest bounds met, in nats, and λ and μ of the lower one."""
    p1, p2 = first.ravel(), second.ravel()
    mass = first.sum(1)[cells.x1] * second.sum(1)[cells.x2]
    u, v = np.zeros_like(p1), np.ones_like(p2)
    low, high = 0.0, entropy
    forecast = None
    for turn in range(1, MOST_TURNS + 1):
        wide = mass[cells.pair]
        u = p1 / np.maximum(np.bincount(cells.first, wide * v[cells.second], len(p1)), TINY)
        v = p2 / np.maximum(np.bincount(cells.second, wide * u[cells.first], len(p2)), TINY)
        scaled = u[cells.first] * v[cells.second]
        growth = np.bincount(cells.pair, scaled, len(mass)).astype(np.float64)
        if turn % LOOK == 0:
            value, logs = _dual(first, second, u, v, growth, cells)
            if entropy + value > low or forecast is None:
                low, forecast = max(low, entropy + value), logs
            high = min(high, entropy + _primal(first, second, wide * scaled, cells))
            if high - low < TOLERANCE * LN2:
                break
        mass = mass * growth**FURTHER
    return low, high, forecast


def _dual(
    first: Array, second: Array, u: Array, v: Array, growth: Array, cells: _Cells
) -> tuple[float, tuple[Array, Array]]:
    """Σ p(x1,y) log u + Σ p(x2,y) log v, less what makes Σ_y u v ≤ 1 hold: the largest excess of each symbol
    of one source, whichever costs less. Also λ and μ with that taken away."""
    p1, p2 = first.ravel(), second.ravel()
    value = sum(float((p[p > 0] * np.log(factor[p > 0])).sum()) for p, factor in ((p1, u), (p2, v)))
    logs = [np.log(np.maximum(factor, TINY)).reshape(p.shape) for p, factor in ((first, u), (second, v))]
    costs, excesses = [], []
    for p, symbol in ((first.sum(1), cells.x1), (second.sum(1), cells.x2)):
        excess = np.full(len(p), -np.inf)
        np.maximum.at(excess, symbol, np.log(np.maximum(growth, TINY)))
        costs.append(float((p[p > 0] * excess[p > 0]).sum()))
        excesses.append(np.where(p > 0, excess, 0.0))
    cheaper = int(costs[1] < costs[0])
    logs[cheaper] = logs[cheaper] - excesses[cheaper][:, None]
    return value - costs[cheaper], (logs[0], logs[1])


def _primal(first: Array, second: Array, q: Array, cells: _Cells) -> float:
    """−H_q(Y | X1, X2) of q made feasible: rows scaled down, the rest spread as a product, for each y."""
    p1, p2 = first.ravel(), second.ravel()
    for p, place in ((p1, cells.first), (p2, cells.second)):
        q = q * np.minimum(1.0, p / np.maximum(np.bincount(place, q, len(p)), TINY))[place]
    left1, left2 = (
        np.maximum(p - np.bincount(place, q, len(p)), 0.0)
        for p, place in ((p1, cells.first), (p2, cells.second))
    )
    mass = left1.reshape(first.shape).sum(0)
    q = q + left1[cells.first] * left2[cells.second] / np.where(mass > 0, mass, 1.0)[cells.label]
    return float(_xlogx(q).sum() - _xlogx(np.bincount(cells.pair, q).astype(np.float64)).sum())


def _xlogx(p: Array) -> Array:
    product: Array = p * np.log(np.where(p > 0, p, 1.0))
    return product
