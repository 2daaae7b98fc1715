"""Exact partial information decomposition of a discrete table p(x1, x2, y) (Bertschinger et al. 2014, arXiv
1311.2852).

With I∪ the union information: R = I(X1;Y) + I(X2;Y) − I∪, U1 = I∪ − I(X2;Y), U2 = I∪ − I(X1;Y), S =
I(X1,X2;Y) − I∪. NumPy only: the dashboard's playground calls it.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.dual import LN2, bracket_union
from engine.information.results import InformationError, TableDecomposition

Array = NDArray[np.float64]
TINY = 1e-300
SUM_TOLERANCE = 1e-6
"""How far a table's sum may be from 1: single precision is enough; what is left is divided out."""
MOST_CELLS = 2_000_000
MOST_UNKNOWNS = 4_000
"""Largest min(|X1|, |X2|)·|Y|, the side of the linear system that is solved some fifty times."""


class Terms(NamedTuple):
    """Mutual informations and the entropy of the target, in bits, one value for each table."""

    information1: Array
    information2: Array
    information: Array
    entropy: Array


def decompose(table: ArrayLike, tolerance: float = 1e-9) -> TableDecomposition:
    """Redundancy, unique information and synergy of one table, with a proven bracket around the union
    information.

    table: probabilities, axes (x1, x2, y), sum 1; for counts, `decompose(from_counts(counts))`. tolerance:
    width in bits below which the result is called converged; where the arithmetic does not reach it,
    `converged` is False and `gap` says how near it came. Raises `InformationError` for what is no such table.

    >>> import numpy as np
    >>> xor = np.zeros((2, 2, 2))
    >>> for a in (0, 1):
    ...     for b in (0, 1):
    ...         xor[a, b, a ^ b] = 1 / 4
    >>> found = decompose(xor)
    >>> round(found.synergy, 6), round(found.redundancy, 6), found.converged
    (1.0, 0.0, True)
    """
    if not 0 < tolerance < 1:
        raise InformationError(f"the tolerance is {tolerance:g} bit; it must be above 0 and below 1")
    full = checked_table(table)
    information1, information2, information, entropy = (
        float(value[0]) for value in information_terms(full[None])
    )
    thinned, slack = _without_dust(full, tolerance / 10)
    small = _without_empty_symbols(thinned)
    if 1 in small.shape:  # one symbol on an axis: that side tells nothing, and the other tells all there is
        low = high = float(np.max(information_terms(thinned[None])[:2]))
        iterations = 0
    else:
        bracket = bracket_union(small[None], tolerance / 2)
        low, high, iterations = float(bracket.low[0]), float(bracket.high[0]), bracket.iterations
    least = max(information1, information2)
    most = min(information, information1 + information2)
    low, high = min(max(low - slack, least), most), max(min(high + slack, most), least)
    high = max(low, high)
    union = min(max((low + high) / 2, least), most)
    return TableDecomposition(
        redundancy=information1 + information2 - union,
        unique1=union - information2,
        unique2=union - information1,
        synergy=information - union,
        information1=information1,
        information2=information2,
        information=information,
        entropy=entropy,
        union_low=float(low),
        union_high=float(high),
        iterations=iterations,
        converged=bool(high - low <= tolerance),
    )


class Unions(NamedTuple):
    """Bounds (m,) in bits of the union information of tables, and the forecast log2 r(y | x1, x2) of the
    union, (a, b, c), of the first of them."""

    low: Array
    high: Array
    forecast: Array


def union_information(tables: Array, tolerance: float = 1e-4) -> Unions:
    """Bounds of the union information of many tables (m, a, b, c) at once.

    For probabilities that are known to be in order, such as resampled tables; nothing is checked.
    """
    terms = information_terms(tables)
    least = np.maximum(terms.information1, terms.information2)
    most = np.maximum(np.minimum(terms.information, terms.information1 + terms.information2), least)
    if 1 in tables.shape[1:]:
        larger = int(terms.information2[0] > terms.information1[0])
        joint = tables[0].sum(1 - larger)
        given = np.log2(np.maximum(joint, TINY) / np.maximum(joint.sum(1, keepdims=True), TINY))
        forecast = np.broadcast_to(np.expand_dims(given, 1 - larger), tables.shape[1:])
        return Unions(least, least, forecast)
    bracket = bracket_union(tables, tolerance)
    forecast = (bracket.first[0][:, None] + bracket.second[0][None]) / LN2
    return Unions(np.clip(bracket.low, least, most), np.clip(bracket.high, least, most), forecast)


def information_terms(tables: Array) -> Terms:
    """I(X1;Y), I(X2;Y), I(X1,X2;Y) and H(Y) of tables (m, a, b, c)."""
    m, _, _, c = tables.shape
    entropy = _entropy(tables.sum((1, 2)))
    shared = [
        _information(joint, entropy) for joint in (tables.sum(2), tables.sum(1), tables.reshape(m, -1, c))
    ]
    return Terms(shared[0], shared[1], np.maximum(shared[2], np.maximum(shared[0], shared[1])), entropy)


