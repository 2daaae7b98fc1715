"""What makes a page be drawn again, and what does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from storage.artifacts import delete_artifact, list_artifacts, write_artifact
from storage.batch import Batch, Figure, Split, write_batch
from storage.bulk import archive_runs, tag_runs
from storage.database import Database
from storage.heartbeat import Heartbeat
from storage.jobs import beat_supervisor, claim, register_supervisor
from storage.marks import read_marks
from storage.pauses import pause, resume
from storage.points import Point, write_points
from storage.preferences import set_preference
from storage.queue import move_runs, prioritise_runs
from storage.runs import (
    NewRun,
    create_runs,
    get_run,
    mark_ended,
    mark_started,
    request_stop,
    requeue,
    set_note,
)
from storage.studies import change_study, create_study, take_in
from storage.trash import restore_runs, trash_runs

THREE = [NewRun(f"run {n}", None, "bits", "comm", n, "d", {}, study="s") for n in range(3)]


def record(db: Database, **rows: object) -> None:
    with db.write() as connection:
        write_batch(connection, 1, Batch(**rows))


CHANGES: dict[str, Callable[[Database], object]] = {
    "a run is made": lambda db: create_runs(db, THREE[:1]),
    "started": lambda db: mark_started(db, 1, host="h", pid=1),
    "ended": lambda db: mark_ended(db, 1, "failed", "why"),
    "another error": lambda db: mark_ended(db, 1, "failed", "another why"),
    "resumed": lambda db: requeue(db, 1),
    "claimed": lambda db: claim(db, "me", "cpu:1"),
    "asked to stop": lambda db: request_stop(db, 2),
    "moved": lambda db: move_runs(db, [3], "last"),
    "priority": lambda db: prioritise_runs(db, [3], 4),
    "paused": lambda db: pause(db, "all"),
    "goes on": lambda db: resume(db, "all"),
    "a note": lambda db: set_note(db, 2, "note"),
    "tags": lambda db: tag_runs(db, [2], ["tag"]),
    "trash": lambda db: trash_runs(db, [2]),
    "restored": lambda db: restore_runs(db, [2]),
    "archived": lambda db: archive_runs(db, [2]),
    "a study": lambda db: create_study(db, "other"),
    "renamed": lambda db: change_study(db, 2, name="renamed"),
    "its plan": lambda db: change_study(db, 2, plan={"a": 1}),
    "a guest": lambda db: take_in(db, 2, [1]),
    "a preference": lambda db: set_preference(db, "name", [1]),
    "its value": lambda db: set_preference(db, "name", [2]),
    "a figure": lambda db: record(db, figures=[Figure("t", "m", 0.5, "{}", 1)]),
    "a figure anew": lambda db: record(db, figures=[Figure("t", "m", 0.6, "{}", 2)]),
    "a decomposition": lambda db: record(db, splits=[Split("t", "a | b", "trained", 1, "{}", 1)]),
    "a file": lambda db: write_artifact(db, 1, "best", Path(__file__)),
    "no file": lambda db: delete_artifact(db, list_artifacts(db)[0].id),
}
"""In an order in which each is possible; the first three runs are there."""


def test_every_change_that_a_page_can_show_is_seen_once(db: Database) -> None:
    create_runs(db, THREE)
    before = read_marks(db).facts
    for name, change in CHANGES.items():
        change(db)
        now = read_marks(db).facts
        assert now != before, name
        assert read_marks(db).facts == now, name
        before = now


def test_signs_of_life_and_progress_are_no_facts(db: Database) -> None:
    create_runs(db, THREE)
    me = register_supervisor(db, "host", 1, 1.0)
    mark_started(db, 1, host="h", pid=1)
    before = read_marks(db)
    assert [(run.id, run.status, run.step) for run in before.working] == [(1, "running", 0)]
    beat_supervisor(db, me.id)
    heartbeat = Heartbeat(db, 1, 1, beat_every=0.01, look_every=0.01)
    heartbeat.close()
    with db.write() as connection:
        write_points(connection, 1, [Point("loss", 1, 0.5, 1)])
    record(db, columns={"step": 7, "phase": "training"})
    after = read_marks(db)
    assert after.facts == before.facts
    assert [(run.id, run.phase, run.step) for run in after.working] == [(1, "training", 7)]
    assert after.working[0].heartbeat_at >= before.working[0].heartbeat_at


@pytest.mark.parametrize("name", ["", "\x1f", "\ud7ff", "a" * 10_000, "'; drop table runs; --"])
def test_any_text_can_stand_in_a_name(db: Database, name: str) -> None:
    (run,) = create_runs(db, [NewRun(name, None, "bits", "comm", 0, "d", {}, study="s")])
    before = read_marks(db).facts
    set_note(db, run, name + "x")
    assert read_marks(db).facts != before
    assert get_run(db, run).title == name
