"""A data home of version 2: its pages show the numbers that it was made with."""

from pathlib import Path

import old_database
import pytest
from conftest import OpenPage


@pytest.fixture
def old_home(empty_home: Path) -> Path:
    """The pages' data home, with an old file in it."""
    old_database.make_version_2(empty_home / "studio.db")
    return empty_home


def test_its_comparison_shows_the_same_accuracies(old_home: Path, open_page: OpenPage) -> None:
    test = open_page("compare", runs="1-4")
    assert not test.exception
    table = next(frame.value for frame in test.dataframe if "Mean" in frame.value.columns)
    table = table[table["Metric"] == "accuracy"]
    assert dict(zip(table["Group"], table["Mean"], strict=True)) == {"InfMasking": "77.0 %", "CoMM": "71.5 %"}
    (difference,) = (
        frame.value for frame in test.dataframe if any("ifference" in name for name in frame.value.columns)
    )
    assert "+5.5" in difference.to_string()


def test_its_bits_are_the_same(old_home: Path, open_page: OpenPage) -> None:
    test = open_page("synergy", runs="1-4")
    assert not test.exception
    table = test.dataframe[0].value
    shown = dict(zip(table["Encoder"], table["S_Z [95 %]"].str.split().str[0], strict=True))
    assert shown == {"InfMasking": "0.320", "CoMM": "0.205"}


def test_names_with_dots_are_comparisons_of_their_own(old_home: Path, open_page: OpenPage) -> None:
    """By the title alone "MOSI · big" and "MOSI · small" would be one."""
    table = open_page("runs").dataframe[0].value
    assert table["study"].to_list() == [
        "A · B",
        "tried by hand",
        "imported",
        "MOSI · small",
        *["MOSI · big"] * 4,
    ]
    assert table["title"].dropna().to_list() == ["imported · last week"]
