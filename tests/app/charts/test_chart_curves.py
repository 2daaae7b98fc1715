"""Curves of a run: what is drawn, and charts that hold what they were given."""

import math

import polars as pl
import pytest

from app.charts.curves import (
    POINTS,
    Line,
    line_chart,
    loss_lines,
    not_finite,
    points_of,
    quiet_lines,
)
from app.charts.panels import LOSS, curve_label, curve_panels
from app.charts.thinning import MOST_POINTS
from app.queries import CURVES


def line(values: list[float], label: str = "loss") -> pl.DataFrame:
    return pl.DataFrame(
        {"line": [label] * len(values), "step": range(len(values)), "value": values}, schema=POINTS
    )


def test_what_is_not_finite_is_counted_and_not_drawn() -> None:
    rows = [
        (1, "train/loss", 1, 1.0, 0),
        (1, "train/loss", 2, math.nan, 0),
        (1, "train/loss", 3, math.inf, 0),
    ]
    curves = pl.DataFrame(rows, schema=CURVES, orient="row")
    assert points_of(curves, {"train/loss": "training"}).rows() == [("training", 1, 1.0)]
    assert not_finite(curves, "train/loss") == 2


def test_the_chart_holds_its_lines_and_thins_them() -> None:
    points = pl.concat(
        [line([math.sin(x / 9) for x in range(9_000)], "training"), line([0.5, 0.4], "validation")]
    )
    chart = line_chart(points, loss_lines("#D9541E"), "loss").to_dict()
    (rows,) = chart["datasets"].values()
    assert {row["line"] for row in rows} == {"training", "validation"}
    assert len(rows) <= MOST_POINTS + 2
    legends = [
        layer["encoding"]["color"]["legend"]
        for layer in chart["layer"]
        if "color" in layer.get("encoding", {})
    ]
    assert all(legend["values"] == ["training", "validation"] for legend in legends)


def test_one_line_needs_no_legend() -> None:
    chart = line_chart(line([1.0, 2.0]), [Line("loss", "#D9541E")], "loss").to_dict()
    assert all(
        layer["encoding"]["color"]["legend"] is None
        for layer in chart["layer"]
        if "color" in layer["encoding"]
    )


def test_equal_lines_differ_in_colour_or_dash() -> None:
    lines = quiet_lines([f"term {number}" for number in range(8)])
    assert len({(each.colour, each.dash) for each in lines}) == 8


def test_panels_group_what_shares_a_scale() -> None:
    keys = [
        "train/loss",
        "validation/loss",
        "train/align_first",
        "train/scale",
        "train/accuracy",
        "system/cpu_percent",
        "other/x",
    ]
    panels = {panel.title: panel.labels for panel in curve_panels(keys)}
    assert panels["Loss"] == LOSS
    assert panels["Terms of the loss"] == {"train/align_first": "align first"}
    assert panels["Load"] == {"system/cpu_percent": "CPU"}
    assert panels["Scale"] == {"train/scale": "scale"} and panels["X"] == {"other/x": "x"}
    assert sorted(key for labels in panels.values() for key in labels) == sorted(keys), (
        "every curve is drawn once"
    )


def test_a_question_in_bits_has_one_chart_with_its_parts_as_lines() -> None:
    parts = ("fused", "synergy", "synergy_low", "gain")
    keys = [f"bits/{part}/{task}" for part in parts for task in ("share", "synergy", "a/b", "unique1")]
    panels = curve_panels(keys)
    assert [panel.title for panel in panels] == [
        f"What it tells of {task}, in bits" for task in ("a/b", "share", "synergy", "unique1")
    ]
    assert all(panel.marked and len(panel.labels) == 4 for panel in panels)
    assert panels[0].labels["bits/synergy_low/a/b"] == "synergy, at least"
    assert curve_label("bits/gain/a/b") == "a/b: additive gain G, bits"
    assert curve_label("train/loss") == "training loss"


@pytest.mark.parametrize("count", [1, 3])
def test_few_points_are_drawn_and_steps_are_whole(count: int) -> None:
    chart = line_chart(line([0.5] * count, "training"), loss_lines("#D9541E"), "loss").to_dict()
    marks = [layer["mark"]["type"] for layer in chart["layer"]]
    assert marks.count("circle") == 2, "the line's own points, and those of the pointer"
    axes = [layer["encoding"]["x"]["axis"] for layer in chart["layer"] if "axis" in layer["encoding"]["x"]]
    assert axes and all(axis["tickMinStep"] == 1 for axis in axes)


def test_long_lines_have_no_points() -> None:
    chart = line_chart(line([0.5] * 100, "training"), loss_lines("#D9541E"), "loss").to_dict()
    assert [layer["mark"]["type"] for layer in chart["layer"]].count("circle") == 1
