"""Charts of a comparison: scores of every seed with mean and interval, and paired differences. Frames in,
charts out.

Marks: a small circle is one seed, the large filled shape of a method is a mean measured here, a bar its 95 %
interval, and a hollow star, which nothing else uses, is a figure that the paper reports.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from app.charts.curves import SPARSE, step_axis, thinned
from app.charts.style import HEIGHT, INK, PADDING, line_legend, method_colour, method_dash, method_shape
from app.wording.units import Unit

Layers = alt.LayerChart | alt.FacetChart
"""What `alt.layer` says it returns."""
STAR = "M0,-1L.23,-.31L.95,-.31L.36,.12L.59,.81L0,.38L-.59,.81L-.36,.12L-.95,-.31L-.23,-.31Z"
ROW = 64
"""Pixels of one group's row."""
FRAME = 58
"""Pixels of an axis with its title."""
GROUPS = {
    "group": pl.String,
    "method": pl.String,
    "n": pl.Int64,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "shown": pl.String,
    "interval": pl.String,
    "reported": pl.Float64,
    "reported_as": pl.String,
}
"""Columns of the frame of groups: figures in shown units; shown, interval and reported_as are texts for
reading."""
BANDS = {
    "group": pl.String,
    "method": pl.String,
    "step": pl.Int64,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
}
"""Columns of the frame of mean curves with their intervals."""
SEEDS = {"group": pl.String, "method": pl.String, "seed": pl.Int64, "value": pl.Float64}


def score_chart(
    groups: pl.DataFrame,
    seeds: pl.DataFrame,
    methods: Sequence[str],
    axis: str,
    unit: Unit,
    chance: float | None,
) -> Layers:
    """One panel: a row a group with its seeds, mean, interval and reported figure, and the chance line.

    groups: `GROUPS`; seeds: `SEEDS`; methods: names in the settings, for the styles; chance: in shown units.
    """
    order = groups["group"].to_list()
    scale = alt.Scale(domain=list(_domain(groups, seeds, chance, unit)), nice=False, zero=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, title=axis, axis=alt.Axis(tickCount=5, titlePadding=8))

    y = alt.Y("group:N", sort=order, title=None, axis=_row_axis())
    colour = method_colour(methods)
    base = alt.Chart(groups).encode(y=y, color=colour)
    exact = alt.Tooltip("value:Q", format=f".{unit.digits}g" if unit.digits else f".{unit.decimals}f")
    told = [
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("shown:N", title="Mean measured here"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="Seeds"),
    ]
    layers: list[alt.Chart] = [] if chance is None else _chance(chance, unit, x)
    layers += [
        base.mark_rule(strokeWidth=5, opacity=0.38, clip=True, strokeCap="round", yOffset=-4).encode(
            x=x("low"), x2=alt.X2("high:Q"), tooltip=told
        ),
        alt.Chart(seeds)
        .mark_circle(size=46, opacity=0.75, yOffset=10, clip=True)
        .encode(
            x=x("value"),
            y=y,
            color=colour,
            tooltip=[alt.Tooltip("group:N"), alt.Tooltip("seed:Q"), exact],
        ),
        base.mark_point(size=170, filled=True, opacity=1, yOffset=-4).encode(
            x=x("mean"), shape=method_shape(methods), tooltip=told
        ),
        base.mark_text(dy=-19, fontWeight="bold", fontSize=12).encode(x=x("mean"), text=alt.Text("shown:N")),
        alt.Chart(groups.filter(pl.col("reported").is_not_null()))
        .mark_point(shape=STAR, size=90, filled=False, strokeWidth=1.5, color=INK, opacity=1, yOffset=22)
        .encode(
            x=x("reported"),
            y=y,
            tooltip=[alt.Tooltip("group:N"), alt.Tooltip("reported_as:N", title="Reported")],
        ),
    ]
    return alt.layer(*layers, height=ROW * len(order) + FRAME, padding=PADDING)


def _chance(chance: float, unit: Unit, x: Callable[[str], alt.X]) -> list[alt.Chart]:
    """A dashed line with its name above the rows."""
    words = f"chance {chance:.{unit.decimals}f}".removesuffix(".0")
    at = alt.Chart(pl.DataFrame({"value": [chance], "words": [words]})).encode(x=x("value"))
    return [
        at.mark_rule(strokeDash=[4, 3], color=INK, strokeWidth=1.4),
        at.mark_text(align="left", baseline="bottom", dx=-2, y=-3, color=INK, fontSize=11).encode(
            text=alt.Text("words:N")
        ),
    ]


