"""Charts of a comparison: scores of every seed with mean and interval, and paired differences.

A row is a group: its seeds as small circles, its mean as the method's mark over a bar, the interval. A hollow
star, which nothing else uses, is a figure that the paper reports; lines through all rows are chance (dashed),
what is true (dotted), and methods that train with the labels (full). Of differences a full mark is decided, a
hollow one is not.
"""

from collections.abc import Callable, Mapping, Sequence

import altair as alt
import polars as pl

from app.charts.style import INK, PADDING, method_colour, method_shape
from app.wording.units import Unit

Layers = alt.LayerChart | alt.FacetChart
"""What `alt.layer` says it returns."""
STAR = "M0,-1L.23,-.31L.95,-.31L.36,.12L.59,.81L0,.38L-.59,.81L-.36,.12L-.95,-.31L-.23,-.31Z"
FRAME = 58
"""Pixels of an axis with its title."""
LABEL = 14
"""Pixels between the labels of two lines."""
LETTER = 7
"""Pixels of a letter of a row's label, at most."""
WIDEST_LABEL = 440
AIRY = 40
"""Pixels of a row from which on its mean is written at its mark."""
ROWS = {
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
LINES = {"value": pl.Float64, "words": pl.String, "kind": pl.String}
"""Columns of the frame of lines through all rows; kind is one of `DASHES`."""
DASHES: Mapping[str, Sequence[float]] = {"chance": [4, 3], "truth": [1.5, 3], "supervised": [1, 0]}
DIFFERENCES = {
    "group": pl.String,
    "method": pl.String,
    "mean": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "decided": pl.Boolean,
    "reading": pl.String,
}
"""Columns of the frame of differences, in shown units; low and high are missing where there is no
interval."""
SEEDS = {"group": pl.String, "method": pl.String, "seed": pl.Int64, "value": pl.Float64}


def row_height(rows: int) -> int:
    """Pixels of a row: fewer where there are many."""
    return 52 if rows <= 4 else AIRY if rows <= 8 else 28 if rows <= 15 else 22


def score_chart(
    groups: pl.DataFrame,
    seeds: pl.DataFrame,
    lines: pl.DataFrame,
    methods: Sequence[str],
    axis: str,
    unit: Unit,
) -> Layers:
    """One question: a row a group with its seeds, mean, interval and reported figure, and lines through all.

    groups: `ROWS`, in order; seeds: `SEEDS`; lines: `LINES`; methods: names in the settings, for the styles.
    """
    order = groups["group"].to_list()
    scale = alt.Scale(domain=list(_domain(groups, seeds, lines, unit)), nice=False, zero=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, title=axis, axis=alt.Axis(tickCount=5, titlePadding=8))

    height = row_height(len(order))
    y = _rows(order, labelled=True)
    colour = method_colour(methods)
    base = alt.Chart(groups).encode(y=y, color=colour)
    exact = alt.Tooltip("value:Q", format=f".{unit.digits}g" if unit.digits else f".{unit.decimals}f")
    told = [
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("shown:N", title="Mean measured here"),
        alt.Tooltip("interval:N", title="95 % interval"),
        alt.Tooltip("n:Q", title="Seeds"),
    ]
    airy = height >= AIRY
    above, below = (-4, 10) if airy else (-3, 5)
    layers: list[alt.Chart] = [
        *_lines(lines, x, len(lines)),
        base.mark_rule(
            strokeWidth=5 if airy else 4, opacity=0.38, clip=True, strokeCap="round", yOffset=above
        ).encode(x=x("low"), x2=alt.X2("high:Q"), tooltip=told),
        alt.Chart(seeds)
        .mark_circle(size=46 if airy else 22, opacity=0.75, yOffset=below, clip=True)
        .encode(
            x=x("value"),
            y=y,
            color=colour,
            tooltip=[alt.Tooltip("group:N"), alt.Tooltip("seed:Q"), exact],
        ),
        base.mark_point(size=170 if airy else 80, filled=True, opacity=1, yOffset=above).encode(
            x=x("mean"), shape=method_shape(methods), tooltip=told
        ),
        alt.Chart(groups.filter(pl.col("reported").is_not_null()))
        .mark_point(
            shape=STAR,
            size=90 if airy else 60,
            filled=False,
            strokeWidth=1.5,
            color=INK,
            opacity=1,
            yOffset=below,
        )
        .encode(
            x=x("reported"),
            y=y,
            tooltip=[alt.Tooltip("group:N"), alt.Tooltip("reported_as:N", title="Reported")],
        ),
    ]
    if airy:
        words = base.mark_text(dy=-17, fontWeight="bold", fontSize=12)
        layers.append(words.encode(x=x("mean"), text=alt.Text("shown:N")))
    return alt.layer(*layers, height=_height(len(order), len(lines)), padding=PADDING)


def difference_chart(
    rows: pl.DataFrame,
    order: Sequence[str],
    methods: Sequence[str],
    axis: str,
    narrowest: float = 0.0,
    lines: int = 0,
) -> Layers:
    """Differences to the baseline in one question, row by row beside its `score_chart`, and the line of no
    difference.

    rows: `DIFFERENCES`; order: the rows of the other chart. narrowest: the least that the axis spans, so that
    nothing is not drawn as something. lines: as many labels as the other chart has, it keeps room for.
    """
    ends = [0.0, *rows["mean"], *rows["low"].drop_nulls(), *rows["high"].drop_nulls()]
    margin = max(0.08 * (max(ends) - min(ends)), narrowest / 2)
    scale = alt.Scale(domain=[min(ends) - margin, max(ends) + margin], nice=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, title=axis, axis=alt.Axis(tickCount=5, titlePadding=8))

    airy = row_height(len(order)) >= AIRY
    colour = method_colour(methods)

    def of(frame: pl.DataFrame) -> alt.Chart:
        return alt.Chart(frame).encode(
            y=_rows(order, labelled=False), color=colour, tooltip=alt.Tooltip("reading:N", title="Difference")
        )

    zero = pl.DataFrame([(0.0, "no difference", "chance")], schema=LINES, orient="row")
    layers = [
        *_lines(zero, x, lines),
        of(rows)
        .mark_rule(strokeWidth=5 if airy else 4, opacity=0.38, strokeCap="round")
        .encode(x=x("low"), x2=alt.X2("high:Q")),
    ]
    for decided in (True, False):
        size = (140 if decided else 110) if airy else (80 if decided else 60)
        points = of(rows.filter(pl.col("decided") == decided)).mark_point(
            size=size, filled=decided, strokeWidth=1.8, opacity=1
        )
        layers.append(points.encode(x=x("mean"), shape=method_shape(methods)))
    return alt.layer(*layers, height=_height(len(order), lines), padding=PADDING)


def _height(rows: int, lines: int) -> int:
    return row_height(rows) * rows + FRAME + LABEL * max(lines, 1)


def _rows(order: Sequence[str], *, labelled: bool) -> alt.Y:
    axis = alt.Axis(
        labels=labelled,
        labelLimit=min(LETTER * max(map(len, order), default=0) + 20, WIDEST_LABEL),
        labelFontSize=12,
        labelFlush=False,
        domain=False,
        ticks=False,
        labelPadding=10,
    )
    return alt.Y("group:N", scale=alt.Scale(domain=list(order)), title=None, axis=axis)


def _lines(lines: pl.DataFrame, x: Callable[[str], alt.X], levels: int) -> list[alt.Chart]:
    """Lines through all rows with their names above, each on a level of its own, so that none hides another.

    levels: as many as there is room for; the highest is always taken, by nothing if need be, so that charts
    side by side keep their rows on one height.
    """
    drawn = []
    if lines.is_empty():
        nothing = alt.Chart(pl.DataFrame({"words": ["–"]})).encode(text=alt.Text("words:N"))
        drawn.append(nothing.mark_text(x=0, y=-3, baseline="bottom", fontSize=11, opacity=0))
    for place, line in enumerate(lines.sort("value").iter_rows(named=True)):
        at = alt.Chart(pl.DataFrame([line], schema=LINES)).encode(x=x("value"))
        width = 2 if line["kind"] == "truth" else 1.4
        level = max(levels, 1) - 1 - place
        drawn += [
            at.mark_rule(strokeDash=list(DASHES[line["kind"]]), color=INK, strokeWidth=width),
            at.mark_text(
                align="left", baseline="bottom", dx=-2, y=-3 - LABEL * level, color=INK, fontSize=11
            ).encode(text=alt.Text("words:N")),
        ]
    return drawn


def _domain(
    groups: pl.DataFrame, seeds: pl.DataFrame, lines: pl.DataFrame, unit: Unit
) -> tuple[float, float]:
    """Range of the axis: all seeds, means, reported figures and lines, with a margin; never past 0 or 100 %.

    Intervals widen it by at most the spread again, for that of two seeds can span everything; they are cut at
    the edge.
    """
    values = [*seeds["value"], *groups["mean"], *groups["reported"].drop_nulls(), *lines["value"]]
    low, high = min(values), max(values)
    spread = max(high - low, 4.0 if unit.scale == 100 else abs(high) * 0.1, 1e-9)
    low = max(low - spread, min([low, *groups["low"].drop_nulls()]))
    high = min(high + spread, max([high, *groups["high"].drop_nulls()]))
    margin = 0.09 * max(high - low, spread)
    if unit.scale == 100:
        return max(low - margin, 0.0), min(high + margin, 102.0)
    return low - margin, high + margin
