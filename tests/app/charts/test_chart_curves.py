"""Curves: averaging, thinning that keeps extremes, and charts that hold what they were given."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.charts.curves import (
    MOST_POINTS,
    POINTS,
    Line,
    line_chart,
    loss_lines,
    not_finite,
    points_of,
    quiet_lines,
    smoothed,
    thinned,
)
from app.charts.panels import LOSS, curve_label, curve_panels
from app.queries import CURVES


def line(values: list[float], label: str = "loss") -> pl.DataFrame:
    return pl.DataFrame(
        {"line": [label] * len(values), "step": range(len(values)), "value": values}, schema=POINTS
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.sampled_from([8, 40, 100]))
def test_thinning_keeps_ends_and_extremes(values: list[float], most: int) -> None:
    whole = line(values)
    kept = thinned(whole, most=most)
    assert kept.height <= most
    assert kept["step"].is_sorted()
    assert kept.join(whole, on=["step", "value"]).height == kept.height, "no point is invented"
    assert kept["value"].max() == whole["value"].max() and kept["value"].min() == whole["value"].min()
    assert (kept["step"][0], kept["step"][-1]) == (0, len(values) - 1)


def test_a_spike_of_one_step_is_still_drawn() -> None:
    values = [0.0] * 100_000
    values[54_321] = 9.0
    kept = thinned(line(values))
    assert kept.height <= MOST_POINTS
    assert 54_321 in kept["step"]


def test_each_line_is_thinned_on_its_own() -> None:
    both = pl.concat([line([1.0] * 5_000, "long"), line([2.0] * 10, "short")])
    counts = dict(thinned(both).group_by("line").len().iter_rows())
    assert counts["short"] == 10 and counts["long"] <= MOST_POINTS


def test_smoothing_leaves_a_constant_and_steps_alone() -> None:
    frame = smoothed(line([3.0] * 50), span=7)
    assert frame["value"].to_list() == pytest.approx([3.0] * 50)
    assert frame["step"].to_list() == list(range(50))


def test_smoothing_is_the_weighted_mean_of_the_past() -> None:
    # span 3: each step back weighs half of the one after it
    assert smoothed(line([1.0, 2.0, 4.0]), span=3)["value"][2] == pytest.approx(
        (4 + 2 / 2 + 1 / 4) / (1 + 1 / 2 + 1 / 4)
    )


def test_smoothing_does_not_mix_lines() -> None:
    both = smoothed(pl.concat([line([0.0] * 5, "low"), line([10.0] * 5, "high")]), span=5)
    assert both.filter(pl.col("line") == "high")["value"].to_list() == pytest.approx([10.0] * 5)


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
