"""Curves of groups: mean over seeds with its band, labelled at the line. Frames in, charts out.

Groups of one method share its colour and differ in dash, shape and the label at their end. A drag over the
chart chooses a stretch of its axis (the selection `ZOOM`).
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import altair as alt
import polars as pl

from app.charts.comparison import Layers
from app.charts.style import PADDING, MethodStyle

LINES = {"line": pl.Categorical, "x": pl.Float64, "mean": pl.Float32, "low": pl.Float32, "high": pl.Float32}
"""A point of a group's line with its band (null where there is none); line: the group's label,
which is sent once and not with every point."""
THIN = {"line": pl.Categorical, "part": pl.Int64, "x": pl.Float64, "value": pl.Float32}
"""A point of a thin line: what was recorded, or a single run; part: which of the group's thin lines."""
ZOOM = "zoom"
"""The name of the selection of a stretch of the axis."""
TALL = 320
"""Pixels of a chart's height."""
LABELLED = 14
"""Lines that have their label written beside them; of more, these stand for the others."""
LINE_HEIGHT = 14
"""Pixels between two labels."""
LABEL_WIDTH = 250
"""Pixels of the longest label."""
BANDS = 6
"""Lines whose bands can be told apart; of more, none is drawn."""
FEW = 12
"""A line of so few points has its shape at each of them."""


class Axes(NamedTuple):
    """The titles of both axes, whether they are logarithmic, and the stretch of x that is shown (None for
    all)."""

    x_title: str
    y_title: str
    x_log: bool = False
    y_log: bool = False
    stretch: tuple[float, float] | None = None


def group_chart(
    lines: pl.DataFrame, thin: pl.DataFrame, styles: Mapping[str, MethodStyle], axes: Axes
) -> Layers:
    """One chart of several groups.

    lines: `LINES`; thin: `THIN`, drawn faint; styles: by label, in the order of the groups; all of lines and
    thin are on the axes (positive where these are logarithmic).
    """
    there = set(lines["line"].unique())
    shown = {label: style for label, style in styles.items() if label in there}
    domain = padded_domain([*(lines[name] for name in ("mean", "low", "high")), thin["value"]], axes.y_log)
    scale = alt.Scale(domain=list(domain), nice=False, zero=False, type="log" if axes.y_log else "linear")
    y = alt.Y("mean:Q", title=axes.y_title, scale=scale, axis=alt.Axis(tickCount=5, format=",.4~g"))
    base = alt.Chart(lines)
    layers = []
    if lines["low"].null_count() < lines.height:
        layers.append(base.mark_area(opacity=0.16, clip=True).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q")))
    if not thin.is_empty():
        faint = alt.Chart(thin).mark_line(strokeWidth=0.9, opacity=0.35, clip=True)
        layers.append(faint.encode(y=alt.Y("value:Q"), detail=alt.Detail("part:N")))
    near = alt.selection_point(
        name="near", nearest=True, on="pointerover", clear="pointerout", fields=["line"], empty=False
    )
    dash = alt.StrokeDash("line:N", scale=line_scale(shown, "dash"), legend=None)
    layers += [
        base.mark_line(clip=True, strokeCap="round", strokeJoin="round").encode(
            y=y, strokeDash=dash, strokeWidth=_thicker(near, 2.2 if len(shown) <= LABELLED else 1.3)
        ),
        *_ends(lines, y, domain, axes, line_scale(shown, "shape")),
        base.mark_circle(size=40, clip=True, opacity=0)
        .encode(y=y, tooltip=_told(axes))
        .add_params(near, alt.selection_interval(name=ZOOM, encodings=["x"])),
    ]
    stretch = alt.Undefined if axes.stretch is None else list(axes.stretch)
    x_scale = alt.Scale(type="log" if axes.x_log else "linear", zero=False, nice=False, domain=stretch)
    x = alt.X("x:Q", title=axes.x_title, scale=x_scale, axis=alt.Axis(grid=False, tickCount=6))
    colour = alt.Color("line:N", scale=line_scale(shown, "colour"), legend=None)
    # said once for all layers: the names of a hundred groups are not to be sent with each
    return alt.LayerChart(layer=layers, height=TALL, padding=PADDING).encode(x=x, color=colour)


def line_scale(styles: Mapping[str, MethodStyle], part: Literal["colour", "dash", "shape"]) -> alt.Scale:
    """What tells lines apart, by label."""
    drawn = [getattr(style, part) for style in styles.values()]
    return alt.Scale(
        domain=list(styles), range=[value if isinstance(value, str) else list(value) for value in drawn]
    )


def _thicker(near: alt.Parameter, usual: float) -> alt.StrokeWidthValue:
    """The line that the pointer is at stands out; written out, for what `alt.when` makes is looked up among
    all of Altair's classes each time."""
    there = alt.ConditionalParameterValueDefnumberExprRef(param=near.name, empty=False, value=4.0)
    return alt.StrokeWidthValue(usual, condition=[there])


def _told(axes: Axes) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("line:N", title="Group"),
        alt.Tooltip("x:Q", title=axes.x_title, format=",.5~g"),
        *(alt.Tooltip(f"{name}:Q", format=",.4~g") for name in ("mean", "low", "high")),
    ]


