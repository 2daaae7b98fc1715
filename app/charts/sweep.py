"""Charts of a quantity against settings: lines against one, a heat map over two. Frames in, charts out; all
figures in shown units.

A small circle is one seed, a method's filled shape a mean, a bar its 95 % interval.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import altair as alt
import polars as pl

from app.charts.comparison import Layers
from app.charts.group_curves import TALL, end_labels, line_scale, padded_domain
from app.charts.style import INK, PADDING, MethodStyle

POINTS = {
    "line": pl.String,
    "x": pl.Float64,
    "value": pl.String,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
    "shown": pl.String,
    "joined": pl.Boolean,
}
"""A mean on a line: x on the axis, value: of the setting, as text; n: seeds; shown: mean and interval as
text; joined: whether a line runs through it."""
SEEDS = {"line": pl.String, "x": pl.Float64, "value": pl.String, "seed": pl.Int64, "figure": pl.Float64}
LEVELS = {"line": pl.String, "mean": pl.Float64, "low": pl.Float64, "high": pl.Float64, "shown": pl.String}
"""Methods without the setting: a level across."""
CELLS = {
    "x": pl.String,
    "y": pl.String,
    "mean": pl.Float64,
    "shown": pl.String,
    "told": pl.String,
    "n": pl.Int64,
}
"""A cell of a heat map: what is written in it, and what its tooltip tells; mean is null where nothing was
measured."""
CELL = 42
"""Pixels of a cell's height."""
SPREAD = ("#E8EEF2", "#1F5673")
"""The least and the most of a heat map; both are filled, so that the page's theme does not matter."""
DARK = "#1B2426"


class SweepAxes(NamedTuple):
    """titles of both axes; categories: values of x in their order, where they have no distances; ticks: the
    values of x, where they are few; log: of x."""

    x_title: str
    y_title: str
    categories: Sequence[str] = ()
    ticks: Sequence[float] = ()
    log: bool = False


def sweep_chart(
    points: pl.DataFrame,
    seeds: pl.DataFrame,
    levels: pl.DataFrame,
    styles: Mapping[str, MethodStyle],
    axes: SweepAxes,
) -> Layers:
    """Lines against a setting. points: `POINTS`; seeds: `SEEDS`; levels: `LEVELS`; styles: by line."""
    domain = padded_domain(
        [seeds["figure"], *(frame[name] for frame in (points, levels) for name in ("mean", "low", "high"))]
    )
    y = alt.Y("mean:Q", title=axes.y_title, scale=alt.Scale(domain=list(domain), nice=False, zero=False))
    x = _x(axes, points)
    dash = alt.StrokeDash("line:N", scale=line_scale(styles, "dash"), legend=None)
    shape = alt.Shape("line:N", scale=line_scale(styles, "shape"), legend=None)
    told = [
        alt.Tooltip("line:N", title="Line"),
        alt.Tooltip("value:N", title=axes.x_title),
        alt.Tooltip("shown:N", title=axes.y_title),
        alt.Tooltip("n:Q", title="Seeds"),
    ]
    base = alt.Chart(points).encode(x=x)
    line = alt.Chart(points.filter("joined")).mark_line(strokeWidth=2)
    layers = [] if levels.is_empty() else _levels(levels, dash, axes)
    layers += [
        line.encode(x=x, y=y, strokeDash=dash, order=alt.Order("x:Q")),
        base.mark_rule(strokeWidth=5, opacity=0.3, strokeCap="round").encode(
            y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), tooltip=told
        ),
        alt.Chart(seeds)
        .mark_circle(size=26, opacity=0.6)
        .encode(x=x, y=alt.Y("figure:Q"), tooltip=_told_of_seeds(axes)),
        base.mark_point(filled=True, size=80, opacity=1).encode(y=y, shape=shape, tooltip=told),
    ]
    ends = dict(
        points.sort("x", maintain_order=True)
        .group_by("line", maintain_order=True)
        .last()
        .select("line", "mean")
        .rows()
    )
    ends |= dict(levels.select("line", "mean").rows())
    if len(ends) > 1:
        layers.append(end_labels(ends, domain, axes.y_title))
    colour = alt.Color("line:N", scale=line_scale(styles, "colour"), legend=None)
    return alt.LayerChart(layer=layers, height=TALL, padding=PADDING).encode(color=colour)


