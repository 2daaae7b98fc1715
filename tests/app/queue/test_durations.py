"""What runs of a kind take, from what such runs took."""

from dataclasses import replace

import pytest
from made_runs import make_run

from app.queue.durations import kind_of, seconds_by_kind, seconds_left
from storage.run import Run

NOW = 1_800_000_000_000
HOST = "here"


def took(number: int, seconds: float, **changes: object) -> Run:
    """A finished run of a kind, on this host."""
    run = replace(
        make_run(number, "comm", number), host=HOST, started_at=NOW, ended_at=NOW + int(1000 * seconds)
    )
    return replace(run, **changes)


def test_runs_of_a_kind_differ_in_nothing_that_costs_time() -> None:
    run = make_run(1, "comm", 0)
    assert kind_of(run) == kind_of(make_run(2, "comm", 7))
    assert kind_of(run) == kind_of(make_run(3, "comm", 0, training__learning_rate=0.01))
    for changes in (
        {"training__epochs": 99},
        {"training__batch_size": 17},
        {"probe__iterations": 12},
        {"data__samples": 123},
        {"decomposition__folds": 7},
    ):
        assert kind_of(run) != kind_of(make_run(4, "comm", 0, **changes)), changes
    assert kind_of(run) != kind_of(make_run(5, "cross", 0))


def test_the_newest_finished_ones_tell() -> None:
    runs = [took(9, 20), took(8, 30), took(7, 40), took(6, 50), took(5, 60), took(4, 1000)]
    assert seconds_by_kind(runs, HOST, NOW) == {kind_of(runs[0]): 40.0}


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "elsewhere"},
        {"attempts": 2},
        {"started_at": None},
        {"status": "failed"},
        {"status": "queued"},
    ],
)
def test_what_ran_elsewhere_or_with_a_break_or_not_to_its_end_tells_nothing(
    changes: dict[str, object],
) -> None:
    assert seconds_by_kind([took(1, 20, **changes)], HOST, NOW) == {}


def test_while_none_has_finished_the_speed_of_those_at_work_tells() -> None:
    working = took(
        1,
        0,
        status="running",
        ended_at=None,
        step=210,
        steps=840,
        progressed_at=NOW + 5_000,
        heartbeat_at=NOW,
    )
    assert seconds_by_kind([working], HOST, NOW) == {kind_of(working): 20.0}
    assert seconds_by_kind([replace(working, step=0)], HOST, NOW) == {}
    assert seconds_by_kind([working, took(2, 31)], HOST, NOW) == {kind_of(working): 31.0}


def test_what_is_left() -> None:
    waiting = replace(make_run(1, "comm", 0), status="queued", step=0, steps=0)
    known = {kind_of(waiting): 100.0}
    assert seconds_left(waiting, known, NOW) == 100.0
    assert seconds_left(replace(waiting, attempts=2, step=210, steps=840), known, NOW) == 75.0
    working = replace(waiting, status="running", started_at=NOW - 30_000)
    assert seconds_left(working, known, NOW) == 70.0
    assert seconds_left(replace(working, started_at=NOW - 300_000), known, NOW) == 0.0
    assert seconds_left(waiting, {}, NOW) is None
