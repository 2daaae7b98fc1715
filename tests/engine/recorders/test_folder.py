"""A run in a folder: a full or vanished disk costs no line that memory can hold, and no former artifact."""

import json
import shutil

import pytest
from full_disk import full_disk

from engine.recorders import folder as module
from engine.recorders.folder import FolderRecorder


def losses(folder):
    return [json.loads(line)["loss"] for line in (folder / "metrics.jsonl").read_text().splitlines()]


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
    assert (tmp_path / "messages.txt").read_text() == "the folder can be written again\n"
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
    assert [file.name for file in (tmp_path / "run").iterdir()] == ["messages.txt"]
    line = f"the state checkpoint could not be kept in {tmp_path / 'run'}: File too large\n"
    assert (tmp_path / "run" / "messages.txt").read_text() == line


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
def test_any_message_can_be_shown_anywhere(tmp_path, monkeypatch, encoding):
    import io
    import sys

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding=encoding))
    FolderRecorder(tmp_path, echo=True).message("σ² of \udcff")
    sys.stdout.seek(0)
    assert sys.stdout.read().endswith("of \\udcff\n")
    assert (tmp_path / "messages.txt").read_text() == "σ² of \\udcff\n"
