"""Several processes at once, and processes that are killed."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import eventually
from sqlalchemy import func, select, update

from storage import models
from storage.artifacts import CHUNK, list_artifacts, purge, read_chunks, write_artifact
from storage.database import Database
from storage.queries import log_tail, metric_points, summaries
from storage.recorder import RunRecorder
from storage.runs import NewRun, create_runs, get_run

posix = pytest.mark.skipif(sys.platform == "win32", reason="kill -9")

WRITE = """
from storage.database import Database
from storage.recorder import RunRecorder
home, run = pathlib.Path(sys.argv[1]), int(sys.argv[2])
(home / f"weights{run}").write_bytes(bytes([run]) * 3_000_000)
go()
with RunRecorder(Database.at(home), run, home / f"spool{run}", flush_every=0.01, beat_every=0.01) as recorder:
    for step in range(2000):
        recorder.metrics(step, {"train/loss": step / 7, f"only {run}": 0.5})
        if step % 500 == 0:
            recorder.save("state", home / f"weights{run}", {"step": step})
"""


def test_four_writers_at_once_have_no_lock_errors(db: Database, tmp_path: Path, run_together) -> None:
    runs = create_runs(
        db, [NewRun("t", None, "bits", "comm", seed, "d", {}) for seed in range(4)], queue=False
    )
    run_together(WRITE, [[tmp_path, run] for run in runs])
    for run in runs:
        assert metric_points(db, [run], ["train/loss"])["value"] == [step / 7 for step in range(2000)]
        assert summaries(db, [run])["n"] == [2000, 2000]
        assert log_tail(db, run) == []
        (state,) = list_artifacts(db, run)
        assert set(b"".join(read_chunks(db, state.id))) == {run}
        assert state.facts == {"step": 1500}
    assert not list(tmp_path.glob("spool*"))


SAVE = """
import pathlib, sys
from storage.artifacts import write_artifact
from storage.database import Database
write_artifact(Database.at(pathlib.Path(sys.argv[1])), int(sys.argv[2]), "state", pathlib.Path(sys.argv[3]))
"""


def count(db: Database, artifact: int) -> int:
    with db.read() as connection:
        query = (
            select(func.count())
            .select_from(models.artifact_chunks)
            .where(models.artifact_chunks.c.artifact_id > artifact)
        )
        return connection.execute(query).scalar_one()


@posix
def test_a_writer_killed_in_the_middle_of_a_file(db: Database, run_id: int, tmp_path: Path) -> None:
    (tmp_path / "former").write_bytes(b"former" * 300_000)
    former = write_artifact(db, run_id, "state", tmp_path / "former")
    with (tmp_path / "big").open("wb") as big:
        big.truncate(400 * CHUNK)  # sparse: long to store, quick to make
    writer = subprocess.Popen([sys.executable, "-c", SAVE, tmp_path, str(run_id), tmp_path / "big"])
    eventually(lambda: count(db, former) >= 3, going=lambda: writer.poll() is None)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    left = count(db, former)
    assert 3 <= left < 400  # it did die in the middle

    again = Database.at(tmp_path)  # a restart
    assert [found.id for found in list_artifacts(again)] == [former]
    assert b"".join(read_chunks(again, former)) == b"former" * 300_000
    purge(again)
    assert count(again, former) == left  # perhaps somebody still writes it
    with again.write() as connection:
        connection.execute(update(models.artifacts).values(touched_at=0))
    purge(again)
    assert count(again, former) == 0
    assert [found.id for found in list_artifacts(again)] == [former]
    again.close()


@posix
def test_a_new_attempt_clears_what_the_killed_one_left(db: Database, run_id: int, tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as big:
        big.truncate(400 * CHUNK)
    writer = subprocess.Popen([sys.executable, "-c", SAVE, tmp_path, str(run_id), tmp_path / "big"])
    eventually(lambda: count(db, 0) >= 3, going=lambda: writer.poll() is None)
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    (tmp_path / "small").write_bytes(b"small")
    artifact = write_artifact(db, run_id, "state", tmp_path / "small")
    assert count(db, 0) == 1
    assert [found.id for found in list_artifacts(db)] == [artifact]


RECORD = """
import itertools, pathlib, sys
from storage.database import Database
from storage.recorder import RunRecorder
home, run = pathlib.Path(sys.argv[1]), int(sys.argv[2])
recorder = RunRecorder(Database.at(home), run, home / "spool", flush_every=0.001)
for step in itertools.count():
    recorder.metrics(step, {"a": step / 3, "b": -float(step)})
    recorder.progress(epoch=0, epochs=1, step=step, steps=10**9)
    if step % 100 == 0:
        recorder.flush()
        print(step, flush=True)
"""


@posix
def test_a_recorder_killed_at_any_time_keeps_what_was_committed(
    db: Database, run_id: int, tmp_path: Path
) -> None:
    recorder = subprocess.Popen([sys.executable, "-c", RECORD, tmp_path, str(run_id)], stdout=subprocess.PIPE)
    committed = 0
    while committed < 1000:
        committed = int(recorder.stdout.readline())
    recorder.send_signal(signal.SIGKILL)
    committed = int((recorder.stdout.read().decode().split() or [committed])[-1])
    recorder.wait()

    again = Database.at(tmp_path)
    with again.read() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    for key, value in (("a", lambda step: step / 3), ("b", lambda step: -float(step))):
        curve = metric_points(again, [run_id], [key])
        steps = len(curve["step"])
        assert steps > committed
        assert curve["step"] == list(range(steps))
        assert curve["value"] == [value(step) for step in range(steps)]
        table = summaries(again, [run_id], [key])
        assert (table["n"], table["last_step"]) == ([steps], [steps - 1])
    assert get_run(again, run_id).step >= committed
    resumed_from = committed - committed % 500
    with RunRecorder(
        again, run_id, tmp_path / "spool"
    ) as second:  # and the run goes on from its last saved state
        for step in range(resumed_from, resumed_from + 2000):
            second.metrics(step, {"a": step / 3})
    assert summaries(again, [run_id], ["a"])["n"] == [max(resumed_from + 2000, steps)]
    again.close()