def padded_domain(columns: Sequence[pl.Series], log: bool = False) -> tuple[float, float]:
    """The range of all values with a margin of a thirtieth on both sides; in the scale's own measure."""
    ends = [float(value) for column in columns for value in (column.min(), column.max()) if value is not None]  # type: ignore[arg-type]
    low, high = min(ends), max(ends)
    if log:
        margin = max((high / low) ** (1 / 30), 1.02)
        return low / margin, high * margin
    margin = (high - low) / 30 or max(abs(high), 1.0) / 30
    return low - margin, high + margin


def _ends(
    lines: pl.DataFrame, y: alt.Y, domain: tuple[float, float], axes: Axes, shapes: alt.Scale
) -> list[alt.Chart]:
    """Each line's shape at its end (at every point of short ones) and its label beside the chart."""
    last = lines.group_by("line", maintain_order=True).last()
    marked = lines.filter((pl.len().over("line") <= FEW) | (pl.col("x") == pl.col("x").last().over("line")))
    marks = alt.Chart(marked).mark_point(filled=True, size=64, opacity=1, clip=True)
    layers = [marks.encode(y=y, shape=alt.Shape("line:N", scale=shapes, legend=None))]
    ends = dict(last.select("line", "mean").iter_rows())
    return [*layers, end_labels(ends, domain, axes.y_title, axes.y_log)] if len(ends) > 1 else layers


def end_labels(
    ends: Mapping[str, float], domain: tuple[float, float], title: str, log: bool = False
) -> alt.Chart:
    """Lines' labels at the right edge of a chart that has the lines' colours. ends: last value of each
    line."""
    places = placed_labels(ends, domain, log)
    frame = pl.DataFrame(list(places.items()), schema={"line": pl.String, "at": pl.Float64}, orient="row")
    words: alt.Chart = alt.Chart(frame).mark_text(
        align="left", baseline="middle", dx=8, fontSize=12, limit=LABEL_WIDTH
    )
    return words.encode(x=alt.value("width"), y=alt.Y("at:Q", title=title), text=alt.Text("line:N"))


def placed_labels(
    ends: Mapping[str, float], domain: tuple[float, float], log: bool, tall: float = TALL
) -> dict[str, float]:
    """Where each line's label stands, on the scale: at its end, moved as little as keeps `LINE_HEIGHT` pixels
    between two. Of more than `LABELLED` lines as many have one, evenly from the highest end to the lowest.
    """
    ranked = sorted(ends, key=lambda label: -ends[label])
    if len(ranked) > LABELLED:
        step = (len(ranked) - 1) / (LABELLED - 1)
        ranked = [ranked[round(place * step)] for place in range(LABELLED)]
    low, high = (math.log(end) if log else end for end in domain)
    scale = (high - low) / tall  # of the axis' own measure a pixel
    down = [(high - (math.log(ends[label]) if log else ends[label])) / scale for label in ranked]
    for place in range(1, len(down)):
        down[place] = max(down[place], down[place - 1] + LINE_HEIGHT)
    below = tall
    for place in reversed(range(len(down))):
        down[place] = below = min(down[place], below)
        below -= LINE_HEIGHT
    heights = [high - pixels * scale for pixels in down]
    return {label: math.exp(height) if log else height for label, height in zip(ranked, heights, strict=True)}