def from_counts(counts: ArrayLike) -> Array:
    """Counts (x1, x2, y) as relative frequencies; raises `InformationError` where there is none or one is
    negative."""
    table = _numbers(counts)
    total = table.sum()
    if not total > 0:
        raise InformationError("the counts sum to zero; at least one observation is needed")
    frequencies: Array = table / total
    return frequencies


def checked_table(table: ArrayLike) -> Array:
    """The table with sum 1; raises `InformationError` for what is none."""
    values = _numbers(table)
    total = float(values.sum())
    if abs(total - 1.0) > SUM_TOLERANCE:
        raise InformationError(
            f"the table sums to {total:.6g}; probabilities sum to 1 (for counts: "
            "decompose(from_counts(counts)))"
        )
    if values.size > MOST_CELLS or min(values.shape[:2]) * values.shape[2] > MOST_UNKNOWNS:
        raise InformationError(
            f"the table has shape {_shape(values)}; allowed are {MOST_CELLS:,} cells and {MOST_UNKNOWNS:,} = "
            "(symbols of the smaller source) × (symbols of y)"
        )
    return values / total


def _numbers(table: ArrayLike) -> Array:
    """Finite, non-negative float64 with three axes, none of them empty."""
    try:
        values = np.asarray(table)
    except ValueError:
        raise InformationError("the table is ragged: its rows have different lengths") from None
    if values.dtype == bool or not (
        np.issubdtype(values.dtype, np.integer) or np.issubdtype(values.dtype, np.floating)
    ):
        raise InformationError(f"the table holds {values.dtype}; real numbers are needed")
    values = values.astype(np.float64)
    if values.ndim != 3:
        hint = (
            " (three sources and a target? decompose each source against the rest)"
            if values.ndim == 4
            else ""
        )
        raise InformationError(
            f"the table has {values.ndim} axes, shape {_shape(values)}; it needs three: x1, x2, y{hint}"
        )
    if values.size == 0:
        raise InformationError(f"the table is empty: shape {_shape(values)}")
    for what, wrong in (("no number", ~np.isfinite(values)), ("negative", values < 0)):
        if wrong.any():
            cell = tuple(int(index) for index in np.argwhere(wrong)[0])
            raise InformationError(
                f"cell {cell} of the table is {values[cell]:g}, {what}; masses are finite and ≥ 0"
            )
    return values


def _shape(values: Array) -> str:
    return " × ".join(map(str, values.shape))


def _without_dust(table: Array, allowed: float) -> tuple[Array, float]:
    """The table without its faintest cells, and by how many bits at most that moves the union information; ≤
    `allowed`.

    Masses such as 1e-40 tell nothing, but would leave the solver's arithmetic no digits. Leaving out the mass
    δ moves both pair marginals by at most δ in total variation, a feasible q by at most 2δ, hence H(Y) and
    H(Y|X1,X2) together by less than 3 h(2δ) + 4 δ log2|Y| (Alicki & Fannes 2004; Winter 2016), h the binary
    entropy.
    """
    flat = np.sort(table, axis=None)
    lost = np.minimum(np.cumsum(flat), 0.25)
    moved = 3 * _entropy(np.stack([2 * lost, 1 - 2 * lost], -1)) + 4 * lost * np.log2(table.shape[2])
    faint = int((moved <= allowed).sum())
    if faint == 0 or lost[faint - 1] == 0:
        return table, 0.0
    kept = np.where(table > flat[faint - 1], table, 0.0)
    return kept / kept.sum(), float(moved[faint - 1])


def _without_empty_symbols(table: Array) -> Array:
    kept = [table.sum(tuple(other for other in range(3) if other != axis)) > 0 for axis in range(3)]
    return table[np.ix_(*kept)]


def _entropy(p: Array) -> Array:
    """Entropy in bits over the last axis."""
    positive = p > 0
    entropy: Array = -np.where(positive, p * np.log2(np.where(positive, p, 1.0)), 0.0).sum(-1)
    return entropy


def _information(joint: Array, entropy: Array) -> Array:
    """I(X;Y) of joints (m, x, y) by Σ p(x,y) log p(x,y)/(p(x)p(y)), which loses no digits where it is small;
    (m,)."""
    independent = joint.sum(2, keepdims=True) * joint.sum(1, keepdims=True)
    positive = (joint > 0) & (independent > 0)
    ratio = np.where(positive, joint, 1.0) / np.where(positive, independent, 1.0)
    shared: Array = np.clip((joint * np.log2(ratio)).sum((1, 2)), 0.0, entropy)
    return shared
