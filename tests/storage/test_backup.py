"""A backup is whole while others write, is checked, and comes back into an empty home only."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from full_disk import full_disk

from storage.artifacts import list_artifacts, read_chunks, write_artifact
from storage.backup import back_up, check_backup, restore
from storage.database import Database, DatabaseError
from storage.pauses import list_pauses
from storage.queries import metric_points, summaries
from storage.recorder import RunRecorder
from storage.runs import NewRun, create_runs, get_run, list_runs

WRITE = """
import pathlib, sys
from storage.database import Database
from storage.recorder import RunRecorder
file, run, folder = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3])
print("ready", flush=True)
with RunRecorder(Database(f"sqlite:///{file}"), run, folder / f"{run}.jsonl", flush_every=0.01) as recorder:
    weights = folder / f"{run}.safetensors"
    for step in range(10**9):
        recorder.metrics(step, {"train/loss": float(step), "train/scale": float(step)})
        if step % 200 == 0:
            weights.write_bytes(bytes([step % 251]) * 3_000_000)
            recorder.save("state", weights, {"step": step})
            recorder.result("y", "accuracy", float(step), {})
            print(step, flush=True)
"""


def new_runs(db: Database, number: int, *, queue: bool = False) -> list[int]:
    new = [NewRun(f"run {n}", None, "bits", "comm", n, "d" * 8, {}) for n in range(number)]
    return create_runs(db, new, queue=queue)


@pytest.mark.slow
def test_a_backup_while_four_processes_write(db: Database, tmp_path: Path) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITE, str(db.file), str(run), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for run in new_runs(db, 4)
    ]
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert [writer.stdout.readline() for _ in range(3)] == ["ready\n", "0\n", "200\n"]
        copies = [tmp_path / "first.db", tmp_path / "second.db"]
        made = []
        for copy in copies:
            made.append(back_up(db, copy))
            for writer in writers:
                assert writer.stdout is not None and writer.stdout.readline(), "it goes on meanwhile"
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert not list(tmp_path.glob("*.part*")) and not list(tmp_path.glob("first.db-*"))
    assert made[0].runs == made[1].runs == 4
    assert 0 < made[0].points <= made[1].points and made[0].size > 3_000_000
    for copy in copies:
        restored = Database(f"sqlite:///{copy}")
        held = summaries(restored, [1, 2, 3, 4])
        points = metric_points(restored, [1, 2, 3, 4])
        assert sum(held["n"]) == len(points["step"]) > 0, "curves and what is said of them are of one moment"
        assert points["value"] == [float(step) for step in points["step"]]
        for artifact in list_artifacts(restored):
            content = b"".join(read_chunks(restored, artifact.id))
            assert content == bytes([artifact.facts["step"] % 251]) * 3_000_000
        restored.close()


def test_what_is_restored_is_what_was_backed_up(db: Database, run_id: int, tmp_path: Path) -> None:
    (tmp_path / "w").write_bytes(b"weights" * 300_000)
    write_artifact(db, run_id, "last", tmp_path / "w")
    with RunRecorder(db, run_id, tmp_path) as recorder:
        recorder.metrics(1, {"loss": 0.1 + 0.2})
    made = back_up(db, tmp_path / "copy.db")
    assert (made.studies, made.runs, made.points, made.results, made.files) == (1, 1, 1, 0, 1)
    checked, waiting = restore(tmp_path / "copy.db", tmp_path / "new/home")
    assert checked == made and waiting == 1
    with closing(Database.at(tmp_path / "new/home")) as restored:
        assert list_runs(restored) == list_runs(db)
        assert metric_points(restored, [run_id]) == metric_points(db, [run_id])
        assert list_artifacts(restored) == list_artifacts(db)
        assert [pause.scope for pause in list_pauses(restored)] == ["all"], "the first studio works on them"
    assert not list((tmp_path / "new/home").glob("*.part*"))


def test_nothing_is_overwritten(db: Database, run_id: int, tmp_path: Path) -> None:
    back_up(db, tmp_path / "copy.db")
    before = (tmp_path / "copy.db").read_bytes()
    with pytest.raises(DatabaseError, match=r"copy.db exists already; --force"):
        back_up(db, tmp_path / "copy.db")
    with pytest.raises(DatabaseError, match="into an empty data home only"):
        restore(tmp_path / "copy.db", db.file.parent)
    assert (tmp_path / "copy.db").read_bytes() == before and get_run(db, run_id).id == run_id
    new_runs(db, 1)
    assert back_up(db, tmp_path / "copy.db", force=True).runs == 2


def damaged(content: bytes) -> bytes:
    """A page in the middle of a table overwritten."""
    return content[:8192] + b"\xff" * 4096 + content[12288:]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda content: b"no database at all" * 100, "is no database|database of another program"),
        (lambda content: content[: len(content) // 2], "is damaged|is no database"),
        (damaged, "is damaged|is no database"),
        (lambda content: b"", "is of version 0"),
    ],
)
def test_a_file_that_is_no_backup_is_refused(db, run_id, tmp_path, change, line) -> None:
    file = tmp_path / "copy.db"
    back_up(db, file)
    file.write_bytes(change(file.read_bytes()))
    with pytest.raises(DatabaseError, match=line) as caught:
        restore(file, tmp_path / "home")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "home/studio.db").exists() and not list(tmp_path.glob("home/*.part*"))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("PRAGMA user_version=99", "is of version 99; this program reads 1 to"),
        ("PRAGMA application_id=7", "is a database of another program"),
        ("DELETE FROM artifact_chunks WHERE position = 1", "of artifact 1 bytes are missing"),
        ("PRAGMA foreign_keys=OFF; DELETE FROM runs", "rows without owner"),
    ],
)
def test_a_backup_that_lacks_something_is_refused(db, run_id, tmp_path, change, line) -> None:
    (tmp_path / "w").write_bytes(b"weights" * 300_000)
    write_artifact(db, run_id, "last", tmp_path / "w")
    back_up(db, tmp_path / "copy.db")
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        copy.executescript(change)
    with pytest.raises(DatabaseError, match=line):
        check_backup(tmp_path / "copy.db")
    with pytest.raises(DatabaseError, match=line):
        restore(tmp_path / "copy.db", tmp_path / "home")
    assert not (tmp_path / "home/studio.db").exists()


def test_a_full_disk_leaves_no_half_copy(db: Database, run_id: int, tmp_path: Path) -> None:
    with full_disk(20_000), pytest.raises(DatabaseError):
        back_up(db, tmp_path / "copy.db")
    assert not (tmp_path / "copy.db").exists() and not list(tmp_path.glob("*.part*"))
    with pytest.raises(DatabaseError, match="no folder"):
        back_up(db, tmp_path / "none/copy.db")
