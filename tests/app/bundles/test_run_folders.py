"""Folders that `python -m engine` writes: while they grow, and as the first version wrote them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from safetensors.numpy import save
from studios import take_in

from engine.presets.preset import load_preset
from engine.recorders.folder import FolderRecorder
from engine.recorders.layout import FORMAT, RUN, VERSION, replace_json
from storage.artifacts import list_artifacts
from storage.clock import now_ms
from storage.database import Database
from storage.queries import log_tail, metric_points, results
from storage.run import live_state
from storage.runs import get_run

SETTINGS = load_preset("bits-quick").experiment("comm", 3).model_dump(mode="json")


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database.at(tmp_path / "home")
    yield database
    database.close()


def test_a_folder_is_taken_in_while_it_trains_and_again_when_it_ended(db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "run-0"
    recorder = FolderRecorder(folder)
    header = {"format": FORMAT, "version": VERSION, "uid": "a" * 32, "created_at": now_ms()}
    replace_json(folder / RUN, {**header, "settings": SETTINGS})
    recorder.progress(epoch=1, epochs=6, step=10, steps=60)
    recorder.begin(attempts=1, host="node7")
    recorder.metrics(10, {"train/loss": 2.0, "odd": float("nan")})
    with (folder / "metrics.jsonl").open("ab") as lines:
        lines.write(b'{"step":20,"ti')  # as a reader sees it in the middle of a line
    (arrival,) = take_in(db, tmp_path / "runs")
    run = get_run(db, arrival.run_id)
    assert (arrival.what, run.method, run.seed, run.step, run.host) == ("new", "comm", 3, 10, "node7")
    assert live_state(run, now_ms()) == "running"
    with (folder / "metrics.jsonl").open("ab") as lines:
        lines.write(b'me":1,"values":{"train/loss":1.5}}\n')
    recorder.progress(epoch=6, epochs=6, step=60, steps=60)
    recorder.result("synergy", "accuracy", 0.75, {"chance": 0.5})
    (tmp_path / "w.safetensors").write_bytes(save({}, {"format": "x"}))
    recorder.save("last", tmp_path / "w.safetensors", {"epoch": 6})
    recorder.end("finished")
    (later,) = take_in(db, tmp_path / "runs")
    assert (later.what, later.run_id) == ("later", run.id)
    assert get_run(db, run.id).status == "finished"
    points = metric_points(db, [run.id], ["train/loss"])
    assert (points["step"], points["value"]) == ([10, 20], [2.0, 1.5])
    assert [artifact.kind for artifact in list_artifacts(db, run.id)] == ["last"]
    (again,) = take_in(db, folder)
    assert again.what == "here"


def test_a_folder_of_the_first_version_opens(db: Database, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps(SETTINGS, indent=2))
    (folder / "metrics.jsonl").write_text(
        '{"step": 10, "train/loss": 2.5}\n{"step": 20, "train/loss": NaN}\n'
    )
    result = {"task": "synergy", "metric": "accuracy", "value": 0.75, "facts": {"chance": 0.5}}
    (folder / "results.jsonl").write_text(json.dumps(result) + "\n")
    (folder / "messages.txt").write_text("training\nprobing\n")
    (folder / "last.safetensors").write_bytes(save({}, {"format": "x"}))
    (arrival,) = take_in(db, folder)
    run = get_run(db, arrival.run_id)
    assert (run.status, run.method, run.step, run.study) == ("finished", "comm", 20, "imported")
    assert [line.text for line in log_tail(db, run.id)] == ["training", "probing"]
    assert results(db, [run.id])["value"] == [0.75]
    points = metric_points(db, [run.id])
    assert points["value"][0] == 2.5 and points["value"][1] != points["value"][1]
    assert [artifact.kind for artifact in list_artifacts(db, run.id)] == ["last"]
    assert take_in(db, folder)[0].what == "here"
