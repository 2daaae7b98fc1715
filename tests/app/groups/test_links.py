"""Links to runs: what they choose, what they say of runs that are gone, and how a set that is shown
changes."""

from dataclasses import replace

import pytest
from made_runs import make_run

from app.groups.links import Link, choose, left_out, lines_about, read_link, runs_of
from app.state import MOST_RUNS

RUNS = [
    make_run(number, method, seed)
    for number, (method, seed) in enumerate(
        [("comm", 0), ("comm", 1), ("infmasking", 0), ("infmasking", 1)], 1
    )
][::-1]
"""Newest first."""
COMM, OURS = RUNS[-1].digest, RUNS[0].digest


def ids(runs: list[object]) -> list[int]:
    return [run.id for run in runs]


def test_links_choose_runs() -> None:
    other = replace(make_run(9, "comm", 0, "trifeature-small"), study_id=2)
    assert ids(choose([other, *RUNS], Link(runs=(2, 3)))) == [3, 2]
    assert ids(choose([other, *RUNS], Link(digests=(COMM,)))) == [2, 1]
    assert ids(choose([other, *RUNS], Link())) == [9]
    assert choose(RUNS, Link(runs=(99,))) == []


def test_a_group_that_is_taken_away_takes_its_own_runs_and_no_others_come() -> None:
    shown = [run for run in RUNS if run.id in (1, 3, 4)]
    assert ids(runs_of([OURS], shown, RUNS)) == [4, 3]
    assert ids(runs_of([COMM], shown, RUNS)) == [1]
    assert runs_of([], shown, RUNS) == []


def test_a_group_that_is_added_brings_all_of_its_runs() -> None:
    shown = [run for run in RUNS if run.id == 1]
    assert sorted(ids(runs_of([COMM, OURS], shown, RUNS))) == [1, 3, 4]
    assert ids(left_out(shown, RUNS)) == [2]


def test_a_whole_link_says_nothing() -> None:
    for query in ({}, {"runs": "1-4"}, {"digest": f"{COMM},{OURS}"}):
        assert lines_about(read_link(query), RUNS) == []


@pytest.mark.parametrize(
    ("query", "line"),
    [
        (
            {"runs": "1-6,9"},
            "3 of the 7 runs in this link are not stored any more (5-6,9); it shows the other 4 runs.",
        ),
        (
            {"runs": "8,9"},
            "None of the runs in this link exist any more (8-9: 2 runs); the newest study is shown instead.",
        ),
        ({"runs": "1,x,4-2"}, "This link has 'x, 4-2' among its runs; runs are named as in 1-9,12."),
        (
            {"digest": f"{COMM},gone"},
            "1 of the 2 configurations in this link have no run any more (gone); it shows the others.",
        ),
    ],
)
def test_a_link_says_what_is_gone(query: dict[str, str], line: str) -> None:
    assert lines_about(read_link(query), RUNS) == [line]


def test_sentences_about_links_are_bounded() -> None:
    long = read_link({"runs": f"1,{','.join(map(str, range(3, 9001, 2)))},9000-99999"})
    assert len(long.runs) == MOST_RUNS
    assert all(len(line) < 250 for line in lines_about(long, RUNS))
