"""Stacked bars: standing while they are few, lying with readable names when they are many."""

import json

import polars as pl
import pytest

from app.charts.decomposition import FEW_BARS, PARTS, ROW, TRUTH, WHISKERS, stack_chart


def chart_of(count: int) -> dict[str, object]:
    names = [f"InfMasking, mask ratio 0.{place}, masks 12" for place in range(count)]
    parts = [
        (name, "trained", atom, number, 0.1, "0.1")
        for name in names
        for number, atom in enumerate(("Redundancy", "Synergy"))
    ]
    whiskers = [(name, "trained", 0.1, 0.3, "at least 0.1 bits") for name in names]
    chart = stack_chart(
        pl.DataFrame(parts, schema=PARTS, orient="row"),
        pl.DataFrame(whiskers, schema=WHISKERS, orient="row"),
        pl.DataFrame([("Synergy", 0.4, "Synergy 0.4 bits")], schema=TRUTH, orient="row"),
        1.0,
    )
    return json.loads(chart.to_json())


@pytest.mark.parametrize(("count", "names", "values"), [(2, "x", "y"), (30, "y", "x")])
def test_few_bars_stand_and_many_lie(count: int, names: str, values: str) -> None:
    chart = chart_of(count)
    bars = chart["layer"][0]["encoding"]
    assert bars[names]["field"] == "bar" and bars[values]["field"] == "bits"
    assert len(bars[names]["sort"]) == count
    assert [layer["mark"]["type"] for layer in chart["layer"]].count("rule") == 3, "whiskers, truth, ceiling"


def test_every_lying_bar_has_its_row() -> None:
    assert chart_of(30)["height"] == 30 * ROW
    assert chart_of(FEW_BARS)["height"] == chart_of(2)["height"]
