"""What the URL says: runs written and read back, pages reached by name."""

import importlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.state import MOST_RUNS, PAGES, read_runs, write_runs


@given(st.sets(st.integers(1, 5_000), max_size=300))
def test_runs_survive_the_url(runs: set[int]) -> None:
    assert read_runs(write_runs(runs)) == sorted(runs)


def test_neighbours_become_a_range() -> None:
    assert write_runs([3, 1, 2, 7, 9, 10]) == "1-3,7,9-10"


@pytest.mark.parametrize("text", ["", "abc", "5-3", "-", ",,", "1e3", "²", "1-2-3", "9" * 40])
def test_nonsense_names_no_run(text: str) -> None:
    assert read_runs(text) == []


def test_good_words_beside_nonsense_count() -> None:
    assert read_runs("x, 4 ,2-3,,7-") == [4, 2, 3]


def test_a_link_cannot_ask_for_the_world() -> None:
    assert len(read_runs("1-999999999999999,5-999999999999")) == MOST_RUNS


def test_every_page_has_its_file() -> None:
    for name in PAGES:
        assert callable(importlib.import_module(f"app.pages.{name}").render)
