"""What every recorder promises, those of the engine and the database's: what happens to a disk does not reach
the training."""

import contextlib
import importlib
import inspect
import math
import pkgutil

import pytest
from full_disk import full_disk

import engine.recorders
import storage.recorder
from engine.recorder import Recorder
from engine.recorders.folder import FolderRecorder, SilentRecorder
from storage.database import Database
from storage.queries import log_tail, metric_points
from storage.recorder import RunRecorder
from storage.runs import NewRun, create_runs

CALLS = [name for name, _ in inspect.getmembers(Recorder, inspect.isfunction) if not name.startswith("_")]
MODULES = [storage.recorder] + [
    importlib.import_module(f"engine.recorders.{found.name}")
    for found in pkgutil.iter_modules(engine.recorders.__path__)
]
FOUND = {
    kind
    for module in MODULES
    for _, kind in inspect.getmembers(module, inspect.isclass)
    if kind.__module__ == module.__name__ and all(hasattr(kind, name) for name in CALLS)
}


@contextlib.contextmanager
def folder_recorder(home):
    recorder = FolderRecorder(home / "run")
    yield (
        recorder,
        lambda: (home / "run" / "metrics.jsonl").read_text() + (home / "run" / "log.jsonl").read_text(),
    )
    recorder.close()


@contextlib.contextmanager
def run_recorder(home):
    database = Database.at(home)
    new = NewRun("a run", None, "bits", "comm", 0, "d" * 8, {"objective": {"name": "comm"}})
    (run_id,) = create_runs(database, [new])

    def kept():
        recorder.flush()
        points = metric_points(database, [run_id])
        return f"{points['key']} {points['value']}" + " ".join(
            one.text for one in log_tail(database, run_id, 100)
        )

    with RunRecorder(database, run_id, home / "spool.jsonl", flush_every=0.05, beat_every=0.1) as recorder:
        yield recorder, kept
    database.close()


@contextlib.contextmanager
def silent_recorder(home):
    yield SilentRecorder(), None


OPENED = {FolderRecorder: folder_recorder, RunRecorder: run_recorder, SilentRecorder: silent_recorder}
"""How each is opened in a folder, with a function that reads back what it keeps (None: it keeps nothing)."""


@pytest.fixture(params=OPENED, ids=lambda kind: kind.__name__)
def opened(request, tmp_path, monkeypatch):
    monkeypatch.delenv("INFMASKING_DATABASE_URL", raising=False)
    with OPENED[request.param](tmp_path) as (recorder, kept):
        yield recorder, kept


def record_everything(recorder, number=1):
    """Every call but `restore`, with content that has broken recorders elsewhere."""
    recorder.phase(f"phase {number}")
    recorder.progress(epoch=1, epochs=2, step=number, steps=9)
    recorder.metrics(number, {"train/loss": 0.5 + number, "odd": math.nan, "wide": math.inf})
    recorder.result("task", "accuracy", 0.75, {"n_test": 3, "chance": None, "split": "test"})
    recorder.decomposition("task", "x1 | x2", "trained", number, {"n": 1, "warnings": ["few"]})
    recorder.message(f"message {number}: \udcff · line\u2028separator")
    assert recorder.should_stop() is False


def test_every_recorder_is_held_to_the_contract():
    assert set(OPENED) == FOUND


@pytest.mark.parametrize("kind", OPENED)
def test_it_is_called_as_the_contract_says(kind):
    for name in CALLS:
        wanted, given = (inspect.signature(getattr(one, name)).parameters for one in (Recorder, kind))
        assert [(p.name, p.kind) for p in given.values()] == [(p.name, p.kind) for p in wanted.values()], name


def test_what_is_recorded_is_kept(opened):
    recorder, kept = opened
    record_everything(recorder)
    if kept is not None:
        assert "train/loss" in kept() and "1.5" in kept() and "message 1" in kept()


def test_an_artifact_comes_back_as_it_was_and_the_newest_replaces_the_former(opened, tmp_path):
    recorder, kept = opened
    source, back = tmp_path / "source.safetensors", tmp_path / "back"
    assert recorder.restore("best", back) is False and not back.exists()
    for content in (b"first" * 1000, b"second"):
        source.write_bytes(content)
        assert recorder.save("best", source, {"epoch": 1}) is True
        source.write_bytes(b"changed by its owner")
        if kept is not None:
            assert recorder.restore("best", back) is True
            assert back.read_bytes() == content
    assert recorder.restore("state", back) is False


def test_a_full_disk_raises_nothing_and_costs_no_former_artifact(opened, tmp_path):
    recorder, kept = opened
    source, back = tmp_path / "source.safetensors", tmp_path / "back"
    source.write_bytes(b"former" * 1000)
    recorder.save("state", source, {})
    source.write_bytes(b"newest" * 1000)
    with full_disk(64):
        for number in range(3):
            record_everything(recorder, number)
        saved = recorder.save("state", source, {})
    record_everything(recorder, 7)
    if kept is None:
        return
    assert saved is False
    assert "message 7" in kept() and "7.5" in kept()
    assert recorder.restore("state", back) and back.read_bytes() == b"former" * 1000
    assert recorder.save("state", source, {}) is True
    assert recorder.restore("state", back) and back.read_bytes() == b"newest" * 1000


def test_an_artifact_that_is_not_there_raises_nothing(opened, tmp_path):
    recorder, kept = opened
    assert recorder.save("last", tmp_path / "none.safetensors", {}) is (kept is None)
