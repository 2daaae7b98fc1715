"""How a chart looks where it stands alone, on paper or in a report: with its title, a width, and colours that
no page gives it. Plain Vega-Lite out."""

import textwrap
from typing import Any

import altair as alt

WIDTH = 480
"""Pixels of a chart that has no width of its own, as those have that fill a page's column."""
TEXT, LINES = "#13262B", "#D3DCDE"
"""Of words, and of grids and axes."""
FONT = "Arial, 'Liberation Sans', Helvetica, sans-serif"
TITLE_SIZE = 14
LONGEST_TITLE = 300
"""Characters of a title that are drawn."""
_LETTER = 0.55
"""Mean width of a letter in heights of the font."""

_CONFIG: dict[str, Any] = {
    "font": FONT,
    # Every mark would be described in words, which doubles the file; the chart as a whole is.
    "aria": False,
    "view": {"stroke": None},
    "text": {"color": TEXT},
    "title": {
        "anchor": "start",
        "color": TEXT,
        "fontSize": TITLE_SIZE,
        "subtitleColor": TEXT,
        "offset": 10,
    },
    "axis": {
        "labelColor": TEXT,
        "titleColor": TEXT,
        "titleFontWeight": "normal",
        "gridColor": LINES,
        "domainColor": LINES,
        "tickColor": LINES,
        "labelFontSize": 11,
        "titleFontSize": 12,
    },
    "legend": {"labelColor": TEXT, "titleColor": TEXT, "labelFontSize": 11},
    "header": {"labelColor": TEXT, "titleColor": TEXT},
}


def paper_spec(
    chart: alt.TopLevelMixin, title: str = "", *, background: str | None = "white"
) -> dict[str, Any]:
    """The chart as Vega-Lite with its title on top (its own where this is empty).

    background: None is see-through. Raises Altair's `SchemaValidationError` for a chart that is none.
    """
    with alt.data_transformers.disable_max_rows():  # what the page shows is not too much for a file
        spec = _without_pointer(chart.to_dict())
    if not any(name in spec for name in ("hconcat", "vconcat", "concat", "facet", "repeat", "width")):
        spec["width"] = WIDTH
    if title:
        spec["title"] = title_lines(title, _width(spec))
    # A chart that stands in a page keeps no room for what surrounds it here.
    spec["padding"] = 8
    config = spec.get("config", {})
    spec["config"] = {
        name: {**part, **config.get(name, {})} if isinstance(part, dict) else part
        for name, part in _CONFIG.items()
    } | {name: part for name, part in config.items() if name not in _CONFIG}
    spec["config"]["view"] = {**spec["config"]["view"], "stroke": None}
    spec["config"]["background"] = background or "transparent"
    return spec


def _without_pointer(spec: dict[str, Any]) -> dict[str, Any]:
    """Without the layers that only a pointer makes visible, which are half of a file and nothing to see."""
    layers, gone = [], set()
    for layer in spec.get("layer", []):
        opacity = layer.get("encoding", {}).get("opacity", {})
        conditions = opacity.get("condition", [])
        asked = {one.get("param") for one in ([conditions] if isinstance(conditions, dict) else conditions)}
        if opacity.get("value") == 0 and asked:
            gone |= asked
        else:
            layers.append(layer)
    if not gone:
        return spec
    kept = [param for param in spec.get("params", []) if param["name"] not in gone]
    return {**{name: part for name, part in spec.items() if name != "params"}, "layer": layers} | (
        {"params": kept} if kept else {}
    )


def title_lines(title: str, width: int) -> list[str]:
    """A title on as many lines as a chart of that width (px) asks for."""
    letters = max(20, int(width / (TITLE_SIZE * _LETTER)))
    words = " ".join(title.split())
    return textwrap.wrap(textwrap.shorten(words, LONGEST_TITLE, placeholder=" …"), letters) or [
        words[:letters]
    ]


def _width(spec: dict[str, Any]) -> int:
    width = spec.get("width")
    return int(width) if isinstance(width, int | float) else WIDTH
