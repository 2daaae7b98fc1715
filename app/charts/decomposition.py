"""Charts of decompositions: stacked parts of information, and how they grow over training. Frames in, charts
out."""

import math
from collections.abc import Sequence

import altair as alt
import polars as pl

from app.charts.atoms import ATOM_COLOURS
from app.charts.comparison import Layers
from app.charts.style import HEIGHT, INK, PADDING, group_styles
from app.wording.units import BITS

PARTS = {
    "bar": pl.String,
    "encoder": pl.String,
    "atom": pl.String,
    "order": pl.Int64,
    "bits": pl.Float64,
    "shown": pl.String,
}
"""A part of a bar; bits of a loss are negative."""
WHISKERS = {"bar": pl.String, "encoder": pl.String, "low": pl.Float64, "high": pl.Float64, "claim": pl.String}
"""The interval of the top of a bar, which is that of its synergy."""
TRUTH = {"atom": pl.String, "bits": pl.Float64, "label": pl.String}
"""Where the true parts, stacked in the same order, would end."""
OVER_TRAINING = {
    "group": pl.String,
    "method": pl.String,
    "quantity": pl.String,
    "epoch": pl.Int64,
    "bits": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "shown": pl.String,
}
"""A point of a group's line with its interval; method: its name in the settings; shown: both as a text."""
BANDS = {"what": pl.String, "low": pl.Float64, "high": pl.Float64}
BAR = 46
"""Pixels of a bar, as long as there are few."""
FEW_BARS = 8
ROW, LONGEST_LABEL = 26, 300
"""Pixels of a row where bars lie, and of its name."""
_SCALE = alt.Scale(domain=list(ATOM_COLOURS), range=list(ATOM_COLOURS.values()))
LEGEND_ROW = 20
"""Pixels of a row of a legend."""


def stack_chart(
    parts: pl.DataFrame, whiskers: pl.DataFrame, truth: pl.DataFrame, ceiling: float | None
) -> Layers:
    """Stacked bars R | U1 | U2 | S under the ceiling H(Y), whiskers on the synergy, ticks where the truth
    would end.

    parts: `PARTS`; whiskers: `WHISKERS`; truth: `TRUTH`, empty where it is not known; ceiling: bits, None for
    none.
    """
    order = parts["bar"].unique(maintain_order=True).to_list()
    if len(order) > FEW_BARS:
        return _lying(parts, whiskers, truth, ceiling, order)
    x = alt.X(
        "bar:N",
        sort=order,
        title=None,
        axis=alt.Axis(labelAngle=0, labelOverlap=False, labelLimit=150, ticks=False, labelPadding=8),
    )
    value = alt.Y("bits:Q", title="bits", stack="zero", axis=alt.Axis(tickCount=6))
    layers = [_bars(parts).mark_bar(size=BAR, stroke="white", strokeWidth=0.5).encode(x=x, y=value)]
    if not whiskers.is_empty():
        ends = alt.Chart(whiskers).encode(x=x, tooltip=[alt.Tooltip("claim:N", title="Synergy")])
        layers.append(
            ends.mark_rule(strokeWidth=1.6, color=INK).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
        )
        layers += [
            ends.mark_tick(thickness=1.6, size=12, color=INK).encode(y=alt.Y(f"{end}:Q"))
            for end in ("low", "high")
        ]
    if not truth.is_empty():
        layers.append(_truth(truth).encode(y=alt.Y("bits:Q")))
    if ceiling is not None:
        line = _ceiling(ceiling).encode(y=alt.Y("bits:Q"))
        layers.append(line.mark_rule(strokeDash=[6, 4], strokeWidth=1.5, color=INK))
        layers.append(
            line.mark_text(align="right", baseline="bottom", dy=-2, color=INK, fontSize=11).encode(
                text=alt.Text("label:N"), x=alt.value("width")
            )
        )
    return alt.layer(*layers, height=HEIGHT, padding=PADDING | {"bottom": 6})


def _lying(
    parts: pl.DataFrame,
    whiskers: pl.DataFrame,
    truth: pl.DataFrame,
    ceiling: float | None,
    order: Sequence[str],
) -> Layers:
    """The same with bars that lie, one below the other, so that many names can be read."""
    y = alt.Y(
        "bar:N",
        sort=list(order),
        title=None,
        axis=alt.Axis(labelLimit=LONGEST_LABEL, labelOverlap=False, ticks=False, labelPadding=8),
    )
    value = alt.X("bits:Q", title="bits", stack="zero", axis=alt.Axis(tickCount=6))
    layers = [
        _bars(parts)
        .mark_bar(height=alt.RelativeBandSize(0.7), stroke="white", strokeWidth=0.5)
        .encode(y=y, x=value)
    ]
    if not whiskers.is_empty():
        ends = alt.Chart(whiskers).encode(y=y, tooltip=[alt.Tooltip("claim:N", title="Synergy")])
        layers.append(
            ends.mark_rule(strokeWidth=1.4, color=INK).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
        )
    if not truth.is_empty():
        layers.append(_truth(truth).encode(x=alt.X("bits:Q")))
    if ceiling is not None:
        line = _ceiling(ceiling).encode(x=alt.X("bits:Q"))
        layers.append(
            line.mark_rule(strokeDash=[6, 4], strokeWidth=1.5, color=INK).encode(
                tooltip=[alt.Tooltip("label:N", title="Ceiling")]
            )
        )
    return alt.layer(*layers, height=ROW * len(order), padding=PADDING | {"bottom": 6})


