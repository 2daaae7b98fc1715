"""Runs and studies in the trash: out of sight, restored as they were, gone for good after a week."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from storage import models
from storage.artifacts import list_artifacts, write_artifact
from storage.clock import now_ms
from storage.database import Database
from storage.heartbeat import Heartbeat
from storage.jobs import claim, queued_jobs
from storage.points import Point, write_points
from storage.run import NoSuchRun, WrongState
from storage.runs import (
    NewRun,
    count_runs,
    create_runs,
    get_run,
    list_runs,
    mark_ended,
    mark_lost,
    mark_started,
    requeue,
)
from storage.sizes import POINT_BYTES
from storage.studies import NoSuchStudy, create_study, get_study, list_studies, members, take_in
from storage.trash import (
    KEPT_MS,
    delete_from_trash,
    empty_trash,
    list_trash,
    restore_runs,
    restore_study,
    trash_runs,
    trash_study,
)


def finished(db: Database, count: int, study: str = "s") -> list[int]:
    runs = create_runs(
        db,
        [NewRun(f"run {n}", None, "bits", "comm", n, "d", {}, study=study) for n in range(count)],
        queue=False,
    )
    for run in runs:
        mark_ended(db, run, "finished")
    return runs


def age(db: Database, ms: int) -> None:
    """Make everything in the trash so much older."""
    with db.write() as connection:
        for table in (models.runs, models.studies):
            connection.execute(update(table).values(trashed_at=table.c.trashed_at - ms))


def rows(db: Database, table: str) -> int:
    with db.read() as connection:
        return connection.execute(
            select(func.count()).select_from(models.metadata.tables[table])
        ).scalar_one()


def test_a_run_in_the_trash_is_out_of_sight_and_comes_back_whole(db: Database, tmp_path: Path) -> None:
    kept, gone = finished(db, 2)
    (tmp_path / "weights").write_bytes(b"w" * 5000)
    write_artifact(db, gone, "best", tmp_path / "weights")
    with db.write() as connection:
        write_points(connection, gone, [Point("loss", step, 0.5, 1) for step in range(100)])
    before = get_run(db, gone)
    assert trash_runs(db, [gone]).done == (gone,)
    assert [run.id for run in list_runs(db)] == [kept]
    assert [run.id for run in list_runs(db, trashed=True)] == [gone]
    assert count_runs(db) == {"finished": 1}
    assert members(db, before.study_id) == [kept]
    assert list_artifacts(db) == [] and len(list_artifacts(db, gone)) == 1
    (listed,) = list_trash(db)
    assert (listed.run_id, listed.name, listed.size) == (gone, "run 1", 5000 + 100 * POINT_BYTES)
    assert trash_runs(db, [gone]).refused[0].reason == f"run {gone} is in the trash already"
    assert restore_runs(db, [gone]).done == (gone,)
    assert get_run(db, gone) == before
    assert list_trash(db) == []
    assert restore_runs(db, [gone]).refused[0].reason == f"run {gone} is not in the trash"


def test_a_run_at_work_is_refused_and_the_rest_goes(db: Database) -> None:
    working, waiting = create_runs(db, [NewRun("t", None, "bits", "comm", n, "d", {}) for n in range(2)])
    claim(db, "me", "cpu:1")
    mark_started(db, working, host="h", pid=1)
    outcome = trash_runs(db, [working, waiting, 99])
    assert outcome.done == (waiting,)
    assert [one.reason for one in outcome.refused] == [
        f"run {working} is running; stop it before deleting it",
        "no run 99",
    ]
    assert queued_jobs(db) == []
    with pytest.raises(WrongState, match=f"run {waiting} is in the trash; restore it first"):
        requeue(db, waiting)
    restore_runs(db, [waiting])
    assert get_run(db, waiting).status == "stopped"  # and does not start by itself
    requeue(db, waiting)


def test_a_lost_run_in_the_trash_that_comes_back_to_life_ends_itself(db: Database) -> None:
    (run,) = create_runs(db, [NewRun("t", None, "bits", "comm", 0, "d", {})], queue=False)
    mark_started(db, run, host="h", pid=1)
    mark_lost(db, run)
    trash_runs(db, [run])
    beat = Heartbeat(db, run, 1, beat_every=0.01, look_every=0.01)
    beat._thread.join(60)
    assert beat.superseded and beat.stop
    assert get_run(db, run).status == "lost"


def test_a_study_goes_and_comes_back_with_the_runs_that_went_with_it(db: Database) -> None:
    alone, first, second = finished(db, 3)
    study = get_run(db, first).study_id
    (guest,) = finished(db, 1, "other")
    take_in(db, study, [guest])
    trash_runs(db, [alone])
    age(db, 1000)
    assert trash_study(db, study) == [first, second]
    assert [one.name for one in list_studies(db)] == ["other"]
    assert [run.id for run in list_runs(db)] == [guest]
    (listed,) = list_trash(db)
    assert (listed.run_id, listed.study_id, listed.runs) == (None, study, 3)
    assert "restore it" in restore_runs(db, [first]).refused[0].reason
    with pytest.raises(WrongState, match="in the trash already"):
        trash_study(db, study)
    assert restore_study(db, study) == "s"
    assert members(db, study) == [first, second, guest]
    assert [run.id for run in list_runs(db, trashed=True)] == [alone]
    with pytest.raises(WrongState, match="not in the trash"):
        restore_study(db, study)
    for action in (trash_study, restore_study):
        with pytest.raises(NoSuchStudy, match="no study 99"):
            action(db, 99)


def test_a_study_with_a_run_at_work_stays_whole(db: Database) -> None:
    done, working = create_runs(
        db, [NewRun("t", None, "bits", "comm", n, "d", {}, study="s") for n in range(2)]
    )
    mark_ended(db, done, "finished")
    mark_started(db, working, host="h", pid=1)
    study = get_run(db, done).study_id
    with pytest.raises(WrongState, match=f"run {working} is at work; stop the study before deleting it"):
        trash_study(db, study)
    assert get_study(db, study).trashed_at is None
    assert members(db, study) == [done, working]


def test_a_restored_study_whose_name_was_taken_gets_a_number(db: Database) -> None:
    (run,) = finished(db, 1)
    study = get_run(db, run).study_id
    trash_study(db, study)
    create_study(db, "s")
    create_study(db, "s (2)")
    assert restore_study(db, study) == "s (3)"
    assert get_study(db, study).name == "s (3)"


def test_the_trash_is_kept_for_a_week_and_then_leaves_nothing(db: Database, tmp_path: Path) -> None:
    (tmp_path / "weights").write_bytes(b"w" * 5000)
    alone, first, guest = *finished(db, 2), *finished(db, 1, "other")
    study = get_run(db, first).study_id
    for run in (alone, first, guest):
        write_artifact(db, run, "best", tmp_path / "weights")
    take_in(db, study, [guest])
    trash_runs(db, [alone])
    trash_study(db, study)
    age(db, KEPT_MS - 60_000)
    assert empty_trash(db, kept_ms=KEPT_MS) == []
    assert restore_study(db, study) == "s"
    trash_study(db, study)
    age(db, 60_000)
    assert empty_trash(db, kept_ms=KEPT_MS) == [alone]  # the study was put there anew
    age(db, KEPT_MS)
    assert empty_trash(db, kept_ms=KEPT_MS) == [first]
    assert [rows(db, name) for name in ("runs", "studies", "study_guests", "artifacts")] == [1, 1, 0, 1]
    with pytest.raises(NoSuchRun):
        get_run(db, first)
    assert get_run(db, guest).status == "finished"


def test_deleting_for_good_needs_the_trash(db: Database) -> None:
    alone, kept, first = *finished(db, 2), *finished(db, 1, "other")
    study = get_run(db, first).study_id
    trash_runs(db, [alone])
    assert delete_from_trash(db, [kept], [study]).refused[0].reason == f"run {kept} is not in the trash"
    assert get_study(db, study).name == "other"
    trash_study(db, study)
    assert delete_from_trash(db, [alone], [study]).done == (alone, first)
    assert [run.id for run in list_runs(db)] == [kept]
    assert [rows(db, name) for name in ("runs", "studies")] == [1, 1]


def test_a_run_that_works_again_is_not_purged(db: Database) -> None:
    (run,) = finished(db, 1)
    trash_runs(db, [run])
    with db.write() as connection:
        connection.execute(update(models.runs).values(status="running", heartbeat_at=now_ms()))
    assert empty_trash(db) == []
    assert rows(db, "runs") == 1