def _told_of_seeds(axes: SweepAxes) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("line:N", title="Line"),
        alt.Tooltip("value:N", title=axes.x_title),
        alt.Tooltip("seed:Q", title="Seed"),
        alt.Tooltip("figure:Q", title=axes.y_title, format=".4~g"),
    ]


def _x(axes: SweepAxes, points: pl.DataFrame) -> alt.X:
    """Values with distances, or categories side by side."""
    if axes.categories:
        axis = alt.Axis(labelAngle=0, labelLimit=120, grid=False)
        return alt.X("value:O", title=axes.x_title, sort=list(axes.categories), axis=axis)
    ticks = {"values": list(axes.ticks)} if axes.ticks else {"tickCount": 6}
    ends = padded_domain([points["x"]], axes.log) if not points.is_empty() else (0.0, 1.0)
    scale = alt.Scale(type="log" if axes.log else "linear", domain=list(ends), nice=False, zero=False)
    axis = alt.Axis(grid=False, format=".4~g", labelOverlap=True, **ticks)
    return alt.X("x:Q", title=axes.x_title, scale=scale, axis=axis)


def _levels(levels: pl.DataFrame, dash: alt.StrokeDash, axes: SweepAxes) -> list[alt.Chart]:
    told = [alt.Tooltip("line:N", title="Line"), alt.Tooltip("shown:N", title=axes.y_title)]
    base = alt.Chart(levels).encode(tooltip=told)
    return [
        base.mark_rect(opacity=0.1).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q")),
        base.mark_rule(strokeWidth=2).encode(y=alt.Y("mean:Q"), strokeDash=dash),
    ]


def heat_chart(
    cells: pl.DataFrame, orders: tuple[Sequence[str], Sequence[str]], titles: tuple[str, str, str]
) -> Layers:
    """A quantity over two settings, its value in each cell; a cell that nobody measured is an outline with a
    dash.

    cells: `CELLS`, one for each pair; orders: values of x and of y (upwards); titles: of x, y, the quantity.
    """
    x = alt.X(
        "x:N", sort=list(orders[0]), title=titles[0], axis=alt.Axis(labelAngle=0, domain=False, ticks=False)
    )
    y = alt.Y(
        "y:N", sort=list(reversed(orders[1])), title=titles[1], axis=alt.Axis(domain=False, ticks=False)
    )
    told = [
        alt.Tooltip("x:N", title=titles[0]),
        alt.Tooltip("y:N", title=titles[1]),
        alt.Tooltip("told:N", title=titles[2]),
        alt.Tooltip("n:Q", title="Seeds"),
    ]
    there, missing = cells.filter(pl.col("mean").is_not_null()), cells.filter(pl.col("mean").is_null())
    low, high = _ends_of(there["mean"])
    colour = alt.Color(
        "mean:Q",
        scale=alt.Scale(domain=[low, high], range=list(SPREAD), interpolate="lab"),
        legend=alt.Legend(title=titles[2], orient="right", gradientLength=160, format=".3~g"),
    )
    middle = (low + high) / 2  # above it the fill is dark
    layers = [
        alt.Chart(there).mark_rect(stroke="white", strokeWidth=1).encode(x=x, y=y, color=colour, tooltip=told)
    ]
    for part, ink in ((pl.col("mean") > middle, "white"), (pl.col("mean") <= middle, DARK)):
        written = alt.Chart(there.filter(part)).mark_text(fontSize=12, color=ink)
        layers.append(written.encode(x=x, y=y, text=alt.Text("shown:N"), tooltip=told))
    if not missing.is_empty():
        empty = alt.Chart(missing).encode(x=x, y=y, tooltip=told)
        layers += [
            empty.mark_rect(fillOpacity=0, stroke=INK, strokeDash=[3, 3], strokeWidth=1),
            empty.mark_text(color=INK, fontSize=12).encode(text=alt.Text("shown:N")),
        ]
    return alt.LayerChart(layer=layers, height=CELL * max(len(orders[1]), 1) + 50, padding=PADDING)


def _ends_of(values: pl.Series) -> tuple[float, float]:
    """Least and largest value, apart even where all are equal."""
    low, high = (float(end) for end in (values.min(), values.max()))  # type: ignore[arg-type]
    return (low, high) if high > low else (low - 0.5, high + 0.5)
