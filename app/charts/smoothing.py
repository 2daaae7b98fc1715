"""Smoothing of curves. Arrays in, arrays out.

The smoothed value at xᵢ is the mean of all values up to there, of which each weighs half of one that lies a
half-life h later, in the unit of the axis (steps, epochs, minutes):

    ŷᵢ = Σⱼ≤ᵢ 2^(−(xᵢ − xⱼ)/h) · yⱼ  /  Σⱼ≤ᵢ 2^(−(xᵢ − xⱼ)/h)

The weights sum to one at every point, so that the start is not drawn towards zero or towards the first value:
ŷ₁ = y₁, and a constant stays what it is. It reads the past alone, and does not depend on how densely points
were recorded or how many of them are drawn.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

Reals = NDArray[np.float64]
REACH = 50.0
"""Half-lives that are summed at once; a weight of 2⁻⁵⁰ is below the rounding of the sum."""
USUAL_SHARE = 0.005
"""Half-life where nobody chose one, as a share of the curve's length."""


def half_life_mean(x: Reals, values: Reals, half_life: float) -> Reals:
    """The smoothed values ŷ (n,), as defined above.

    x (n,): ascending positions; values (n,): finite; half_life: in the unit of x, 0 for no smoothing. Raises
    `ValueError` for a negative half-life, or arrays of different lengths.
    """
    if half_life < 0 or x.shape != values.shape:
        raise ValueError(f"half-life {half_life:g}, {x.size} positions and {values.size} values")
    if half_life == 0 or x.size < 2 or float(np.diff(x).min()) >= REACH * half_life:
        return values
    smooth = np.empty_like(values)
    total = weight = 0.0  # weighted sum and sum of weights at the last position of the stretch before
    start, before = 0, float(x[0])
    while start < x.size:
        stop = int(np.searchsorted(x, x[start] + REACH * half_life, side="right"))
        kept = float(np.exp2(-(x[start] - before) / half_life))
        growth = np.exp2((x[start:stop] - x[start]) / half_life)
        totals = np.cumsum(growth * values[start:stop]) + kept * total
        weights = np.cumsum(growth) + kept * weight
        smooth[start:stop] = totals / weights
        total, weight = float(totals[-1] / growth[-1]), float(weights[-1] / growth[-1])
        before, start = float(x[stop - 1]), stop
    return smooth


def smoothed(points: pl.DataFrame, share: float = USUAL_SHARE) -> pl.DataFrame:
    """Each line's values smoothed over its steps; half-life: so large a share of the line's length.

    points: line, step, value; finite values, steps ascending within a line.
    """
    parts = []
    for part in points.partition_by("line", maintain_order=True):
        steps = part["step"].cast(pl.Float64).to_numpy()
        mean = half_life_mean(steps, part["value"].to_numpy(), share * float(steps[-1] - steps[0]))
        parts.append(part.with_columns(pl.Series("value", mean)))
    return pl.concat(parts) if parts else points
