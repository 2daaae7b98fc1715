"""How far a comparison is and how long the rest takes, from what its runs show."""

from dataclasses import replace
from typing import Any

import pytest
from made_runs import make_run

from app.comparison.progress import progress
from storage.run import Run

NOW = 1_000_000


def run(number: int, status: str, **changes: Any) -> Run:
    return replace(
        make_run(number, "comm", number), status=status, created_at=NOW, step=0, steps=100, **changes
    )


FINISHED = run(1, "finished", started_at=NOW - 90_000, ended_at=NOW - 50_000)
WAITING = run(3, "queued")


def running(number: int, step: int, started: int = 10_000) -> Run:
    alive = {"started_at": NOW - started, "heartbeat_at": NOW, "progressed_at": NOW}
    return replace(run(number, "running", **alive), step=step)


def test_time_left_is_that_of_runs_like_the_finished_one() -> None:
    state = progress([FINISHED, running(2, 25), WAITING], NOW)
    assert state.left == pytest.approx(30 + 40)
    assert state.share == pytest.approx((1 + 0.25) / 3)
    assert state.words() == "1 of 3 runs finished · 1 running · 1 waiting · about 1 min 10 s left"


def test_two_at_work_share_what_waits() -> None:
    runs = [FINISHED, running(2, 25), running(4, 25), WAITING, replace(WAITING, id=5)]
    assert progress(runs, NOW).left == pytest.approx((30 + 30 + 40 + 40) / 2)


def test_without_a_finished_run_the_speed_so_far_tells() -> None:
    assert progress([running(2, 20)], NOW).left == pytest.approx(40)


def test_nothing_is_guessed() -> None:
    assert progress([WAITING], NOW).left is None
    assert "time left not known yet" in progress([WAITING], NOW).words()
    resumed = replace(running(2, 50), attempts=2)
    assert progress([resumed], NOW).left is None


def test_ended_runs_are_no_longer_active() -> None:
    state = progress([FINISHED, run(2, "failed"), run(3, "stopped")], NOW)
    assert not state.active
    assert state.share == 1
    assert state.words() == "1 of 3 runs finished · 1 stopped · 1 failed"
