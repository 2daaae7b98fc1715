"""Curves of one run over training steps. Frames in, frames or charts out; no Streamlit, no database.

Lines are smoothed at full resolution (`smoothing`) before they are cut to what a screen can show
(`thinning`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import altair as alt
import polars as pl

from app.charts.style import HEIGHT, INK, PADDING, QUIET, line_legend
from app.charts.thinning import thinned

POINTS = {"line": pl.String, "step": pl.Int64, "value": pl.Float64}
"""Columns of the frames here: the line's label, the training step, the value."""
SPARSE = 12
"""A line of so few points is drawn with its points: of one alone nothing else would be seen."""


class Line(NamedTuple):
    """How one line of a chart is drawn. dash: strokes and gaps in px; marked: with a dot at every point."""

    label: str
    colour: str
    dash: tuple[int, ...] = (1, 0)
    width: float = 2.0
    opacity: float = 1.0
    marked: bool = False


def quiet_lines(labels: Sequence[str]) -> list[Line]:
    """Lines that are equals, such as the terms of a loss: told apart by colour and dash."""
    dashes = ((1, 0), (6, 3), (2, 2), (8, 3, 2, 3))
    return [
        Line(label, QUIET[place % len(QUIET)], dashes[place % len(dashes)])
        for place, label in enumerate(labels)
    ]


def points_of(curves: pl.DataFrame, labels: dict[str, str]) -> pl.DataFrame:
    """The curves of these keys as `POINTS`, under their labels, finite values only."""
    chosen = curves.filter(pl.col("key").is_in(list(labels)), pl.col("value").is_finite())
    return chosen.select(
        pl.col("key").replace_strict(labels, return_dtype=pl.String).alias("line"), "step", "value"
    )


def not_finite(curves: pl.DataFrame, key: str) -> int:
    """How many points of a curve are NaN or infinite, and so cannot be drawn."""
    return curves.filter(pl.col("key") == key, ~pl.col("value").is_finite()).height


def line_chart(
    points: pl.DataFrame, lines: Sequence[Line], axis: str, height: int = HEIGHT
) -> alt.LayerChart:
    """Lines over steps with one reading for all at the pointer; a legend only where there are several.

    points: `POINTS`, of which each line is thinned; a line that has no points is left out. axis: what is
    shown and its unit.
    """
    there = set(points["line"].unique())
    drawn = [line for line in lines if line.label in there]
    points = thinned(points.filter(pl.col("line").is_in([line.label for line in drawn])))
    labels = [line.label for line in drawn]
    named = [line.label for line in drawn if line.opacity == 1]
    legend = line_legend(named) if len(named) > 1 else None
    colours = alt.Scale(domain=labels, range=[line.colour for line in drawn])
    dashes = alt.Scale(domain=labels, range=[list(line.dash) for line in drawn])
    x = alt.X("step:Q", title="step", axis=step_axis(6, ",d"))
    base = alt.Chart(points).encode(
        x=x,
        y=alt.Y(
            "value:Q",
            title=axis,
            scale=alt.Scale(zero=False, nice=True),
            axis=alt.Axis(tickCount=5, format=",.4~g"),
        ),
        color=alt.Color("line:N", scale=colours, legend=legend, title=None),
    )
    dashed = base.encode(strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=legend, title=None))
    counts = dict(points.group_by("line").len().rows())
    layers = []
    for line in drawn:  # one layer each, for width and opacity are not scales that a reader should learn
        mine = alt.FieldEqualPredicate(field="line", equal=line.label)
        layers.append(
            dashed.transform_filter(mine).mark_line(
                strokeWidth=line.width, opacity=line.opacity, strokeCap="round", strokeJoin="round"
            )
        )
        if line.marked or (counts[line.label] <= SPARSE and line.opacity == 1):
            layers.append(base.transform_filter(mine).mark_circle(size=38, opacity=1))
    return alt.LayerChart(layer=[*layers, *_pointer(base, x)], height=height, padding=PADDING)


def step_axis(ticks: int, style: str) -> alt.Axis:
    """An axis of steps, which are whole numbers: so are its ticks. style: format of their labels."""
    return alt.Axis(grid=False, tickCount=ticks, tickMinStep=1, format=style)


def _pointer(base: alt.Chart, x: alt.X) -> list[alt.Chart]:
    """A rule and dots at the step nearest to the pointer, with a tooltip for the line it is on."""
    near = alt.selection_point(
        nearest=True, on="pointerover", clear="pointerout", fields=["step"], empty=False
    )
    tooltip = [
        alt.Tooltip("step:Q", format=","),
        alt.Tooltip("line:N", title="curve"),
        alt.Tooltip("value:Q", format=",.4~g"),
    ]

    def only_near(opacity: float) -> alt.OpacityValue:
        """Written out: what `alt.when` makes is looked up among all of Altair's classes each time."""
        there = alt.ConditionalParameterValueDefnumberExprRef(param=near.name, empty=False, value=opacity)
        return alt.OpacityValue(0.0, condition=[there])

    dots = base.mark_circle(size=60).encode(opacity=only_near(1.0), tooltip=tooltip).add_params(near)
    rule = alt.Chart(base.data).mark_rule(color=INK, strokeWidth=1).encode(x=x, opacity=only_near(0.6))
    return [rule, dots]


def loss_lines(colour: str) -> list[Line]:
    """The training loss as recorded (faint), its moving average, and the validation loss."""
    return [
        Line("each point", colour, width=1.0, opacity=0.3),
        Line("training", colour, width=2.2),
        Line("validation", INK, (6, 3), marked=True),
    ]
