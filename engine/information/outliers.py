"""Values that lie far outside the rest of their column: a code for "missing" (999, −9999), a unit mixed up.

One such row takes over a column's mean and deviation, and a linear probe no longer sees what the other rows
say. So a far value is replaced by the column's median, and that it was far, which side and how far, stands in
a column of its own: nothing that the value tells is lost, and it has no leverage on the other rows. Up to a
tenth of the rows may lie far off on either side. Unsupervised: labels play no part.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.floating]
FAR = 8.0
"""Spreads from the median past which a value is far. Of a million normal values none is, of a thousand Cauchy
distributed ones about 33."""
TENTH = 1.2816
"""Standard deviations between the median and the outer tenth of a normal distribution."""
WORTH_TELLING = 50.0
SAMPLED = 2000
"""Rows that quantiles are taken from; the spread of a column needs no more."""


class Tamed(NamedTuple):
    """Features without leverage, as they were where no value is far; the numbers of the rows that hold a
    value worth telling of, and the largest number of spreads."""

    features: Features
    rows: NDArray[np.int64]
    furthest: float


def tame(features: Features) -> Tamed:
    """Features (n, d), finite, with far values moved into columns of their own: (n, d + columns with one)."""
    centre, spread = _centre_and_spread(features)
    with np.errstate(over="ignore"):  # what overflows is far
        distance = (features.astype(np.float64) - centre) / spread
    far = np.abs(distance) > FAR
    if not far.any():
        return Tamed(features, np.zeros(0, np.int64), 0.0)
    held = far.any(0)
    size = np.minimum(np.abs(distance[:, held]), np.finfo(np.float64).max)
    told = np.where(far[:, held], np.sign(distance[:, held]) * (1 + np.log(np.maximum(size / FAR, 1.0))), 0.0)
    rows = np.flatnonzero((np.abs(distance) > WORTH_TELLING).any(1))
    return Tamed(np.concatenate([np.where(far, 0.0, distance), told], 1), rows, float(size.max()))


def held_in(values: NDArray[np.float64]) -> Tamed:
    """Values to predict (n, k), those that are worth telling of moved in to where far begins: a squared error
    would count nothing else."""
    centre, spread = _centre_and_spread(values)
    with np.errstate(over="ignore"):
        distance = (values - centre) / spread
    far = np.abs(distance) > WORTH_TELLING
    held: Features = np.where(far, centre + np.sign(distance) * FAR * spread, values)
    return Tamed(held, np.flatnonzero(far.any(1)), float(np.abs(distance).max()))


def _centre_and_spread(features: Features) -> tuple[Features, Features]:
    """Median (d,) and spread (d,): the wider side's distance to its outer tenth, of a normal distribution the
    standard deviation. Where nine tenths are equal, half of the other values lie nearer than the spread."""
    sampled = features[:: max(1, len(features) // SAMPLED)]
    low, centre, high = np.quantile(sampled, [0.1, 0.5, 0.9], axis=0, method="nearest").astype(np.float64)
    with np.errstate(over="ignore"):
        spread = np.minimum(np.maximum(high - centre, centre - low) / TENTH, np.finfo(np.float64).max)
    for column in np.flatnonzero(spread == 0):
        away = np.abs(features[:, column].astype(np.float64) - centre[column])
        spread[column] = np.median(away[away > 0]) if away.any() else 1.0
    return centre, spread


def far_rows_line(name: str, tamed: Tamed) -> str | None:
    """What to tell of far features or values to predict, or None."""
    count = len(tamed.rows)
    if not count:
        return None
    rows = f"row {tamed.rows[0]} lies" if count == 1 else f"{count:,} rows (the first: {tamed.rows[0]}) lie"
    return (
        f"{name}: {rows} up to {tamed.furthest:.3g} spreads off the rest; such values are kept from "
        "hiding what the other rows say"
    )
