"""A run in a folder: a full or vanished disk costs no line that memory can hold, and no former artifact."""

import hashlib
import json
import shutil

import pytest
from eventually import eventually
from full_disk import full_disk
from tiny_runs import lines, messages

from engine.recorders import artifact_table
from engine.recorders import folder as module
from engine.recorders.folder import FolderRecorder
from engine.recorders.layout import as_json
from engine.recorders.run_state import RunState


def losses(folder):
    return [row["loss"] for row in lines(folder, "metrics.jsonl")]


def test_lines_wait_for_room_and_are_written_in_order(tmp_path):
    recorder = FolderRecorder(tmp_path)
    recorder.metrics(0, {"loss": 0.0})
    before = (tmp_path / "metrics.jsonl").read_bytes()
    with full_disk(len(before) + 10):  # room for a part of a line, which must not be left there
        for step in range(1, 6):
            recorder.metrics(step, {"loss": float(step)})
        assert (tmp_path / "metrics.jsonl").read_bytes() == before
        assert recorder.close() == 5
    recorder.metrics(6, {"loss": 6.0})
    assert losses(tmp_path) == [float(step) for step in range(7)]
    assert messages(tmp_path) == ["the folder can be written again"]
    assert recorder.close() == 0


def test_it_is_told_once_and_memory_is_bounded(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(module, "MOST_WAITING", 3)
    recorder = FolderRecorder(tmp_path, echo=True)
    with full_disk():
        for step in range(5):
            recorder.metrics(step, {"loss": float(step)})
        assert recorder.close() == 5
    recorder.message("back")
    assert losses(tmp_path) == [3.0, 4.0]  # the message pushed one more out
    said = capsys.readouterr().out.splitlines()
    assert [line for line in said if "lines wait in memory" in line] == [
        f"{tmp_path} cannot be written, lines wait in memory: File too large"
    ]
    assert "the folder can be written again; 3 lines were lost" in said


def test_a_folder_that_vanishes_and_comes_back(tmp_path):
    folder = tmp_path / "run"
    recorder = FolderRecorder(folder)
    shutil.rmtree(folder)
    recorder.metrics(1, {"loss": 1.0})
    assert recorder.should_stop() is False and recorder.restore("state", tmp_path / "none") is False
    folder.mkdir()
    recorder.metrics(2, {"loss": 2.0})
    assert losses(folder) == [1.0, 2.0]


def test_an_artifact_that_finds_no_room_leaves_nothing_behind(tmp_path):
    source = tmp_path / "source"
    source.write_bytes(b"x" * 5000)
    recorder = FolderRecorder(tmp_path / "run")
    with full_disk(2000):
        assert recorder.save("state", source, {}) is False
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["log.jsonl"]
    line = f"the state checkpoint could not be kept in {tmp_path / 'run'}: File too large"
    assert messages(tmp_path / "run") == [line]


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_message_can_be_shown_anywhere(tmp_path, monkeypatch, encoding):
    import io
    import sys

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    FolderRecorder(tmp_path, echo=True).message("σ² of \udcff")
    sys.stdout.seek(0)
    assert sys.stdout.read().endswith("of \\udcff\n")
    assert messages(tmp_path) == ["σ² of \\udcff"]


def test_a_line_that_a_killed_process_left_half_does_not_swallow_the_next(tmp_path):
    (tmp_path / "metrics.jsonl").write_bytes(b'{"step":1,"time":2,"values":{"loss":1.0}}\n{"step":2,"ti')
    recorder = FolderRecorder(tmp_path)
    for step in (3, 4):
        recorder.metrics(step, {"loss": float(step)})
    kept = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert kept[1] == '{"step":2,"ti' and [json.loads(line)["step"] for line in kept[2:]] == [3, 4]


def test_every_line_is_strict_json(tmp_path):
    recorder = FolderRecorder(tmp_path)
    recorder.metrics(1, {"odd": float("nan"), "up": float("inf"), "down": -float("inf")})
    recorder.result("y\udcff", "accuracy", float("nan"), {"cost": float("inf"), "n": 3})
    (point,) = (tmp_path / "metrics.jsonl").read_text().splitlines()
    assert '"values":{"odd":null,"up":"Infinity","down":"-Infinity"}' in point
    (row,) = lines(tmp_path, "results.jsonl")
    facts = {"cost": "Infinity", "n": 3}
    assert row == {"task": "y\\udcff", "metric": "accuracy", "value": None, "facts": facts}


def hash_of(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


def table(folder):
    return json.loads((folder / "artifacts.json").read_text())["artifacts"]


def test_artifacts_are_listed_with_their_hashes_under_any_kind(tmp_path):
    source = tmp_path / "source.parquet"
    recorder = FolderRecorder(tmp_path / "run")
    for content in (b"former", b"newest" * 1000):
        source.write_bytes(content)
        assert recorder.save("rows/x1 | x2", source, {"n": 3})
    (entry,) = table(tmp_path / "run")
    file = tmp_path / "run" / entry["file"]
    assert (entry["kind"], entry["facts"], entry["size"]) == ("rows/x1 | x2", {"n": 3}, 6000)
    assert entry["sha256"] == hash_of(file) and "coming" not in entry
    assert file.parent == tmp_path / "run" and file.name.isascii() and " " not in file.name
    assert recorder.restore("rows/x1 | x2", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"newest" * 1000


@pytest.mark.parametrize("died", ["before the new file", "before the last word"])
def test_whatever_stands_in_the_folder_has_its_hash_in_the_table(tmp_path, monkeypatch, died):
    """A reader, or the next process, that comes while a file is being replaced."""
    source, folder = tmp_path / "s.safetensors", tmp_path / "run"
    recorder = FolderRecorder(folder)
    source.write_bytes(b"former")
    recorder.save("last", source, {})
    source.write_bytes(b"newest")
    written = artifact_table.replace_json
    calls = []

    def replace_json(file, content):
        calls.append(file)
        if len(calls) == 2:
            raise OSError("died")
        written(file, content)

    if died == "before the last word":
        monkeypatch.setattr(artifact_table, "replace_json", replace_json)
    else:
        monkeypatch.setattr(artifact_table.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("died")))
        monkeypatch.setattr(
            artifact_table, "replace_json", lambda file, content: file.write_bytes(as_json(content))
        )
    recorder.save("last", source, {})
    monkeypatch.undo()
    (entry,) = table(folder)
    standing = hash_of(folder / "last.safetensors")
    assert standing in (entry["sha256"], entry["coming"]["sha256"])
    assert (standing == entry["coming"]["sha256"]) is (died == "before the last word")
    FolderRecorder(folder).save("best", source, {})
    assert {one["kind"]: one["sha256"] for one in table(folder)} == {
        "last": standing,
        "best": hash_of(source),
    }


def state(folder):
    return json.loads((folder / "state.json").read_text())


def test_the_state_says_how_the_run_stands_and_gives_signs_of_life(tmp_path):
    recorder = FolderRecorder(tmp_path)
    recorder.state = RunState(tmp_path, beat_seconds=0.05)
    recorder.begin(attempts=2, host="node7")
    first = state(tmp_path)
    recorder.phase("training")
    recorder.progress(epoch=1, epochs=3, step=12, steps=36)
    eventually(lambda: state(tmp_path)["heartbeat_at"] > first["heartbeat_at"], 30)
    eventually(lambda: state(tmp_path).get("step") == 12, 30)
    now = state(tmp_path)
    assert (now["status"], now["phase"], now["epochs"], now["host"], now["attempts"]) == (
        "running",
        "training",
        3,
        "node7",
        2,
    )
    recorder.end("failed", "no room")
    ended = state(tmp_path)
    assert (ended["status"], ended["error"]) == ("failed", "no room") and ended["ended_at"] >= now[
        "started_at"
    ]
    assert messages(tmp_path)[-1] == "failed: no room"
