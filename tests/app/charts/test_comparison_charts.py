"""Charts of a comparison: what they draw, and that reported and measured figures never share a mark."""

from typing import Any

import polars as pl
import pytest

from app.charts.comparison import (
    DASHES,
    DIFFERENCES,
    LINES,
    ROWS,
    SEEDS,
    STAR,
    difference_chart,
    row_height,
    score_chart,
)
from app.charts.style import method_style
from app.wording.units import PERCENT, PLAIN

METHODS = ["infmasking", "comm"]


def frames(reported: float | None = 77.0) -> tuple[pl.DataFrame, pl.DataFrame]:
    words = None if reported is None else "77.0 ± 4.2 %"
    groups = [
        ("InfMasking", "InfMasking", 3, 75.0, 70.0, 80.0, "75.0 %", "[70.0, 80.0]", reported, words),
        ("CoMM", "CoMM", 1, 72.0, None, None, "72.0 %", "no interval (n = 1)", None, None),
    ]
    seeds = [("InfMasking", "InfMasking", seed, value) for seed, value in enumerate((74.0, 75.0, 76.0))]
    seeds.append(("CoMM", "CoMM", 0, 72.0))
    return pl.DataFrame(groups, schema=ROWS, orient="row"), pl.DataFrame(seeds, schema=SEEDS, orient="row")


def marks(chart: Any) -> list[dict[str, Any]]:
    return [layer["mark"] for layer in chart.to_dict()["layer"]]


def scales(chart: Any) -> list[list[float]]:
    layers = [layer["encoding"] for layer in chart.to_dict()["layer"]]
    return [encoding["x"]["scale"]["domain"] for encoding in layers if "x" in encoding]


def lines(*drawn: tuple[float, str, str]) -> pl.DataFrame:
    return pl.DataFrame(drawn, schema=LINES, orient="row")


CHANCE = lines((50.0, "chance 50.0", "chance"))
APART = ("InfMasking", "InfMasking", 0.0, 0.0, 0.0, False, "equal")


def apart(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=DIFFERENCES, orient="row")


def test_every_layer_shares_an_axis_that_holds_chance_and_all_figures() -> None:
    chart = score_chart(*frames(), CHANCE, METHODS, "accuracy", PERCENT)
    domains = scales(chart)
    assert all(domain == domains[0] for domain in domains)
    low, high = domains[0]
    assert low < 50 and high > 80
    assert low >= 0 and high <= 102


def test_an_interval_that_spans_everything_does_not_flatten_the_rest() -> None:
    groups, seeds = frames(None)
    groups = groups.with_columns(low=pl.lit(-900.0), high=pl.lit(1000.0))
    low, high = scales(score_chart(groups, seeds, lines(), METHODS, "accuracy", PERCENT))[0]
    assert 60 < low < 72 and 76 < high < 90


def test_the_star_is_for_reported_figures_alone() -> None:
    drawn = marks(score_chart(*frames(), CHANCE, METHODS, "accuracy", PERCENT))
    stars = [mark for mark in drawn if mark.get("shape") == STAR]
    assert len(stars) == 1 and stars[0]["filled"] is False
    assert STAR not in {method_style(name).shape for name in METHODS}
    assert all(mark.get("filled") is not False for mark in drawn if mark.get("shape") != STAR)


def test_chance_truth_and_supervised_lines_have_a_dash_each_and_labels_that_do_not_meet() -> None:
    all_three = lines(
        (50.0, "chance", "chance"), (51.0, "truth", "truth"), (90.0, "Supervised", "supervised")
    )
    drawn = marks(score_chart(*frames(), all_three, METHODS, "accuracy", PERCENT))
    dashes = [mark["strokeDash"] for mark in drawn if "strokeDash" in mark]
    assert sorted(dashes) == sorted(DASHES.values())
    heights = [mark["y"] for mark in drawn if mark["type"] == "text" and "y" in mark]
    assert len(set(heights)) == 3


@pytest.mark.parametrize("reported", [77.0, None])
def test_charts_are_valid_specifications(reported: float | None) -> None:
    chart = score_chart(*frames(reported), lines(), METHODS, "mse", PLAIN)
    assert chart.to_dict(validate=True)["height"] > 100
    assert difference_chart(apart(APART), ["InfMasking", "CoMM"], METHODS, "points").to_dict(validate=True)


def test_rows_of_both_charts_lie_on_one_height() -> None:
    """Also where the baseline has no difference, and whatever lines the scores have."""
    for drawn in (CHANCE, lines(), lines((50.0, "a", "chance"), (90.0, "b", "supervised"))):
        scores = score_chart(*frames(), drawn, METHODS, "accuracy", PERCENT).to_dict()
        differences = difference_chart(
            apart(APART), ["InfMasking", "CoMM"], METHODS, "points", lines=len(drawn)
        ).to_dict()
        assert scores["height"] == differences["height"]
        tops = [
            min(layer["mark"]["y"] for layer in chart["layer"] if layer["mark"].get("y") is not None)
            for chart in (scores, differences)
        ]
        assert tops[0] == tops[1]
        rows = {
            str(layer["encoding"]["y"]["scale"]["domain"])
            for layer in differences["layer"]
            if "y" in layer["encoding"]
        }
        assert rows == {"['InfMasking', 'CoMM']"}


def test_many_rows_are_low_and_few_are_airy() -> None:
    heights = [row_height(rows) for rows in (2, 8, 15, 30, 96)]
    assert heights == sorted(heights, reverse=True)
    assert row_height(30) * 30 < 700


def test_differences_show_the_line_of_none_and_never_nothing_as_something() -> None:
    order = ["InfMasking", "CoMM"]
    low, high = scales(difference_chart(apart(APART), order, METHODS, "points", narrowest=1.0))[0]
    assert (low, high) == (-0.5, 0.5)
    wide = (*APART[:2], 5.0, 2.0, 8.0, True, "ahead")
    low, high = scales(difference_chart(apart(wide), order, METHODS, "points", narrowest=1.0))[0]
    assert low < 0 and high > 8


def test_only_what_is_decided_has_a_full_mark() -> None:
    rows = apart(
        ("A", "InfMasking", 5.0, 2.0, 8.0, True, "ahead"), ("B", "CoMM", 1.0, -2.0, 4.0, False, "open")
    )
    chart = difference_chart(rows, ["A", "B"], METHODS, "points").to_dict()
    points = {
        layer["mark"]["filled"]: [row["group"] for row in chart["datasets"][layer["data"]["name"]]]
        for layer in chart["layer"]
        if layer["mark"]["type"] == "point"
    }
    assert points == {True: ["A"], False: ["B"]}