def _bars(parts: pl.DataFrame) -> alt.Chart:
    """The parts in their colours; what is not the trained encoder is pale."""
    present = [name for name in ATOM_COLOURS if name in set(parts["atom"])]
    legend = alt.Legend(orient="top", title=None, values=present, columns=5, labelFontSize=12)
    return alt.Chart(parts).encode(
        color=alt.Color("atom:N", scale=_SCALE, legend=legend),
        opacity=alt.condition("datum.encoder == 'trained'", alt.value(1.0), alt.value(0.45)),
        order=alt.Order("order:Q"),
        tooltip=[
            alt.Tooltip("bar:N", title="Encoder"),
            alt.Tooltip("atom:N", title="Part"),
            alt.Tooltip("shown:N", title="Bits"),
        ],
    )


def _truth(truth: pl.DataFrame) -> alt.Chart:
    ends = alt.Chart(truth).encode(tooltip=[alt.Tooltip("label:N", title="Truth")])
    rule: alt.Chart = ends.mark_rule(strokeDash=[2, 3], strokeWidth=2).encode(
        color=alt.Color("atom:N", scale=_SCALE, legend=None)
    )
    return rule


def _ceiling(bits: float) -> alt.Chart:
    return alt.Chart(pl.DataFrame({"bits": [bits], "label": [f"H(Y) = {BITS.show(bits)}"]}))


def training_chart(points: pl.DataFrame, bands: pl.DataFrame, quantity: str) -> Layers:
    """One quantity of one question over epochs: a line a group through its points with their intervals, over
    the bands of what an untrained encoder and permuted labels read.

    points: `OVER_TRAINING` of that quantity; bands: `BANDS`.
    """
    layers: list[alt.Chart] = [] if bands.is_empty() else [_control_bands(bands, quantity)]
    styles = group_styles(points.select("group", "method").unique(maintain_order=True).rows())
    scales = {
        name: alt.Scale(domain=list(styles), range=[getattr(style, name) for style in styles.values()])
        for name in ("colour", "dash", "shape")
    }
    legend = alt.Legend(
        orient="top",
        title=None,
        columns=3,
        labelLimit=260,
        symbolOpacity=1,
        symbolStrokeWidth=0,
        symbolLimit=0,
    )
    base = alt.Chart(points).encode(
        x=alt.X("epoch:Q", title="epochs trained", axis=alt.Axis(tickMinStep=1, format="d")),
        color=alt.Color("group:N", scale=scales["colour"], legend=legend),
        tooltip=[
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("epoch:Q", title="Epoch"),
            alt.Tooltip("shown:N", title=quantity),
        ],
    )
    value = alt.Y("bits:Q", title=quantity)
    layers += [
        base.mark_rule(strokeWidth=5, opacity=0.25).encode(
            y=alt.Y("low:Q", title=quantity), y2=alt.Y2("high:Q")
        ),
        base.mark_line(strokeWidth=2).encode(
            y=value, strokeDash=alt.StrokeDash("group:N", scale=scales["dash"], legend=None)
        ),
        base.mark_point(filled=True, size=60, opacity=1).encode(
            y=value, shape=alt.Shape("group:N", scale=scales["shape"], legend=legend)
        ),
    ]
    tall = HEIGHT + LEGEND_ROW * (1 + math.ceil(len(styles) / 3))
    return alt.layer(*layers, height=tall, padding=PADDING | {"bottom": 6})


def _control_bands(bands: pl.DataFrame, quantity: str) -> alt.Chart:
    """What is read where there is nothing, as bands across the chart."""
    shaded = alt.Chart(bands).encode(
        y=alt.Y("low:Q", title=quantity),
        y2=alt.Y2("high:Q"),
        tooltip=[
            alt.Tooltip("what:N", title="Band"),
            alt.Tooltip("low:Q", format=".3f"),
            alt.Tooltip("high:Q", format=".3f"),
        ],
        opacity=alt.Opacity(
            "what:N",
            scale=alt.Scale(domain=["untrained encoder", "permuted labels"], range=[0.3, 0.14]),
            legend=alt.Legend(orient="bottom", title=None, symbolType="square"),
        ),
    )
    band: alt.Chart = shaded.mark_rect(color=INK)
    return band
