"""Tables that leave the dashboard."""

import csv
import io

import polars as pl
import pytest

from app.wording.exports import as_csv, markdown


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1+1", "-1 [=2, 3]"],
)
def test_no_cell_and_no_title_is_a_formula(text: str) -> None:
    frame = pl.DataFrame({"name": [text, "kept"], text: [1.5, -2.0]})
    rows = list(csv.reader(io.StringIO(as_csv(frame), newline="")))
    assert rows == [["name", f"'{text}"], [f"'{text}", "1.5"], ["kept", "-2.0"]]


@pytest.mark.parametrize("figure", ["-0.02", "+1,234.5", "-3e-05", "-4 %", "-0.02 [-0.05, 0.01]", "plain"])
def test_figures_stay_figures(figure: str) -> None:
    assert list(csv.reader(io.StringIO(as_csv(pl.DataFrame({"value": [figure]})))))[1] == [figure]


def test_numbers_and_gaps_are_written_as_they_are() -> None:
    frame = pl.DataFrame({"a": [1, None], "b": [-0.5, None], "c": ["x", None]})
    assert as_csv(frame) == "a,b,c\n1,-0.5,x\n,,\n"


def test_a_markdown_table_is_not_broken_out_of() -> None:
    table = markdown([{"a|b": "x | y", "c": "one\ntwo"}, {"a|b": "[l](http://e.com)", "c": -0.5}])
    assert table.splitlines() == [
        "| a\\|b | c |",
        "| --- | --- |",
        "| x \\| y | one two |",
        "| \\[l\\](http://e.com) | -0.5 |",
    ]
    assert markdown([]) == ""
