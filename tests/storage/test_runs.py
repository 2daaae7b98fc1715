"""Runs through their lives."""

import dataclasses
import random
import sqlite3

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from storage import models, purging
from storage.artifacts import write_artifact
from storage.batch import Batch, Figure, Split, write_batch
from storage.clock import now_ms
from storage.database import Database
from storage.jobs import active_jobs, claim, finish, queued_jobs, register_supervisor
from storage.points import Point, write_points
from storage.queries import log_tail
from storage.runs import (
    NewRun,
    NoSuchRun,
    WrongState,
    add_log,
    cancel_queued,
    count_runs,
    create_runs,
    delete_run,
    get_run,
    list_runs,
    live_state,
    mark_ended,
    mark_lost,
    mark_started,
    request_stop,
    requeue,
    set_note,
    set_tags,
)
from storage.studies import list_studies

NOW = 1_800_000_000_000
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
documents = st.dictionaries(
    st.text(), st.recursive(leaves, lambda some: st.lists(some) | st.dictionaries(st.text(), some))
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=documents, title=st.text(), note=st.text(), seed=st.integers(0, 2**31))
def test_a_run_reads_as_it_was_stored(db: Database, document, title: str, note: str, seed: int) -> None:
    (run_id,) = create_runs(db, [NewRun(title, None, "bits", "comm", seed, "d", document)])
    set_note(db, run_id, note)
    run = get_run(db, run_id)
    assert (run.settings, run.title, run.note, run.seed, run.preset) == (document, title, note, seed, None)
    assert list_runs(db, ids=[run_id]) == [run]


@pytest.mark.parametrize(
    ("status", "silence", "stop", "shown"),
    [
        ("queued", 10**9, False, "queued"),
        ("finished", 10**9, False, "finished"),
        ("stopped", 10**9, True, "stopped"),
        ("failed", 0, False, "failed"),
        ("lost", 0, False, "lost"),
        ("starting", 0, False, "starting"),
        ("running", 19_999, False, "running"),
        ("running", 20_000, False, "stale"),
        ("starting", 20_000, False, "stale"),
        ("running", 59_999, True, "stale"),
        ("running", 60_000, False, "lost"),
        ("starting", 60_000, True, "lost"),
        ("running", 5_000, True, "stopping"),
        ("starting", 5_000, True, "stopping"),
    ],
)
def test_live_state(db: Database, run_id: int, status: str, silence: int, stop: bool, shown: str) -> None:
    stored = dataclasses.replace(get_run(db, run_id), status=status, stop_requested=stop, created_at=0)
    run = dataclasses.replace(stored, heartbeat_at=NOW - silence)
    assert live_state(run, NOW) == shown
    never_beat = dataclasses.replace(stored, started_at=NOW - silence)  # then the start counts
    assert live_state(never_beat, NOW) == shown


@pytest.mark.parametrize(("ahead", "shown"), [(10**4, "running"), (3 * 10**4, "stale"), (3_600_000, "lost")])
def test_a_beat_from_before_the_clock_was_set_back(db: Database, run_id: int, ahead: int, shown: str) -> None:
    """Whoever lives has beaten since by the new time; when the attempt began by the old one plays no part."""
    stored = dataclasses.replace(get_run(db, run_id), status="running", created_at=NOW + ahead)
    run = dataclasses.replace(stored, started_at=NOW + ahead, heartbeat_at=NOW + ahead)
    assert live_state(run, NOW) == shown
    assert live_state(dataclasses.replace(run, heartbeat_at=NOW - 1_000), NOW) == "running"


def settled_size(db: Database) -> int:
    connection = sqlite3.connect(db.file)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return db.file.stat().st_size


