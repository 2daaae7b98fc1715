"""`python -m engine`: a folder holds one run, and every mistake is one line."""

import json
import sys

import numpy as np
import pytest
from tiny_runs import lines, tiny

from engine.__main__ import main


@pytest.fixture
def engine(tmp_path, monkeypatch, capsys):
    """Run the command on settings; gives exit code, stdout and stderr."""

    def run(content, folder="run"):
        source = tmp_path / "settings.json"
        source.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        monkeypatch.setattr(sys, "argv", ["engine", str(source), str(tmp_path / folder)])
        code = main()
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def plain(**training):
    return tiny("cross", epochs=1, **training).model_dump(mode="json")


def test_a_folder_of_another_run_is_refused_and_the_same_run_goes_on(engine, tmp_path):
    assert engine(plain())[0] == 0
    points = lines(tmp_path / "run", "metrics.jsonl")
    code, out, err = engine(plain(learning_rate=0.01, clip_norm=2.0))
    assert (code, out) == (2, "")
    assert err == (
        f"{tmp_path / 'run'} holds a run with other settings: training.learning_rate 0.001 → 0.01, "
        "training.clip_norm 0.0 → 2.0; name another folder, or go on with those in "
        f"{tmp_path / 'run' / 'run.json'}\n"
    )
    assert lines(tmp_path / "run", "metrics.jsonl") == points
    code, out, _ = engine(plain(log_every=5))  # what it tells may differ
    assert code == 0 and "resumed at epoch 2, step 12" in out
    assert engine(plain(learning_rate=0.01), "other")[0] == 0


def test_a_start_that_failed_does_not_hold_the_folder(engine, tmp_path):
    code, _, err = engine(plain(batch_size=4096))
    assert code == 2 and err == "training.batch_size is 4096; choose at most the 400 training samples\n"
    assert engine(plain())[0] == 0


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"{", "settings.json"),
        (b"\xff\xfe{}", "settings.json"),
        (b"[1, 2]", "settings.json must hold a table of settings, not a list"),
        (b'{"a":' * 100_000, "settings.json"),
        (b"{}", "data is missing (and 1 more mistake)"),
    ],
)
def test_every_mistake_is_one_line(engine, content, line):
    code, out, err = engine(content)
    assert (code, out) == (2, "") and line in err and err.count("\n") == 1


def test_a_byte_order_mark_is_no_mistake(engine):
    assert engine(b"\xef\xbb\xbf" + json.dumps(plain()).encode())[0] == 0


def test_a_run_goes_on_with_the_same_bytes_alone(engine, tmp_path):
    def save(classes):
        dice = np.random.default_rng(0)
        a, b = dice.normal(size=(2, 90, 4))
        np.savez(tmp_path / "d.npz", a=a, b=b, y=np.arange(90) % classes)

    data = {"name": "paired_file", "path": str(tmp_path / "d.npz"), "modalities": ["a", "b"], "label": "y"}
    content = plain() | {"data": data, "encoders": {}}
    save(3)
    assert engine(content)[0] == 0
    assert engine(content)[0] == 0, "the same bytes are the same run"
    save(2)
    code, out, err = engine(content)
    assert (code, out) == (2, "") and "holds a run with other settings: data.fingerprint" in err


def content(folder, name):
    return json.loads((folder / name).read_text())


def test_the_folder_says_everything_of_the_run(engine, tmp_path):
    assert engine(plain())[0] == 0
    folder = tmp_path / "run"
    run, state = content(folder, "run.json"), content(folder, "state.json")
    assert (run["format"], run["version"], len(run["uid"])) == ("infmasking-run", 2, 32)
    assert run["settings"]["objective"]["name"] == "cross"
    assert (state["status"], state["step"], state["steps"], state["attempts"]) == ("finished", 12, 12, 1)
    assert run["created_at"] <= state["started_at"] <= state["ended_at"]
    assert content(folder, "machine.json")["cores"] >= 1
    listed = {entry["kind"]: entry for entry in content(folder, "artifacts.json")["artifacts"]}
    assert {"last", "state"} <= set(listed)
    for entry in listed.values():
        assert (folder / entry["file"]).stat().st_size == entry["size"]
    assert engine(plain())[0] == 0
    assert content(folder, "run.json") == run, "started again it is the same run"
    assert content(folder, "state.json")["attempts"] == 2


def test_a_failure_is_in_the_state(engine, tmp_path):
    assert engine(plain(batch_size=4096))[0] == 2
    state = content(tmp_path / "run", "state.json")
    assert (state["status"], state["error"]) == (
        "failed",
        "training.batch_size is 4096; choose at most the 400 training samples",
    )


def test_a_folder_of_the_first_version_goes_on(engine, tmp_path):
    assert engine(plain())[0] == 0
    folder = tmp_path / "run"
    settings = content(folder, "run.json")["settings"]
    (folder / "run.json").write_text(json.dumps(settings))
    (folder / "artifacts.json").unlink()
    code, out, _ = engine(plain())
    assert code == 0 and "resumed at epoch 2, step 12" in out
    assert content(folder, "run.json")["settings"] == settings
    code, _, err = engine(plain(learning_rate=0.01))
    assert code == 2 and "training.learning_rate 0.001 → 0.01" in err
