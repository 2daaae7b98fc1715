"""How charts look where they stand alone."""

import altair as alt
import polars as pl

from app.chart_files.look import LONGEST_TITLE, WIDTH, paper_spec, title_lines

POINTS = alt.Chart(pl.DataFrame({"x": [1.0], "y": [2.0]})).mark_point().encode(x="x:Q", y="y:Q")


def test_a_chart_gets_a_width_only_where_it_has_none() -> None:
    assert paper_spec(POINTS)["width"] == WIDTH
    assert paper_spec(POINTS.properties(width=77))["width"] == 77
    assert "width" not in paper_spec(alt.hconcat(POINTS, POINTS))


def test_its_own_title_stays_where_no_other_is_given() -> None:
    titled = POINTS.properties(title="mine")
    assert paper_spec(titled)["title"] == "mine"
    assert paper_spec(titled, "another")["title"] == ["another"]


def test_long_titles_are_broken_and_bounded() -> None:
    lines = title_lines("word " * 1_000, 480)
    assert len(lines) > 1 and max(map(len, lines)) <= 62
    assert sum(map(len, lines)) <= LONGEST_TITLE and lines[-1].endswith("…")
    assert (
        title_lines("x" * 5_000, 480) == ["…"] or len("".join(title_lines("x" * 5_000, 480))) <= LONGEST_TITLE
    )


def test_a_charts_own_configuration_is_kept() -> None:
    spec = paper_spec(POINTS.configure_axis(labelFontSize=7).configure_mark(color="red"), background=None)
    assert spec["config"]["axis"]["labelFontSize"] == 7 and spec["config"]["axis"]["gridColor"]
    assert spec["config"]["mark"]["color"] == "red" and spec["config"]["background"] == "transparent"


def test_a_chart_of_many_points_leaves_whole() -> None:
    """More than the 5,000 rows that Altair takes by itself: what the page draws can be saved."""
    rows = pl.DataFrame({"x": range(6_000), "y": range(6_000)})
    spec = paper_spec(alt.Chart(rows).mark_line().encode(x="x:Q", y="y:Q"))
    (data,) = spec["datasets"].values()
    assert len(data) == 6_000