def test_the_usual_life(db: Database, run_id: int) -> None:
    assert [job.run_id for job in queued_jobs(db)] == [run_id]
    supervisor = register_supervisor(db, "host", 10, 1.5)
    job = claim(db, supervisor.id, "cpu")
    assert live_state(get_run(db, run_id), now_ms()) == "starting"
    mark_started(db, run_id, host="host", pid=11, pid_started=2.5, code_version="1.0")
    run = get_run(db, run_id)
    assert (run.status, run.host, run.pid, run.pid_started, run.code_version) == (
        "running",
        "host",
        11,
        2.5,
        "1.0",
    )
    request_stop(db, run_id)
    assert live_state(get_run(db, run_id), now_ms()) == "stopping"
    mark_ended(db, run_id, "stopped")
    finish(db, job.id)
    assert active_jobs(db, "host") == []

    requeue(db, run_id)
    run = get_run(db, run_id)
    assert (run.status, run.stop_requested, run.attempts, run.ended_at, run.pid) == (
        "queued",
        False,
        2,
        None,
        None,
    )
    assert [job.run_id for job in queued_jobs(db)] == [run_id]
    with pytest.raises(WrongState, match=f"run {run_id} is queued"):
        requeue(db, run_id)


def test_a_lost_run_can_be_resumed_and_its_old_job_ends(db: Database, run_id: int) -> None:
    supervisor = register_supervisor(db, "host", 10, 1.5)
    claim(db, supervisor.id, "cpu")
    mark_started(db, run_id, host="host", pid=11)
    with pytest.raises(WrongState):
        requeue(db, run_id)
    assert mark_lost(db, run_id, "its process is gone")
    assert not mark_lost(db, run_id)
    assert get_run(db, run_id).error == "its process is gone"
    requeue(db, run_id)
    assert active_jobs(db) == []
    assert len(queued_jobs(db)) == 1


def test_an_earlier_attempt_cannot_end_the_present_one(db: Database, run_id: int) -> None:
    mark_started(db, run_id, host="host", pid=11)
    mark_lost(db, run_id)
    requeue(db, run_id)
    assert not mark_ended(db, run_id, "stopped", attempt=1)
    assert get_run(db, run_id).status == "queued"
    assert mark_ended(db, run_id, "failed", "why", attempt=2)
    assert (get_run(db, run_id).status, get_run(db, run_id).error) == ("failed", "why")


def test_a_run_that_fell_silent_can_be_resumed_though_nobody_marked_it(db: Database, run_id: int) -> None:
    mark_started(db, run_id, host="host", pid=11)
    with db.write() as connection:
        long_ago = {"heartbeat_at": now_ms() - 61_000, "started_at": now_ms() - 99_000, "created_at": 0}
        connection.execute(update(models.runs).values(**long_ago))
    requeue(db, run_id)
    assert get_run(db, run_id).status == "queued"


def test_a_queued_run_is_cancelled_not_asked(db: Database, run_id: int) -> None:
    request_stop(db, run_id)
    assert (get_run(db, run_id).status, get_run(db, run_id).stop_requested) == ("stopped", False)
    assert queued_jobs(db) == []
    assert not cancel_queued(db, run_id)
    requeue(db, run_id)
    assert cancel_queued(db, run_id)
    assert get_run(db, run_id).status == "stopped"


def test_a_run_can_be_made_without_a_job(db: Database) -> None:
    (run_id,) = create_runs(db, [NewRun("t", None, "bits", "comm", 0, "d", {})], queue=False)
    assert queued_jobs(db) == []
    assert live_state(get_run(db, run_id), now_ms()) == "starting"


def test_filters_tags_and_counts(db: Database) -> None:
    new = [
        NewRun(f"{method} {seed}", "bits-quick", "bits", method, seed, method, {})
        for method in ("comm", "cross")
        for seed in (0, 1)
    ]
    ids = create_runs(db, new)
    assert [run.id for run in list_runs(db)] == ids[::-1]
    assert [run.id for run in list_runs(db, method="cross", limit=1)] == ids[3:]
    assert [run.id for run in list_runs(db, digest="comm")] == [ids[1], ids[0]]
    assert [run.id for run in list_runs(db, text="CROSS 1")] == [ids[3]]
    assert list_runs(db, text="%") == []
    assert list_runs(db, ids=[]) == []
    set_tags(db, ids[0], [" paper ", "paper", "", "ünï"])
    set_tags(db, ids[2], ["paper"])
    assert get_run(db, ids[0]).tags == ("paper", "ünï")
    assert [run.id for run in list_runs(db, tag="paper")] == [ids[2], ids[0]]
    assert [run.id for run in list_runs(db, tag="paper", limit=1)] == [ids[2]]
    assert list_runs(db, tag="pap") == []
    mark_ended(db, ids[1], "finished")
    assert count_runs(db) == {"queued": 3, "finished": 1}
    assert [run.id for run in list_runs(db, status=["finished", "failed"])] == [ids[1]]


