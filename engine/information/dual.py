"""Union information of many discrete tables at once, bracketed by weak duality (docs/synergy.md).

Primal: I∪ = min over q ≥ 0 with q(x1,y) = p(x1,y), q(x2,y) = p(x2,y) of I_q(X1,X2;Y). Dual:   H(Y) + max Σ
p(x1,y) λ(x1,y) + Σ p(x2,y) μ(x2,y)  subject to  L(x1,x2) = log Σ_y exp(λ + μ) ≤ 0. A primal-dual
interior-point method walks inside L < 0. Its multipliers z give q = z · softmax_y(λ + μ), which is made
exactly feasible by rounding; so every iterate brackets the answer, whatever its numerical quality. In nats
inside, bits outside.

Tables are batched (m, a, b, c): one Newton system a table, reduced to one side by a Schur complement, since
the other side's Hessian is a block for each symbol. Cells that a marginal forbids (p(x1,y) = 0 or p(x2,y) =
0) are not in the problem. Sources: Bertschinger et al. 2014 (arXiv 1311.2852); Makkeh et al. 2018 for the
dual; Boyd & Vandenberghe 2004, §11.7.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LN2 = float(np.log(2.0))
MOST_ITERATIONS = 200
PATIENCE = 6
"""Iterations without a narrower bracket before a table is given up; its bracket stays true."""
_STEP_TO_BOUNDARY = 0.99
_SHRINK = 0.1
"""How far a Newton step aims to lower the complementarity z·(−L)."""
_LONGEST = 25.0
"""Largest change of a logarithm in one step."""
_ROUNDING = 4e-15
"""Relative error allowed for the arithmetic of the bounds themselves, times the number of cells' square
root."""


class Bracket(NamedTuple):
    """Bounds of the union information in bits, (m,) each, the iterations that were made, and the logarithms
    λ (m, a, c) and μ (m, b, c), in nats, that prove the lower bounds: exp(λ + μ) forecasts y, with
    Σ_y ≤ 1."""

    low: Array
    high: Array
    iterations: int
    first: Array
    second: Array


class _Problem(NamedTuple):
    """Marginals p(x1,y) (m,a,c) and p(x2,y) (m,b,c), the allowed cells (m,a,b,c), free variables, and H(Y) in
    nats (m,)."""

    first: Array
    second: Array
    allowed: NDArray[np.bool_]
    free1: NDArray[np.bool_]
    free2: NDArray[np.bool_]
    entropy: Array


class _Point(NamedTuple):
    """λ (m,a,c), μ (m,b,c), z (m,a,b), and what follows from λ and μ: L (m,a,b) and softmax_y (m,a,b,c)."""

    first: Array
    second: Array
    multipliers: Array
    constraint: Array
    softmax: Array


def bracket_union(tables: Array, tolerance: float = 1e-9) -> Bracket:
    """Bracket the union information of each table to `tolerance` bits, or as near as the arithmetic allows.

    tables: (m, a, b, c), non-negative, each with sum 1.
    """
    swapped = tables.shape[1] < tables.shape[2]
    problem = _pose(tables.transpose(0, 2, 1, 3) if swapped else tables)
    point = _start(problem)
    low, high = _bounds(problem, point)
    first, second = point.first.copy(), point.second.copy()
    idle = np.zeros(len(tables), dtype=int)
    open_ = np.arange(len(tables))  # the tables that are still worked on: problem and point hold these alone
    iterations = 0
    while iterations < MOST_ITERATIONS:
        going = (high - low > tolerance * LN2)[open_] & (idle[open_] <= PATIENCE)
        if not going.any():
            break
        if not going.all():
            open_, problem, point = (
                open_[going],
                _Problem(*_pick(problem, going)),
                _Point(*_pick(point, going)),
            )
        point = _advance(problem, point)
        new_low, new_high = _bounds(problem, point)
        before = high[open_] - low[open_]
        better = new_low > low[open_]
        first[open_[better]], second[open_[better]] = point.first[better], point.second[better]
        low[open_], high[open_] = np.fmax(low[open_], new_low), np.fmin(high[open_], new_high)
        closer = before - (high[open_] - low[open_]) > 1e-3 * tolerance
        idle[open_] = np.where(closer, 0, idle[open_] + 1)
        iterations += 1
    slack = _ROUNDING * np.sqrt(tables[0].size) * (1 + _pose(tables).entropy)
    if swapped:
        first, second = second, first
    return Bracket((low - slack) / LN2, (high + slack) / LN2, iterations, first, second)


def _pick(parts: Iterable[Any], chosen: NDArray[np.bool_]) -> list[Any]:
    return [part[chosen] for part in parts]


def _pose(tables: Array) -> _Problem:
    first, second = tables.sum(2), tables.sum(1)
    has1, has2 = first > 0, second > 0
    free2 = has2.copy()
    # λ + c(y), μ − c(y) is the same point: one μ for each y is held where it is
    pinned = second.argmax(1)  # where most mass is: a faint one would leave the system nearly singular
    np.put_along_axis(free2, pinned[:, None, :], False, 1)
    of_y = first.sum(1)
    entropy = -_xlogy(of_y, of_y).sum(-1)
    return _Problem(first, second, has1[:, :, None, :] & has2[:, None, :, :], has1, free2, entropy)


def _start(problem: _Problem) -> _Point:
    """λ = ½ log p(y|x1), μ = ½ log p(y|x2), a little lowered: L < 0 by Cauchy and Schwarz. z = p(x1)
    p(x2)."""
    logs = []
    for joint in (problem.first, problem.second):
        alone = joint.sum(-1, keepdims=True)
        given = np.where(joint > 0, joint, 1.0) / np.where(alone > 0, alone, 1.0)
        logs.append(np.where(joint > 0, 0.5 * np.log(given), 0.0) - 0.1)
    whole = np.ones((*problem.first.shape[:2], problem.second.shape[1]))
    point = _at(problem, logs[0], logs[1], whole)
    mass = (problem.first.sum(-1)[:, :, None] * problem.second.sum(-1)[:, None, :] * -point.constraint).sum(
        (1, 2)
    )
    count = np.maximum(point.multipliers.sum((1, 2)), 1)
    return point._replace(multipliers=point.multipliers * (mass / count)[:, None, None] / -point.constraint)


def _at(problem: _Problem, first: Array, second: Array, multipliers: Array) -> _Point:
    """The point with its L and softmax; pairs (x1, x2) that no y allows get L = −1, z = 0 and take no
    part."""
    exponent = np.where(problem.allowed, first[:, :, None, :] + second[:, None, :, :], -np.inf)
    largest = exponent.max(-1, keepdims=True)
    real = np.isfinite(largest)
    powers = np.exp(exponent - np.where(real, largest, 0.0))
    total = powers.sum(-1, keepdims=True)
    constraint = np.where(real, largest + np.log(np.where(real, total, 1.0)), -1.0)[..., 0]
    return _Point(
        first,
        second,
        np.where(real[..., 0], multipliers, 0.0),
        constraint,
        powers / np.where(real, total, 1.0),
    )


def _advance(problem: _Problem, point: _Point) -> _Point:
    """One primal-dual Newton step towards complementarity a tenth of today's, cut where it would leave L < 0
    or z > 0."""
    slack = -point.constraint
    active = point.multipliers > 0
    count = np.maximum(active.sum((1, 2)), 1)
    target = _SHRINK * (point.multipliers * slack).sum((1, 2)) / count
    pull = np.where(active, target[:, None, None] / slack, 0.0)
    right1 = np.where(problem.free1, problem.first - np.einsum("mab,mabc->mac", pull, point.softmax), 0.0)
    right2 = np.where(problem.free2, problem.second - np.einsum("mab,mabc->mbc", pull, point.softmax), 0.0)
    step1, step2 = _newton(problem, point, right1, right2)
    along = np.einsum("mabc,mac->mab", point.softmax, step1) + np.einsum(
        "mabc,mbc->mab", point.softmax, step2
    )
    change = np.where(active, pull - point.multipliers + point.multipliers / slack * along, 0.0)
    shrinking = change < 0
    ratio = np.where(shrinking, -point.multipliers / np.where(shrinking, change, -1.0), np.inf)
    # a faint cell's step may be wild: far out its logarithm is not quadratic at all
    longest = np.maximum(np.abs(step1).max((1, 2)), np.abs(step2).max((1, 2)))
    length = np.minimum(
        np.minimum(1.0, _LONGEST / np.maximum(longest, _LONGEST)), _STEP_TO_BOUNDARY * ratio.min((1, 2))
    )
    return _cut(problem, point, (step1, step2, change), length, target)


def _cut(
    problem: _Problem, point: _Point, step: tuple[Array, Array, Array], length: Array, target: Array
) -> _Point:
    """Halve each table's step until it stays inside and the residual falls; where it never does, the table
    stays."""
    before = _residual(problem, point, target)
    for _ in range(40):
        wide = length[:, None, None]
        trial = _at(
            problem,
            point.first + wide * step[0],
            point.second + wide * step[1],
            point.multipliers + wide * step[2],
        )
        inside = (trial.constraint < 0).all((1, 2))
        falls = _residual(problem, trial, target) <= (1 - 0.01 * length) * before
        good = inside & (falls | (length == 0))
        if good.all():
            return trial
        length = np.where(good, length, np.where(length < 1e-8, 0.0, length * 0.6))
    return trial if bool((trial.constraint < 0).all()) else point


def _residual(problem: _Problem, point: _Point, target: Array) -> Array:
    weighted = point.multipliers[..., None] * point.softmax
    missed1 = (problem.first - weighted.sum(2)) ** 2
    missed2 = (problem.second - weighted.sum(1)) ** 2
    centre = (
        np.where(point.multipliers > 0, point.multipliers * -point.constraint - target[:, None, None], 0.0)
        ** 2
    )
    length: Array = np.sqrt(missed1.sum((1, 2)) + missed2.sum((1, 2)) + centre.sum((1, 2)))
    return length


def _newton(problem: _Problem, point: _Point, right1: Array, right2: Array) -> tuple[Array, Array]:
    """Solve K (dλ, dμ) = right, K = Σ z ∇²L + (z/−L) ∇L ∇Lᵀ; of each pair the block is z diag(π) + (z/−L − z)
    π πᵀ."""
    m, a, b, c = point.softmax.shape
    z, pi = point.multipliers, point.softmax
    bend = z / -point.constraint - z
    outer = bend[..., None, None] * pi[..., :, None] * pi[..., None, :]
    spots = np.arange(c)
    outer[..., spots, spots] += z[..., None] * pi
    block1, block2, cross = outer.sum(2), outer.sum(1), outer
    cross = np.where(problem.free1[:, :, None, :, None] & problem.free2[:, None, :, None, :], cross, 0.0)
    scale1, block1 = _conditioned(block1, problem.free1)
    scale2, block2 = _conditioned(block2, problem.free2)
    cross = cross * scale1[:, :, None, :, None] * scale2[:, None, :, None, :]
    wide = cross.transpose(0, 1, 3, 2, 4).reshape(m, a, c, b * c)
    solved = np.linalg.solve(block1, np.concatenate([wide, (scale1 * right1)[..., None]], -1))
    reduced = np.zeros((m, b, c, b, c))
    at = np.arange(b)
    reduced[:, at, :, at, :] = block2.transpose(1, 0, 2, 3)
    flat = wide.reshape(m, a * c, b * c)
    eliminated = solved.reshape(m, a * c, b * c + 1)
    reduced = reduced.reshape(m, b * c, b * c) - flat.transpose(0, 2, 1) @ eliminated[..., :-1]
    right = (scale2 * right2).reshape(m, b * c) - (flat.transpose(0, 2, 1) @ eliminated[..., -1:])[..., 0]
    reduced[:, np.arange(b * c), np.arange(b * c)] += 1e-14
    second = np.linalg.solve(reduced, right[..., None])[..., 0]
    first = eliminated[..., -1] - (eliminated[..., :-1] @ second[..., None])[..., 0]
    return scale1 * first.reshape(m, a, c), scale2 * second.reshape(m, b, c)


def _conditioned(blocks: Array, free: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Blocks (m, k, c, c) scaled to a unit diagonal, with the scale (m, k, c); variables that are not free
    become identity."""
    c = blocks.shape[-1]
    diagonal = blocks[..., np.arange(c), np.arange(c)]
    usable = free & (diagonal > 0)
    scale = np.where(usable, 1.0 / np.sqrt(np.where(usable, diagonal, 1.0)), 0.0)
    scaled = blocks * scale[..., :, None] * scale[..., None, :]
    scaled[..., np.arange(c), np.arange(c)] = 1.0 + 1e-14
    return scale, scaled


