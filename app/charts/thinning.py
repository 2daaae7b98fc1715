"""Fewer points of a line than were recorded, with its extremes: what a screen can show. Arrays and frames.

Lines are smoothed at full resolution first and cut afterwards, so that a spike of one step is never lost by
drawing (M4 of Jugel et al. 2014: the first, last, lowest and highest point of each stretch).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from tsdownsample import M4Downsampler, MinMaxDownsampler

from app.charts.smoothing import Reals

MOST_POINTS = 2_000
"""Points of one line that are sent to the browser; no screen shows more."""
FEWEST = 8
"""Points that a line may be cut to: two stretches."""


def extremes(x: Reals, values: Sequence[Reals], most: int) -> NDArray[np.int64]:
    """Which of n points to keep, ascending: of the first of `values` the first, last, lowest and highest of
    each of most/4 stretches of x, of the others the lowest and highest of each of most/2.

    x (n,): ascending; values (n,) each: finite. At most `most` are kept for each of `values`; most ≥
    `FEWEST`.
    """
    if x.size <= most:
        return np.arange(x.size)
    x, first = np.ascontiguousarray(x), np.ascontiguousarray(values[0])
    kept = [M4Downsampler().downsample(x, first, n_out=most // 4 * 4)]
    kept += [
        MinMaxDownsampler().downsample(x, np.ascontiguousarray(other), n_out=most // 2 * 2)
        for other in values[1:]
    ]
    return np.unique(np.concatenate(kept)).astype(np.int64)


def thinned(points: pl.DataFrame, by: Sequence[str] = ("line",), most: int = MOST_POINTS) -> pl.DataFrame:
    """At most `most` points of each line, its extremes among them. points: step, value and the columns of
    `by`; finite."""
    parts = []
    for part in points.partition_by(list(by), maintain_order=True):
        x = part["step"].cast(pl.Float64).to_numpy()
        parts.append(part[extremes(x, [part["value"].to_numpy()], most)])
    return pl.concat(parts) if parts else points
