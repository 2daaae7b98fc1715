"""RunRecorder: everything lands, and nothing that happens to the database reaches the training."""

import contextlib
import json
import logging
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventually import eventually
from sqlalchemy import update

from storage import models
from storage.artifacts import find_artifact
from storage.batch import KEPT_LINES, Batch, Figure, Line, Split, write_batch
from storage.clock import now_ms
from storage.database import Database
from storage.points import Point
from storage.queries import decompositions, log_tail, metric_points, results, summaries
from storage.recorder import RunRecorder
from storage.runs import (
    delete_run,
    get_run,
    list_runs,
    live_state,
    mark_lost,
    mark_started,
    request_stop,
    requeue,
)
from storage.spool import Spool


def fill_up(db: Database) -> None:
    """From here on the database has no room: every growth fails as on a full disk."""
    with db.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


def make_room(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")


@contextlib.contextmanager
def locked(db: Database) -> Iterator[None]:
    """Another connection holds the write lock, and ours loses patience soon."""
    with db.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=20")
    other = sqlite3.connect(db.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def texts(db: Database, run_id: int) -> list[str]:
    return [line.text for line in log_tail(db, run_id, 10_000)]


def test_everything_lands(db: Database, run_id: int, tmp_path: Path) -> None:
    (tmp_path / "weights.safetensors").write_bytes(b"weights")
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl") as recorder:
        recorder.phase("training")
        recorder.progress(epoch=1, epochs=5, step=10, steps=50)
        for step in range(1200):
            recorder.metrics(step, {"train/loss": 1 / (step + 1), "odd": math.nan})
        recorder.result("synergy", "accuracy", 0.7, {"n_test": 10, "chance": 0.5})
        recorder.result("synergy", "accuracy", 0.75, {"n_test": 10, "chance": None})
        recorder.result("share", "mse", math.nan, {})
        recorder.decomposition("synergy", "x1 | x2", "trained", 3, {"n": 1, "warnings": []})
        recorder.decomposition("synergy", "x1 | x2", "trained", 3, {"n": 2, "warnings": ["few"]})
        recorder.decomposition("synergy", "x1 | x2", "untrained", 0, {"n": 2})
        recorder.message("bad byte: \udcff")
        recorder.log("second")
        recorder.save("best", tmp_path / "weights.safetensors", {"step": 10})
        assert recorder.restore("best", tmp_path / "back")
        assert not recorder.restore("state", tmp_path / "none")
        assert not recorder.should_stop()
    run = get_run(db, run_id)
    assert (run.phase, run.epoch, run.epochs, run.step, run.steps) == ("training", 1, 5, 10, 50)
    assert abs(run.progressed_at - now_ms()) < 60_000 and abs(run.heartbeat_at - now_ms()) < 60_000
    assert summaries(db, [run_id], ["train/loss"])["n"] == [1200]
    assert all(map(math.isnan, metric_points(db, [run_id], ["odd"])["value"]))
    table = results(db, [run_id])
    assert (table["task"], table["metric"], table["facts"]) == (
        ["share", "synergy"],
        ["mse", "accuracy"],
        [{}, {"n_test": 10, "chance": None}],
    )
    assert math.isnan(table["value"][0]) and table["value"][1] == 0.75
    found = decompositions(db, [run_id])
    assert (found["encoder"], found["epoch"]) == (["trained", "untrained"], [3, 0])
    assert found["content"] == [{"n": 2, "warnings": ["few"]}, {"n": 2}]
    assert decompositions(db, [run_id + 1])["content"] == []
    assert texts(db, run_id) == ["bad byte: ?", "second"]
    assert find_artifact(db, run_id, "best").name == f"comm-bits-seed0-run{run_id}-best.safetensors"
    assert (tmp_path / "back").read_bytes() == b"weights"
    assert not (tmp_path / "spool.jsonl").exists()


def test_points_are_visible_soon_without_any_call(db: Database, run_id: int, tmp_path: Path) -> None:
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl", flush_every=0.05) as recorder:
        recorder.metrics(3, {"a": 1.0})
        eventually(lambda: metric_points(db, [run_id])["step"] == [3])


def test_a_saved_state_is_never_older_than_the_points_before_it(
    db: Database, run_id: int, tmp_path: Path
) -> None:
    (tmp_path / "state").write_bytes(b"state")
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl", flush_every=60) as recorder:
        recorder.metrics(3, {"a": 1.0})
        recorder.save("state", tmp_path / "state", {})
        assert metric_points(db, [run_id])["step"] == [3]


def test_impossible_steps_are_the_callers_fault(db: Database, run_id: int, tmp_path: Path) -> None:
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl") as recorder:
        for step in (-1, 2**63):
            with pytest.raises(ValueError, match=f"no step {step}"):
                recorder.metrics(step, {"a": 1.0})
        recorder.metrics(2**63 - 1, {"a": 1.0})
    assert metric_points(db, [run_id])["step"] == [2**63 - 1]


def test_a_stop_request_arrives(db: Database, run_id: int, tmp_path: Path) -> None:
    mark_started(db, run_id, host="h", pid=1)
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl") as recorder:
        assert not recorder.should_stop()
        request_stop(db, run_id)
        eventually(recorder.should_stop)


def test_a_beat_revives_a_lost_run(db: Database, run_id: int, tmp_path: Path) -> None:
    mark_started(db, run_id, host="h", pid=1)
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl", beat_every=0.1):
        assert mark_lost(db, run_id, "taken for gone")
        eventually(lambda: get_run(db, run_id).status == "running")
        run = get_run(db, run_id)
        assert (run.error, run.ended_at, live_state(run, now_ms())) == (None, None, "running")


def test_a_superseded_process_stops_and_records_no_more(db: Database, run_id: int, tmp_path: Path) -> None:
    mark_started(db, run_id, host="h", pid=1)
    (tmp_path / "state").write_bytes(b"state")
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl", beat_every=0.1) as recorder:
        with db.write() as connection:
            connection.execute(update(models.runs).values(status="failed"))
        requeue(db, run_id)
        eventually(recorder.should_stop)
        recorder.metrics(3, {"a": 1.0})
        recorder.save("state", tmp_path / "state", {})
    assert metric_points(db, [run_id])["step"] == []
    assert find_artifact(db, run_id, "state") is None
    assert get_run(db, run_id).status == "queued"
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl") as recorder:  # the process of the new attempt
        recorder.metrics(4, {"a": 1.0})
    assert metric_points(db, [run_id])["step"] == [4]


def test_a_deleted_run_stops_its_process(db: Database, run_id: int, tmp_path: Path) -> None:
    mark_started(db, run_id, host="h", pid=1)
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl", beat_every=60, flush_every=0.1) as recorder:
        mark_lost(db, run_id)
        delete_run(db, run_id)
        recorder.metrics(3, {"a": 1.0})
        eventually(recorder.should_stop)
        recorder.metrics(4, {"a": 1.0})
    assert list_runs(db) == []


def test_a_full_database_costs_no_record(
    db: Database, run_id: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "spool" / "run.jsonl"
    weights = tmp_path / "weights"
    weights.write_bytes(b"first")
    with RunRecorder(db, run_id, spool, flush_every=0.05) as recorder:
        recorder.save("best", weights, {})
        recorder.metrics(0, {"a": 0.0, "b": math.inf})
        recorder.flush()
        fill_up(db)
        weights.write_bytes(b"second" * 1_000_000)
        with caplog.at_level(logging.WARNING):
            for step in range(1, 3000):
                recorder.metrics(step, {"a": float(step), "b": math.nan})
                recorder.metrics(0, {"a": -float(step)})  # replaced again and again: the order matters
            recorder.save("best", weights, {})
            recorder.result("share", "accuracy", 0.5, {"chance": 0.5})
            recorder.decomposition("share", "x1 | x2", "raw", 0, {"entropy": 3.25})
            recorder.flush()
        assert spool.stat().st_size > 10_000
        assert len([line for line in caplog.messages if "until the database works again" in line]) == 1
        assert recorder.restore("best", tmp_path / "back")
        assert (tmp_path / "back").read_bytes() == b"first"
        make_room(db)
        eventually(lambda: not spool.exists())
        recorder.save("best", weights, {})
    assert summaries(db, [run_id], ["a", "b"])["n"] == [3000, 3000]
    assert metric_points(db, [run_id], ["a"])["value"] == [-2999.0, *map(float, range(1, 3000))]
    assert results(db, [run_id])["value"] == [0.5]
    assert decompositions(db, [run_id])["content"] == [{"entropy": 3.25}]
    log = texts(db, run_id)
    assert len([line for line in log if "records are kept in a file" in line and "full" in line]) == 1
    assert (
        len([line for line in log if "best checkpoint could not be stored, the former one is kept" in line])
        == 1
    )
    assert log[-1] == "The database can be written again"
    assert find_artifact(db, run_id, "best").size == 6_000_000


def test_what_a_process_left_in_the_spool_is_stored_by_the_next(
    db: Database, run_id: int, tmp_path: Path
) -> None:
    spool = tmp_path / "spool.jsonl"
    with RunRecorder(db, run_id, spool) as recorder:
        recorder.flush()
        fill_up(db)
        for step in range(2000):
            recorder.metrics(step, {"a": float(step)})
    assert spool.exists()
    with spool.open("ab") as file:  # a line that kill -9 cut short
        file.write(b'\n[[["a", 1, 9')
    make_room(db)
    with RunRecorder(db, run_id, spool) as recorder:
        recorder.metrics(2000, {"a": 2000.0})
    assert metric_points(db, [run_id])["value"] == list(map(float, range(2001)))
    assert not spool.exists()


def test_a_folder_takes_a_spool_file_a_run(db: Database, run_id: int, tmp_path: Path) -> None:
    with RunRecorder(db, run_id, tmp_path) as recorder:
        recorder.flush()
        fill_up(db)
        recorder.metrics(0, {f"key {n}": 0.5 for n in range(2000)})
    assert (tmp_path / f"run-{run_id}.jsonl").exists()


def test_when_the_spool_fails_too_the_loss_is_counted_and_told(
    db: Database, run_id: int, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    spool = tmp_path / "file" / "spool.jsonl"  # no such folder can be made
    with RunRecorder(db, run_id, spool, flush_every=60) as recorder:
        with locked(db):
            recorder.metrics(0, {f"key {n}": 0.5 for n in range(1200)})
            recorder.result("share", "accuracy", 0.5, {})
            recorder.flush()
        recorder.metrics(1, {"key 0": 0.5})
        recorder.flush()
        said = texts(db, run_id)
    assert metric_points(db, [run_id])["step"] == [1]
    # 1200 points, a figure, and the log line that said the database cannot be written
    assert said == [
        "The database can be written again; 1202 records were lost, for the file could not be written either"
    ]


def test_a_locked_database_does_not_stop_recording(db: Database, run_id: int, tmp_path: Path) -> None:
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl", flush_every=0.05) as recorder:
        with locked(db):
            recorder.metrics(0, {"a": 1.0})
            eventually((tmp_path / "spool.jsonl").exists)
        eventually(lambda: metric_points(db, [run_id])["value"] == [1.0])


def test_the_log_is_a_tail(db: Database, run_id: int, tmp_path: Path) -> None:
    with RunRecorder(db, run_id, tmp_path / "spool.jsonl") as recorder:
        for number in range(KEPT_LINES + 500):
            recorder.log(str(number))
    assert texts(db, run_id) == [str(number) for number in range(500, KEPT_LINES + 500)]


def test_a_batch_survives_the_spool() -> None:
    points = [Point("a", 2**63 - 1, float("-inf"), 1), Point("ü", 0, 0.1, 2)]
    split = Split("t", "a | b", "trained", 3, '{"n": 2}', 5)
    batch = Batch(points, [Figure("t", "m", 0.5, "{}", 3)], [Line(4, "x\ny")], {"phase": "x"}, [split])
    assert Batch.from_json(batch.to_json()) == batch
    assert "\n" not in batch.to_json()


def test_a_spool_line_of_the_first_version_is_still_read() -> None:
    line = json.dumps([[["a", 1, 0.5, 1]], [], [[4, "x"]], {"phase": "x"}])
    assert Batch.from_json(line) == Batch([Point("a", 1, 0.5, 1)], [], [Line(4, "x")], {"phase": "x"})


def test_a_batch_written_twice_is_there_once(db: Database, run_id: int) -> None:
    split = Split("t", "a | b", "trained", 3, '{"n": 2}', 5)
    batch = Batch(
        [Point("a", 1, 0.5, 1)], [Figure("t", "m", 0.5, "{}", 3)], [Line(4_000, "x")], {"phase": "x"}, [split]
    )
    for _ in range(2):
        with db.write() as connection:
            write_batch(connection, run_id, batch)
    assert summaries(db, [run_id])["n"] == [1]
    assert results(db, [run_id])["value"] == [0.5]
    assert log_tail(db, run_id) == [(4, "x")]
    assert decompositions(db, [run_id])["content"] == [{"n": 2}]


def test_losses_that_nobody_could_be_told_of_are_in_the_process_log(
    db: Database, run_id: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with locked(db), RunRecorder(db, run_id, tmp_path / "file" / "spool.jsonl", flush_every=60) as recorder:
        recorder.metrics(0, {f"key {n}": 0.5 for n in range(1200)})
    assert (
        caplog.messages[-1] == f"1201 records of run {run_id} were lost: neither database nor file took them"
    )


def test_a_spool_goes_on_where_it_failed(tmp_path: Path) -> None:
    spool, written = Spool(tmp_path / "spool.jsonl"), []

    def write(batch: Batch) -> None:
        if len(written) == 2:
            written.append(None)
            raise OSError
        written.append(batch.columns["phase"])

    for phase in "abcd":
        spool.append(Batch(columns={"phase": phase}))
    with pytest.raises(OSError):
        spool.replay(write)
    spool.append(Batch(columns={"phase": "e"}))
    assert spool.replay(write) == 3
    assert written == ["a", "b", None, "c", "d", "e"]
    assert spool.replay(write) == 0
