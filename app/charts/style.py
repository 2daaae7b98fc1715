"""How charts look: one fixed colour, dash and shape a method, and the frame all charts share.

The first method of the settings (the one this studio is named for) is the accent; all others are quieter, yet
told apart by lightness, dash and shape, so that no reading depends on hue. Every colour keeps a contrast of
at least 3 : 1 against both the light and the dark background (a test asserts it).
"""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple
from zlib import crc32

import altair as alt

from app.wording.names import in_order, method_label
from engine.presets.preset import method_names

ACCENT = "#D9541E"
INK = "#7A8A8C"
"""Rules, chance lines and everything that is neither method nor text: readable on light and on dark."""
HEIGHT = 270
"""Pixels of a curve chart."""
PADDING = {"left": 0, "top": 4, "right": 4, "bottom": 0}
"""Pixels around a chart; Streamlit's own would leave a gap below, in a card that has one."""

QUIET = (
    *("#4A84A8", "#8C8478", "#5F9483", "#8F7BA6", "#A07F4B", "#6F86C4", "#8C5463", "#6956B3", "#6B6361"),
    *("#3E8E93", "#A8659C", "#7C8A3C"),
)
_DASHES = (
    *((6, 3), (2, 2), (8, 3, 2, 3), (4, 4), (10, 4), (1, 3), (12, 3, 2, 3, 2, 3), (5, 2, 1, 2), (14, 6)),
    *((3, 6), (16, 3, 5, 3), (9, 9)),
)
_HOURGLASS = "M-1,-1H1L-1,1H1Z"
_STAR = "M0,-1L.24,-.32L.95,-.31L.38,.12L.59,.81L0,.4L-.59,.81L-.38,.12L-.95,-.31L-.24,-.32Z"
_PENTAGON = "M0,-1L.95,-.31L.59,.81H-.59L-.95,-.31Z"
_BAR = "M-1,-.4H1V.4H-1Z"
_BOW = "M-1,-1V1L1,-1V1Z"
_SHAPES = (
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-right",
    "triangle-left",
    _HOURGLASS,
    _STAR,
    _PENTAGON,
    _BAR,
    _BOW,
)
"""Vega's own names, or a path within −1 to 1."""


class MethodStyle(NamedTuple):
    """How a method is written and drawn. dash: lengths of strokes and gaps in px, (1, 0) is a full line."""

    label: str
    colour: str
    dash: tuple[int, ...]
    shape: str


def _style_at(place: int) -> tuple[str, tuple[int, ...], str]:
    """Colour, dash and shape of the quiet method at this place. After as many as there are colours these come
    again, but each time with other dashes, and other shapes with those: of the first 144 places no two are
    alike in dash and shape, so none depend on their colour to be told apart.
    """
    turn = place // len(QUIET)
    return (
        QUIET[place % len(QUIET)],
        _DASHES[(place + turn) % len(_DASHES)],
        _SHAPES[(place + 2 * turn) % len(_SHAPES)],
    )


@cache
def method_style(name: str) -> MethodStyle:
    """The style of a method by its name in the settings; a name that is not known any more still gets one of
    its own."""
    names = method_names()
    if name == names[0]:
        return MethodStyle(method_label(name), ACCENT, (1, 0), "circle")
    free = len(QUIET) * len(_DASHES) - len(names)  # places that no known method has
    place = names.index(name) - 1 if name in names else len(names) + crc32(name.encode()) % free
    return MethodStyle(method_label(name), *_style_at(place))


def group_styles(groups: Iterable[tuple[str, str]]) -> dict[str, MethodStyle]:
    """Styles of groups, (label, method) each: the first of a method looks like the method, further ones share
    its colour and differ from it, and from each other, in dash and shape."""
    styles: dict[str, MethodStyle] = {}
    counts: dict[str, int] = {}
    for label, method in groups:
        style, number = method_style(method), counts.get(method, 0)
        counts[method] = number + 1
        if number:
            start = _SHAPES.index(style.shape) if style.shape in _SHAPES else -1
            turn = (start + number) % len(_SHAPES)
            style = style._replace(dash=_DASHES[turn], shape=_SHAPES[turn])
        styles[label] = style
    return styles


def line_styles(groups: Iterable[tuple[str, str]]) -> dict[str, MethodStyle]:
    """Styles of lines of one chart, (label, method) each, told apart as far as can be: as `group_styles`, but
    where all are of one method, which the chart then says, they differ in colour as well."""
    lines = list(groups)
    methods = {method for _, method in lines}
    if len(methods) > 1 or len(lines) < 2:
        return group_styles(lines)
    first = method_style(lines[0][1])
    places = (
        place for place in range(len(QUIET) * (len(lines) + 1)) if QUIET[place % len(QUIET)] != first.colour
    )
    others = [
        MethodStyle(label, *_style_at(place)) for (label, _), place in zip(lines[1:], places, strict=False)
    ]
    return {lines[0][0]: first} | {style.label: style for style in others}


def method_colour(
    methods: Iterable[str], field: str = "method", legend: alt.Legend | None = None
) -> alt.Color:
    """Colour of `field`, which holds labels, on the fixed scale of these methods; no legend unless one is
    given."""
    styles = [method_style(name) for name in in_order(methods)]
    scale = alt.Scale(domain=[style.label for style in styles], range=[style.colour for style in styles])
    return alt.Color(f"{field}:N", scale=scale, legend=legend, title=None)


def method_shape(methods: Iterable[str], field: str = "method") -> alt.Shape:
    """Shape of `field`, which holds labels, on the fixed scale of these methods."""
    styles = [method_style(name) for name in in_order(methods)]
    scale = alt.Scale(domain=[style.label for style in styles], range=[style.shape for style in styles])
    return alt.Shape(f"{field}:N", scale=scale, legend=None)


def line_legend(labels: Sequence[str] | None = None) -> alt.Legend:
    """A legend on top for these labels (all, where none are given), whose strokes are long enough for the
    dashes to be seen."""
    return alt.Legend(
        orient="top",
        title=None,
        values=alt.Undefined if labels is None else list(labels),
        labelLimit=260,
        columns=3,
        columnPadding=8,
        labelFontSize=12,
        symbolType="stroke",
        symbolSize=220,
        symbolStrokeWidth=2.5,
        symbolOpacity=1,
    )
