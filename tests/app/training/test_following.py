"""What the terminal says of runs that are followed."""

import dataclasses
import math
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import open_house

from app.training import following
from app.training.following import _Clock, _status, duration
from storage.runs import Run, mark_ended


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with open_house(tmp_path) as house:
        (number,) = house.submit("one")
        yield house.run(number)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1:00 min"), (185, "3:05 min"), (7620, "2:07 h"), (-1, "0 s")],
)
def test_durations_read_well(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_time_left_follows_the_speed_since_we_looked(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(following.time, "monotonic", lambda: now)
    clock = _Clock()
    at = dataclasses.replace(run, status="running", phase="training", steps=200, epochs=4)
    assert math.isinf(
        clock.left([dataclasses.replace(at, step=40)])
    )  # a resumed run has steps that we did not see
    now = 110.0
    assert clock.left([dataclasses.replace(at, step=60)]) == pytest.approx(70.0)
    # One that waits is taken to be as long as the one at work.
    assert clock.left([dataclasses.replace(at, step=60), dataclasses.replace(run, id=2)]) == pytest.approx(
        170.0
    )


def test_the_status_line_names_phase_epoch_and_share(run: Run) -> None:
    at = dataclasses.replace(run, status="running", phase="training", step=50, steps=200, epoch=1, epochs=4)
    assert _status([at], 1, 0, _Clock()) == f"run {run.id} training · epoch 2/4 · step 50/200 · 25%"
    asked = dataclasses.replace(at, stop_requested=True)
    assert _status([asked], 1, 0, _Clock()).startswith(f"run {run.id} training (stopping)")
    assert _status([at, run], 3, 1, _Clock()) == "1 of 3 ended, 1 at work, 1 waiting · 42%"
    assert _status([run], 1, 0, _Clock()) == f"run {run.id} queued"


def test_runs_that_have_ended_are_told_once_and_decide_the_exit_code(tmp_path: Path) -> None:
    with open_house(tmp_path) as house:
        good, bad, stopped = house.submit("good", "bad", "stopped")
        mark_ended(house.db, good, "finished")
        mark_ended(house.db, bad, "failed", "no reason")
        mark_ended(house.db, stopped, "stopped")
        lines: list[str] = []
        assert following.follow(house.db, [good], lines.append) == 0
        assert following.follow(house.db, [good, bad, stopped], lines.append) == 1
    assert lines[1:] == [
        f"run {good} (good) finished: no results",
        f"run {bad} (bad) failed: no reason",
        f"run {stopped} (stopped) stopped",
    ]