def test_a_live_run_is_not_deleted(db: Database, run_id: int) -> None:
    mark_started(db, run_id, host="h", pid=1)
    with pytest.raises(WrongState, match=f"run {run_id} is running; stop it before deleting it"):
        delete_run(db, run_id)
    request_stop(db, run_id)
    with pytest.raises(WrongState, match="is stopping"):
        delete_run(db, run_id)
    assert get_run(db, run_id).id == run_id


def test_deletion_leaves_nothing_and_its_number_is_not_reused(db: Database, run_id: int, tmp_path) -> None:
    (tmp_path / "file").write_bytes(random.Random(0).randbytes(3_000_000))
    write_artifact(db, run_id, "best", tmp_path / "file")
    add_log(db, run_id, "line")
    (kept,) = create_runs(db, [NewRun("kept", None, "bits", "comm", 0, "d", {})])
    with db.write() as connection:
        for run in (run_id, kept):
            write_points(connection, run, [Point("loss", step, 0.5, NOW) for step in range(25_000)])
            split = Split("synergy", "x1 | x2", "trained", 3, '{"n": 2}', NOW)
            write_batch(connection, run, Batch(figures=[Figure("t", "m", 0.5, "{}", NOW)], splits=[split]))
    size = settled_size(db)
    delete_run(db, run_id)
    with pytest.raises(NoSuchRun):
        get_run(db, run_id)
    with db.read() as connection:
        for name, table in models.metadata.tables.items():
            if "run_id" in table.c:
                assert (
                    connection.execute(
                        select(func.count()).select_from(table).where(table.c.run_id == run_id)
                    ).scalar_one()
                    == 0
                ), name
        assert connection.execute(select(func.count()).select_from(models.artifact_chunks)).scalar_one() == 0
        assert connection.execute(select(func.count()).select_from(models.metrics)).scalar_one() == 25_000
        assert connection.execute(select(func.count()).select_from(models.decompositions)).scalar_one() == 1
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() == 0
    assert settled_size(db) < size - 3_000_000
    (last,) = create_runs(db, [NewRun("t", None, "bits", "comm", 0, "d", {})])
    delete_run(db, last)
    assert create_runs(db, [NewRun("t", None, "bits", "comm", 0, "d", {})]) == [last + 1]


def test_bulk_is_deleted_in_small_transactions(
    db: Database, run_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.write() as connection:
        write_points(
            connection, run_id, [Point(key, step, 0.5, NOW) for key in ("a", "b") for step in range(5000)]
        )
    sizes = []
    real = purging._delete
    monkeypatch.setattr(purging, "_delete", lambda *arguments: sizes.append(real(*arguments)) or sizes[-1])
    delete_run(db, run_id)
    assert sum(sizes) == 10_001  # the points, and the run
    assert max(sizes) <= 4_000


def test_what_is_not_there_is_said(db: Database) -> None:
    for action in (get_run, request_stop, requeue, delete_run, cancel_queued):
        with pytest.raises(NoSuchRun, match="no run 77"):
            action(db, 77)
    with pytest.raises(NoSuchRun, match="no run 77"):
        set_note(db, 77, "x")
    assert not mark_lost(db, 77)


def test_lines_from_outside_come_last(db: Database, run_id: int) -> None:
    for number in range(50):
        add_log(db, run_id, f"line {number}")
    assert [line.text for line in log_tail(db, run_id, 3)] == ["line 47", "line 48", "line 49"]
    assert abs(log_tail(db, run_id, 1)[0].time - now_ms()) < 60_000


def test_every_run_and_study_has_a_name_of_its_own(db: Database) -> None:
    new = [NewRun(f"run {number}", None, "bits", "comm", number, "d" * 8, {}) for number in range(3)]
    runs = [get_run(db, number) for number in create_runs(db, new)]
    assert len({run.uid for run in runs}) == 3 and {len(run.uid) for run in runs} == {32}
    assert {(run.machine, run.origin) for run in runs} == {(None, None)}
    mark_started(db, runs[0].id, host="h", pid=1, machine={"gpus": ["H100"]})
    assert get_run(db, runs[0].id).machine == {"gpus": ["H100"]}
    assert len({study.uid for study in list_studies(db)}) == 3
