"""Frames that the Curves tab draws: means and single runs of one curve, cut to what a message may hold. No
Streamlit."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from app.charts.group_curves import LINES, THIN
from app.charts.smoothing import Reals
from app.charts.thinning import FEWEST, extremes
from app.curves.means import MeanCurve, RunCurve

ROWS_A_VIEW = 9_000
"""Points of all lines of a view together: about 0.3 MB on their way to the browser."""
MOST_A_LINE = 1_000
"""Points of one line; a chart has fewer pixels."""
FAINT_LINES = 4
"""Lines of one chart behind which the recorded ones are drawn; of more they would hide them."""

Stretch = tuple[float | None, float | None]
"""From where to where an axis is shown; None where that end is open."""


class Drawn(NamedTuple):
    """What a chart is given, and what a logarithmic axis leaves out of it: points whose value is not above
    zero, and those that stand at zero."""

    lines: pl.DataFrame
    thin: pl.DataFrame
    not_positive: int
    at_zero: int


def thin_lines(groups: int) -> int:
    """Lines that a chart of so many groups draws, with the faint ones behind them."""
    return groups + (groups if groups <= FAINT_LINES else 0)


def points_a_line(lines: int) -> int:
    """How many points each of so many lines of a view may have."""
    return max(FEWEST, min(MOST_A_LINE, ROWS_A_VIEW // max(lines, 1)))


def drawn(
    means: Mapping[str, MeanCurve],
    singles: Mapping[str, Sequence[RunCurve]],
    *,
    banded: bool,
    recorded: bool,
    stretch: Stretch | None,
    logs: tuple[bool, bool],
    most: int,
) -> Drawn:
    """The frames of one chart.

    means: by group; singles: single runs to draw with them; banded: with intervals; recorded: also the
    unsmoothed means; stretch: of the axis, None for all of it; logs: whether x and y are logarithmic; most:
    points a line.
    """
    lines, thin, counts = [], [], np.zeros(2, dtype=np.int64)
    for label, curve in means.items():
        kept, left_out = _shown(curve.x, curve.mean, stretch, logs)
        counts += left_out
        columns = {"x": curve.x[kept], "mean": curve.mean[kept]}
        if banded and curve.low is not None and curve.high is not None:
            low, high = curve.low[kept], curve.high[kept]
            # on a logarithmic axis a band that reaches zero has no end but its line
            columns |= {"low": np.where(low > 0, low, columns["mean"]) if logs[1] else low, "high": high}
        drawn_columns = list(columns.values())[1:]
        few = extremes(columns["x"], drawn_columns, max(FEWEST, most // len(drawn_columns)))
        lines.append(_rows(LINES, {name: column[few] for name, column in columns.items()}, line=label))
        if recorded:
            thin.append(_thin(label, -1, curve.x, curve.recorded, stretch, logs, most))
    for label, members in singles.items():
        thin += [
            _thin(label, member.run_id, member.x, member.values, stretch, logs, most) for member in members
        ]
    return Drawn(
        pl.concat([pl.DataFrame(schema=LINES), *lines]),
        pl.concat([pl.DataFrame(schema=THIN), *thin]),
        *(int(count) for count in counts),
    )


def _thin(
    label: str,
    part: int,
    x: Reals,
    values: Reals,
    stretch: Stretch | None,
    logs: tuple[bool, bool],
    most: int,
) -> pl.DataFrame:
    kept, _ = _shown(x, values, stretch, logs)
    x, values = x[kept], values[kept]
    few = extremes(x, [values], most)
    return _rows(THIN, {"x": x[few], "value": values[few]}, line=label, part=part)


def _shown(
    x: Reals, values: Reals, stretch: Stretch | None, logs: tuple[bool, bool]
) -> tuple[np.ndarray, np.ndarray]:
    """Which points stand in the stretch and on the axes (a mask), and how many of the stretch do not stand on
    logarithmic ones: for their value, for their place."""
    inside = np.ones(x.size, dtype=bool) if stretch is None else _within(x, stretch)
    low = inside & (values <= 0) if logs[1] else np.zeros(x.size, dtype=bool)
    left = inside & (x <= 0) if logs[0] else np.zeros(x.size, dtype=bool)
    return inside & ~low & ~left, np.array([low.sum(), left.sum()])


def _within(x: Reals, stretch: Stretch) -> np.ndarray:
    """The points in the stretch and one more at either side, so that lines run to the edges."""
    low, high = stretch
    first = 0 if low is None else max(int(np.searchsorted(x, low)) - 1, 0)
    stop = x.size if high is None else int(np.searchsorted(x, high, side="right")) + 1
    place = np.arange(x.size)
    return (place >= first) & (place < stop)


def _rows(schema: Mapping[str, Any], columns: Mapping[str, Reals], **fixed: object) -> pl.DataFrame:
    """A frame of that schema; what is not given is null."""
    frame = pl.DataFrame(dict(columns))
    given = {name: pl.lit(value) for name, value in fixed.items()}
    return frame.select(
        (pl.col(name) if name in columns else given.get(name, pl.lit(None))).cast(kind).alias(name)
        for name, kind in schema.items()
    )