def _domain(
    groups: pl.DataFrame, seeds: pl.DataFrame, chance: float | None, unit: Unit
) -> tuple[float, float]:
    """Range of the axis: all seeds, means, reported figures and chance, with a margin; never past 0 or 100 %.

    Intervals widen it by at most the spread again, for that of two seeds can span everything; they are cut at
    the edge.
    """
    values = [
        *seeds["value"],
        *groups["mean"],
        *groups["reported"].drop_nulls(),
        *([] if chance is None else [chance]),
    ]
    low, high = min(values), max(values)
    spread = max(high - low, 4.0 if unit.scale == 100 else abs(high) * 0.1, 1e-9)
    low = max(low - spread, min([low, *groups["low"].drop_nulls()]))
    high = min(high + spread, max([high, *groups["high"].drop_nulls()]))
    margin = 0.09 * max(high - low, spread)
    if unit.scale == 100:
        return max(low - margin, 0.0), min(high + margin, 102.0)
    return low - margin, high + margin


def _row_axis() -> alt.Axis:
    return alt.Axis(labelLimit=190, labelFontSize=12, domain=False, ticks=False, labelPadding=10)


def difference_chart(
    rows: Sequence[Mapping[str, Any]], methods: Sequence[str], axis: str, narrowest: float = 0.0
) -> Layers:
    """Differences to the baseline in one panel: a row a group with mean and interval, and the line of no
    difference.

    rows: group, method, mean, low, high (shown units; None where there is no interval), reading. narrowest:
    the least that the axis spans, so that nothing is not drawn as something.
    """
    columns = ("group", "method", "reading")
    schema = dict.fromkeys(columns, pl.String) | dict.fromkeys(("mean", "low", "high"), pl.Float64)
    frame = pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)
    ends = [0.0, *frame["mean"], *frame["low"].drop_nulls(), *frame["high"].drop_nulls()]
    margin = max(0.08 * (max(ends) - min(ends)), narrowest / 2)
    scale = alt.Scale(domain=[min(ends) - margin, max(ends) + margin], nice=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, title=axis, axis=alt.Axis(tickCount=5, titlePadding=8))

    base = alt.Chart(frame).encode(
        y=alt.Y("group:N", sort=frame["group"].to_list(), title=None, axis=_row_axis()),
        color=method_colour(methods),
        tooltip=alt.Tooltip("reading:N", title="Difference"),
    )
    zero = alt.Chart(pl.DataFrame({"value": [0.0]})).mark_rule(color=INK, strokeDash=[4, 3], strokeWidth=1.4)
    bars = base.mark_rule(strokeWidth=5, opacity=0.38, strokeCap="round").encode(
        x=x("low"), x2=alt.X2("high:Q")
    )
    means = base.mark_point(size=140, filled=True, opacity=1).encode(x=x("mean"), shape=method_shape(methods))
    layers = (zero.encode(x=x("value")), bars, means)
    return alt.layer(*layers, height=34 * len(rows) + FRAME, padding=PADDING)


def band_chart(bands: pl.DataFrame, members: pl.DataFrame | None, methods: Sequence[str], key: str) -> Layers:
    """Curves by step: mean of each group as a line over its interval, and single runs as thin lines.

    bands: `BANDS`; members: group, method, run_id, step, value. Every line is thinned.
    """
    bands = thinned(bands.rename({"mean": "value"}), ["group"]).rename({"value": "mean"})
    x = alt.X("step:Q", title="step", axis=step_axis(5, "~s"))
    y = alt.Y("mean:Q", title=key, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=5))
    colour = method_colour(methods, legend=line_legend() if bands["method"].n_unique() > 1 else None)
    base = alt.Chart(bands).encode(x=x, color=colour, detail=alt.Detail("group:N"))
    layers = [base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title=key), y2=alt.Y2("high:Q"))]
    if members is not None:
        thin = alt.Chart(thinned(members, ["run_id"])).mark_line(strokeWidth=0.8, opacity=0.55)
        layers.append(
            thin.encode(
                x=x,
                y=alt.Y("value:Q", title=key),
                color=colour,
                detail=[alt.Detail("group:N"), alt.Detail("run_id:N")],
            )
        )
    told = [
        alt.Tooltip("group:N"),
        alt.Tooltip("step:Q"),
        *(alt.Tooltip(f"{name}:Q", format=".4g") for name in ("mean", "low", "high")),
    ]
    layers.append(base.mark_line(strokeWidth=2.2).encode(y=y, strokeDash=method_dash(methods), tooltip=told))
    sparse = bands.filter(pl.len().over("group") <= SPARSE)
    if not sparse.is_empty():
        dots = alt.Chart(sparse).encode(x=x, y=y, color=colour, tooltip=told)
        layers.append(dots.mark_point(filled=True, size=60, opacity=1).encode(shape=method_shape(methods)))
    return alt.layer(*layers, height=HEIGHT, padding=PADDING)
