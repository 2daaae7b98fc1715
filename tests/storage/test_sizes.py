"""Bytes by study and kind, against what was written; and the states that nobody needs."""

from pathlib import Path

import pytest

from storage.artifacts import list_artifacts, write_artifact
from storage.database import Database
from storage.points import Point, write_points
from storage.purging import drop_states
from storage.runs import NewRun, create_runs, mark_ended, mark_lost, mark_started
from storage.sizes import POINT_BYTES, database_size, held_bytes
from storage.trash import trash_runs


def runs_of(db: Database, study: str, count: int) -> list[int]:
    return create_runs(db, [NewRun("t", None, "bits", "comm", n, "d", {}, study=study) for n in range(count)])


def test_bytes_by_study_kind_and_whether_they_are_finished_or_in_the_trash(
    db: Database, tmp_path: Path
) -> None:
    first, second = runs_of(db, "s", 2)
    (other,) = runs_of(db, "other", 1)
    for run, size in ((first, 100), (second, 200), (other, 4000)):
        (tmp_path / "file").write_bytes(b"x" * size)
        write_artifact(db, run, "best", tmp_path / "file")
    write_artifact(db, other, "state", tmp_path / "file")
    with db.write() as connection:
        write_points(connection, first, [Point(key, n, 0.5, 1) for key in "ab" for n in range(30)])
    mark_ended(db, other, "finished")
    trash_runs(db, [second])
    found = {
        (one.study, one.kind, one.finished, one.trashed): (one.number, one.size) for one in held_bytes(db)
    }
    assert found == {
        ("other", "best", True, False): (1, 4000),
        ("other", "state", True, False): (1, 4000),
        ("s", "curves", False, False): (2, 60 * POINT_BYTES),
        ("s", "best", False, False): (1, 100),
        ("s", "best", False, True): (1, 200),
    }
    sizes = [one.size for one in held_bytes(db)]
    assert sizes == sorted(sizes, reverse=True)


def test_the_file_is_as_large_as_it_is(db: Database, tmp_path: Path) -> None:
    db.vacuum()  # brings what stands in the write-ahead log into the file
    size = database_size(db)
    assert size.total == db.file.stat().st_size
    assert 0 <= size.free < size.total


def test_states_of_finished_runs_go_and_no_others(db: Database, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 3_000_000)
    runs = runs_of(db, "s", 6)
    for run in runs[1:]:
        mark_started(db, run, host="h", pid=1)
    for run in runs:
        write_artifact(db, run, "state", tmp_path / "file")
        write_artifact(db, run, "best", tmp_path / "file")
    _, _, finished, stopped, failed, lost = runs
    for run, status in ((finished, "finished"), (stopped, "stopped"), (failed, "failed")):
        mark_ended(db, run, status)
    mark_lost(db, lost)
    before = database_size(db).total
    assert drop_states(db) == 1
    left = {(found.run_id, found.kind) for found in list_artifacts(db)}
    assert left == {(run, kind) for run in runs for kind in ("best", "state")} - {(finished, "state")}
    assert database_size(db).total <= before - 3_000_000
    assert drop_states(db) == 0


def test_states_of_other_ends_go_when_they_are_named_and_never_those_at_work(
    db: Database, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    running, stopped, lost = runs_of(db, "s", 3)
    for run in (running, stopped, lost):
        mark_started(db, run, host="h", pid=1)
        write_artifact(db, run, "state", tmp_path / "file")
    mark_ended(db, stopped, "stopped")
    mark_lost(db, lost)
    assert drop_states(db, ("stopped", "lost")) == 2
    assert [found.run_id for found in list_artifacts(db)] == [running]
    with pytest.raises(ValueError, match="only the states of runs that have ended"):
        drop_states(db, ("running",))
