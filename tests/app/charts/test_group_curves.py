"""Charts of groups' curves: lines told apart without colour, labels that keep apart, logarithmic axes."""

import math
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
import vl_convert
from hypothesis import given
from hypothesis import strategies as st

from app.charts.group_curves import (
    LABELLED,
    LINE_HEIGHT,
    LINES,
    TALL,
    THIN,
    ZOOM,
    Axes,
    group_chart,
    padded_domain,
    placed_labels,
)
from app.charts.style import line_styles

AXES = Axes("step", "training loss")


def lines(labels: list[str], banded: bool = True) -> pl.DataFrame:
    rows = [
        (label, float(x), 1.0 + x + place, 0.5 + x if banded else None, 9.0 if banded else None)
        for place, label in enumerate(labels)
        for x in range(20)
    ]
    return pl.DataFrame(rows, schema=LINES, orient="row")


def drawn(labels: list[str], axes: Axes = AXES, thin: pl.DataFrame | None = None) -> dict[str, Any]:
    styles = line_styles([(label, "infmasking") for label in labels])
    empty = pl.DataFrame(schema=THIN)
    chart: dict[str, Any] = group_chart(
        lines(labels), empty if thin is None else thin, styles, axes
    ).to_dict()
    return chart


def marks(chart: dict[str, Any]) -> list[str]:
    return [layer["mark"]["type"] for layer in chart["layer"]]


def test_groups_of_one_method_differ_in_colour_dash_and_shape() -> None:
    styles = line_styles([(f"masks {number}", "infmasking") for number in range(9)])
    assert len({style.colour for style in styles.values()}) == 9
    assert len({(style.dash, style.shape) for style in styles.values()}) == 9
    mixed = line_styles([("a", "infmasking"), ("b", "infmasking"), ("c", "comm")])
    assert mixed["a"].colour == mixed["b"].colour != mixed["c"].colour
    assert mixed["a"].dash != mixed["b"].dash


def test_a_chart_has_bands_labels_at_the_lines_and_a_selection_of_a_stretch() -> None:
    chart = drawn(["masks 2", "masks 6"])
    assert marks(chart) == ["area", "line", "point", "text", "circle"]
    assert ZOOM in [parameter["name"] for parameter in chart["params"]]
    assert chart["encoding"]["color"]["scale"]["domain"] == ["masks 2", "masks 6"]


def test_names_are_sent_once_and_not_with_each_layer() -> None:
    text = str(drawn([f"masks {number} and a long name" for number in range(80)])["layer"])
    scales = text.count("masks 42 and a long name")
    assert scales == 2, "the scales of dash and of shape"


def test_faint_lines_lie_below() -> None:
    thin = pl.DataFrame([("masks 2", 1, float(x), 5.0) for x in range(9)], schema=THIN, orient="row")
    assert marks(drawn(["masks 2", "masks 6"], thin=thin)).index("line") < 2


def test_a_stretch_and_logarithms_are_the_axes_own() -> None:
    chart = drawn(["masks 2"], Axes("step", "loss", True, True, (5.0, 9.0)))
    assert chart["encoding"]["x"]["scale"]["domain"] == [5.0, 9.0]
    assert chart["encoding"]["x"]["scale"]["type"] == "log"
    scales = [layer["encoding"].get("y", {}).get("scale") for layer in chart["layer"]]
    assert all(scale["type"] == "log" and scale["domain"][0] > 0 for scale in scales if scale)


@given(
    st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0.01, 100), min_size=1, max_size=40),
    st.booleans(),
)
def test_labels_keep_apart_in_the_order_of_their_lines(ends: dict[str, float], log: bool) -> None:
    low, high = padded_domain([pl.Series(list(ends.values()))], log)
    places = placed_labels(ends, (low, high), log)
    assert len(places) == min(len(ends), LABELLED)
    heights = [
        (math.log(at / low) / math.log(high / low) if log else (at - low) / (high - low))
        for at in places.values()
    ]
    gaps = [(one - other) * TALL for one, other in pairwise(heights)]
    assert all(gap >= LINE_HEIGHT - 1e-3 for gap in gaps)
    assert [ends[label] for label in places] == sorted((ends[label] for label in places), reverse=True)


def test_a_label_with_room_stands_at_its_line() -> None:
    places = placed_labels({"a": 1.0, "b": 9.0}, (0.0, 10.0), False)
    assert places == pytest.approx({"b": 9.0, "a": 1.0})


@pytest.mark.parametrize("axes", [AXES, Axes("step", "loss", True, True, (5.0, 9.0))])
def test_vega_lite_draws_curves(axes: Axes) -> None:
    thin = pl.DataFrame([("masks 2", 1, x + 1.0, 5.0) for x in range(9)], schema=THIN, orient="row")
    rows = lines(["masks 2", "masks 6"]).filter(pl.col("x") > 0)
    styles = line_styles([("masks 2", "infmasking"), ("masks 6", "infmasking")])
    svg = vl_convert.vegalite_to_svg(group_chart(rows, thin, styles, axes).to_dict())
    assert "masks 6" in svg
