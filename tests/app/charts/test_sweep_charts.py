"""Charts of a sweep: axes as the values were drawn, cells with their figure, lines that can be brushed."""

from typing import Any

import polars as pl
import pytest
import vl_convert

from app.charts import parallel
from app.charts.importance import SHARES, importance_chart
from app.charts.parallel import BRUSH, TICKS, parallel_chart
from app.charts.style import line_styles
from app.charts.sweep import CELLS, LEVELS, POINTS, SEEDS, SweepAxes, heat_chart, sweep_chart

STYLES = line_styles([("InfMasking", "infmasking"), ("CoMM", "comm")])


def points(joined: bool = True) -> pl.DataFrame:
    rows = [("InfMasking", x, f"{x:g}", 0.3, 0.2, 0.4, 3, "0.300 bits", joined) for x in (1.0, 2.0, 4.0)]
    return pl.DataFrame(rows, schema=POINTS, orient="row")


def sweep(axes: SweepAxes, joined: bool = True) -> dict[str, Any]:
    seeds = pl.DataFrame([("InfMasking", 1.0, "1", 0, 0.31)], schema=SEEDS, orient="row")
    levels = pl.DataFrame([("CoMM", 0.1, 0.05, 0.15, "0.100 bits")], schema=LEVELS, orient="row")
    chart: dict[str, Any] = sweep_chart(points(joined), seeds, levels, STYLES, axes).to_dict()
    return chart


def of_mark(chart: dict[str, Any], mark: str) -> list[dict[str, Any]]:
    return [layer for layer in chart["layer"] if layer["mark"]["type"] == mark]


def data_of(chart: dict[str, Any], layer: dict[str, Any]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = chart["datasets"][layer["data"]["name"]]
    return rows


def test_an_axis_is_logarithmic_where_values_were_drawn_so() -> None:
    (line,) = of_mark(sweep(SweepAxes("masks", "bits", ticks=[1, 2, 4], log=True)), "line")
    assert line["encoding"]["x"]["scale"]["type"] == "log"
    assert line["encoding"]["x"]["axis"]["values"] == [1, 2, 4]
    low, high = line["encoding"]["x"]["scale"]["domain"]
    assert 0 < low < 1 and high > 4


def test_categories_stand_side_by_side_in_their_order() -> None:
    (line,) = of_mark(sweep(SweepAxes("pool", "bits", categories=["mean", "cls"])), "line")
    assert line["encoding"]["x"]["type"] == "ordinal" and line["encoding"]["x"]["sort"] == ["mean", "cls"]


def test_points_that_stand_alone_have_no_line_and_seeds_are_shown() -> None:
    chart = sweep(SweepAxes("masks", "bits"), joined=False)
    (line,) = of_mark(chart, "line")
    assert data_of(chart, line) == []
    (seeds,) = of_mark(chart, "circle")
    assert [row["figure"] for row in data_of(chart, seeds)] == [0.31]
    (labels,) = of_mark(chart, "text")
    assert {row["line"] for row in data_of(chart, labels)} == {"InfMasking", "CoMM"}


def heat() -> dict[str, Any]:
    rows = [
        ("1", "a", 0.1, "0.100", "0.100 bits [0.05, 0.15]", 3),
        ("2", "a", 0.4, "0.400", "0.400 bits", 1),
        ("1", "b", None, "–", "not measured", 0),
    ]
    cells = pl.DataFrame(rows, schema=CELLS, orient="row")
    chart: dict[str, Any] = heat_chart(cells, (["1", "2"], ["a", "b"]), ("masks", "pool", "bits")).to_dict()
    return chart


def test_cells_carry_their_figure_and_missing_ones_an_outline() -> None:
    chart = heat()
    filled, empty = of_mark(chart, "rect")
    assert len(data_of(chart, filled)) == 2 and "strokeDash" not in filled["mark"]
    assert [row["told"] for row in data_of(chart, empty)] == ["not measured"] and empty["mark"]["strokeDash"]
    texts = of_mark(chart, "text")
    inks = {row["shown"]: layer["mark"]["color"] for layer in texts for row in data_of(chart, layer)}
    assert inks["0.400"] == "white" != inks["0.100"]
    assert "–" in inks
    assert {"n", "told"} <= {tip["field"] for tip in filled["encoding"]["tooltip"]}


def all_settings() -> dict[str, Any]:
    rows = [
        (digest, digest, axis, 0.5, "1", "0.3 bits", 0.3, digest == "a")
        for digest in ("a", "b")
        for axis in range(3)
    ]
    ticks = pl.DataFrame([(0, 0.0, "1")], schema=TICKS, orient="row")
    lines = pl.DataFrame(rows, schema=parallel.LINES, orient="row")
    chart: dict[str, Any] = parallel_chart(lines, ticks, ["masks", "ratio", "bits"], "bits").to_dict()
    return chart


def test_parallel_lines_can_be_brushed_and_others_stay_faint() -> None:
    chart = all_settings()
    assert [parameter["name"] for parameter in chart["params"]] == [BRUSH]
    faint, chosen = of_mark(chart, "line")
    assert {row["digest"] for row in data_of(chart, faint)} == {"b"} and faint["mark"]["opacity"] < 0.3
    assert {row["digest"] for row in data_of(chart, chosen)} == {"a"}


def bars() -> dict[str, Any]:
    rows = [("ratio", 70.0, 40.0, 90.0, "70 % [40, 90]"), ("masks", 5.0, -2.0, 12.0, "5 % [-2, 12]")]
    chart: dict[str, Any] = importance_chart(pl.DataFrame(rows, schema=SHARES, orient="row")).to_dict()
    return chart


def test_bars_of_importance_have_intervals_in_their_order() -> None:
    chart = bars()
    (bar,) = of_mark(chart, "bar")
    assert bar["encoding"]["y"]["sort"] == ["ratio", "masks"]
    assert of_mark(chart, "rule")[0]["encoding"]["x2"]["field"] == "high"


def log_sweep() -> dict[str, Any]:
    return sweep(SweepAxes("masks", "bits", ticks=[1, 2, 4], log=True))


def named_sweep() -> dict[str, Any]:
    return sweep(SweepAxes("pool", "bits", categories=["1", "2", "4"]), joined=False)


@pytest.mark.parametrize("make", [log_sweep, named_sweep, heat, all_settings, bars])
def test_vega_lite_draws_a_sweep(make: Any) -> None:
    """What Altair's schema takes for right may still be no chart."""
    assert vl_convert.vegalite_to_svg(make()).startswith("<svg")