def _bounds(problem: _Problem, point: _Point) -> tuple[Array, Array]:
    """Lower and upper bound of the union in nats (m,): the dual value, and I_q of the point's q made
    feasible."""
    dual = (problem.first * point.first).sum((1, 2)) + (problem.second * point.second).sum((1, 2))
    q = _feasible(point.multipliers[..., None] * point.softmax, problem)
    pairs = q.sum(-1, keepdims=True)
    conditional = _xlogy(q, q / np.where(pairs > 0, pairs, 1.0)).sum((1, 2, 3))
    return problem.entropy + dual, problem.entropy + conditional


def _feasible(q: Array, problem: _Problem) -> Array:
    """q with exactly the marginals of the problem: rows and columns scaled down, the rest spread as a
    product.

    Altschuler, Weed & Rigollet 2017 (arXiv 1705.09634), algorithm 2, for every table and every y.
    """
    rows = q.sum(2)
    q = q * np.minimum(1.0, problem.first / np.where(rows > 0, rows, 1.0))[:, :, None, :]
    columns = q.sum(1)
    q = q * np.minimum(1.0, problem.second / np.where(columns > 0, columns, 1.0))[:, None, :, :]
    left1 = np.maximum(problem.first - q.sum(2), 0.0)
    left2 = np.maximum(problem.second - q.sum(1), 0.0)
    mass = left1.sum(1)
    share = left2 / np.where(mass > 0, mass, 1.0)[:, None, :]
    exact: Array = q + left1[:, :, None, :] * share[:, None, :, :]
    return exact


def _xlogy(x: Array, y: Array) -> Array:
    """x log y with 0 log anything = 0."""
    positive = (x > 0) & (y > 0)
    return np.where(positive, x * np.log(np.where(positive, y, 1.0)), 0.0)
