"""Parallel coordinates: one line a configuration over an axis for each setting, coloured by what was
measured. Frames in, charts out."""

from collections.abc import Sequence

import altair as alt
import polars as pl

from app.charts.comparison import Layers
from app.charts.style import ACCENT, INK, PADDING

BRUSH = "brush"
"""The name of the selection: which axes it covers (x) and what part of them (y)."""
LINES = {
    "digest": pl.String,
    "label": pl.String,
    "axis": pl.Int64,
    "at": pl.Float64,
    "value": pl.String,
    "shown": pl.String,
    "figure": pl.Float64,
    "chosen": pl.Boolean,
}
"""Where a configuration crosses an axis: at: 0 (bottom) to 1 (top), below 0 where it has no such setting;
value: as text; shown: what was measured of it, figure as a number; chosen: whether the reader's limits hold.
"""
TICKS = {"axis": pl.Int64, "at": pl.Float64, "words": pl.String}
"""A value written beside an axis."""
ABSENT = -0.12
"""Where configurations cross the axis of a setting that they do not have."""
TALL = 380
RANGE = ("#8FB3C9", "#D9541E")
"""The least and the most of what was measured."""


def parallel_chart(lines: pl.DataFrame, ticks: pl.DataFrame, titles: Sequence[str], measured: str) -> Layers:
    """The chart. lines: `LINES`; ticks: `TICKS`; titles: of the axes, left to right; measured: what colours
    tell, with its unit. A drag over an axis is the selection `BRUSH`."""
    last = len(titles) - 1
    scale = alt.Scale(domain=[-0.35, last + 0.5], nice=False)
    x = alt.X("axis:Q", scale=scale, axis=None)
    heights = alt.Scale(domain=[ABSENT - 0.06, 1.12], nice=False)
    y = alt.Y("at:Q", scale=heights, axis=None)
    bottom, top = (alt.Y(f"{end}:Q", scale=heights, axis=None) for end in ("bottom", "top"))
    chosen, others = lines.filter("chosen"), lines.filter(~pl.col("chosen"))
    axes = pl.DataFrame({"axis": range(len(titles)), "title": list(titles), "top": 1.0, "bottom": 0.0})
    colour = alt.Color(
        "figure:Q",
        scale=alt.Scale(range=list(RANGE), interpolate="lab", zero=False),
        legend=alt.Legend(title=measured, orient="top", gradientLength=220, format=".3~g"),
    )
    told = [
        alt.Tooltip("label:N", title="Configuration"),
        alt.Tooltip("value:N", title="Here"),
        alt.Tooltip("shown:N", title=measured),
    ]
    each = alt.Detail("digest:N")
    brush = alt.selection_interval(name=BRUSH, encodings=["x", "y"])
    layers = [
        alt.Chart(axes).mark_rule(color=INK, strokeWidth=1.5).encode(x=x, y=bottom, y2=alt.Y2("top:Q")),
        alt.Chart(others).mark_line(color=INK, strokeWidth=0.8, opacity=0.18).encode(x=x, y=y, detail=each),
        alt.Chart(chosen)
        .mark_line(strokeWidth=1.6, opacity=0.75)
        .encode(x=x, y=y, detail=each, color=colour),
        alt.Chart(chosen)
        .mark_circle(size=36, opacity=0.9)
        .encode(x=x, y=y, color=colour, tooltip=told)
        .add_params(brush),
        alt.Chart(ticks)
        .mark_text(align="left", dx=7, fontSize=11, color=INK)
        .encode(x=x, y=y, text=alt.Text("words:N")),
        alt.Chart(axes)
        .mark_text(fontSize=12, fontWeight="bold", color=ACCENT, dy=-8, baseline="bottom")
        .encode(x=x, y=top, text=alt.Text("title:N")),
    ]
    return alt.LayerChart(layer=layers, height=TALL, padding=PADDING)
