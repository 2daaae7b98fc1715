"""A run on a disk that fills up, and a run in the place of another: nothing kept is lost or mixed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from full_disk import full_disk
from safetensors.torch import load_file
from tiny_runs import StopsAt, lines, messages, tiny

from engine.errors import UserError
from engine.experiment import run_experiment
from engine.recorders.folder import FolderRecorder
from engine.training.checkpoint import load_state, state_metadata
from engine.training.checkpoint_header import CheckpointError

ROOM = 15_000
"""Bytes: enough for every line that a run writes, too little for its weights."""


def run(settings, folder, recorder=None):
    return run_experiment(settings, recorder or FolderRecorder(folder), folder)


class RoomAgain(FolderRecorder):
    """Its disk is full until so many files were to be kept."""

    def __init__(self, folder, failures):
        super().__init__(folder)
        self.failures = failures

    def save(self, kind, file, facts):
        self.failures -= 1
        if self.failures >= 0:
            with full_disk():
                return super().save(kind, file, facts)
        return super().save(kind, file, facts)


def test_training_goes_on_without_room_and_tells_it_once(tmp_path):
    settings = tiny("cross", state_seconds=1)
    run(settings, tmp_path / "whole")
    with full_disk(ROOM):
        assert run(settings, tmp_path / "full") == "finished"
    assert not list((tmp_path / "full").glob("*.safetensors"))
    assert not list((tmp_path / "full").glob("tmp/*/*"))
    said = [line for line in messages(tmp_path / "full") if "could not be written" in line]
    assert said == [
        f"the {kind} checkpoint could not be written: File too large; no state is kept"
        for kind in ("best", "last")  # without the best weights there is no state: the two belong together
    ]
    results = [lines(tmp_path / name, "results.jsonl") for name in ("whole", "full")]
    assert results[0] == results[1]


def test_training_stops_where_the_settings_say_so(tmp_path):
    settings = tiny("cross", on_full_disk="stop")
    with full_disk(ROOM), pytest.raises(UserError) as caught:
        run(settings, tmp_path)
    assert str(caught.value) == (
        "the best checkpoint of step 36 could not be kept, and training.on_full_disk is 'stop'; "
        "no state is kept"
    )


def test_the_former_state_stays_and_a_resume_ends_as_if_nothing_had_been(tmp_path):
    settings = tiny("cross", on_full_disk="stop", state_seconds=3600)
    run(settings, tmp_path / "whole")
    broken = tmp_path / "broken"
    assert run(settings, broken, StopsAt(broken, 13)) == "stopped"
    former = (broken / "state.safetensors").read_bytes()
    with pytest.raises(UserError, match=r"'stop'; the state of step 13 is kept$"):
        run(settings, broken, RoomAgain(broken, 99))
    assert (broken / "state.safetensors").read_bytes() == former
    assert run(settings, broken) == "finished"
    whole, again = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "broken"))
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_what_found_no_room_is_kept_when_there_is_some(tmp_path):
    settings = tiny("cross", state_seconds=1)
    assert run(settings, tmp_path, RoomAgain(tmp_path, 1)) == "finished"
    assert {file.stem for file in tmp_path.glob("*.safetensors")} >= {"last"}


def test_a_real_full_disk(tmp_path):
    """A file system of 400 KiB, where this user may mount one: the whole command, from start to end."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    try:
        (disk / "filling").write_bytes(bytes(360 * 1024))
        (tmp_path / "settings.json").write_text(tiny("cross").model_dump_json())
        command = [sys.executable, "-m", "engine", str(tmp_path / "settings.json"), str(disk / "run")]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert "could not be written: No space left on device" in done.stdout
        assert done.stdout.endswith("finished\n") and not list((disk / "run").glob("*.safetensors"))
        (disk / "filling").unlink()
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[3]
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert (disk / "run" / "last.safetensors").exists()
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"epochs": 4}, "training.epochs 3 → 4; start a new run for these"),
        (
            {"clip_norm": 1.0, "learning_rate": 0.1},
            "training.learning_rate 0.001 → 0.1, training.clip_norm 0.0 → 1.0",
        ),
    ],
)
def test_a_state_of_other_settings_is_refused(tmp_path, changes, line):
    run(tiny("cross"), tmp_path, StopsAt(tmp_path, 5))
    with pytest.raises(CheckpointError) as caught:
        run(tiny("cross", **changes), tmp_path)
    assert str(caught.value).startswith(f"the saved state is of a run with other settings: {line}")


def test_where_a_run_goes_on_and_what_it_tells_may_differ(tmp_path):
    run(tiny("cross"), tmp_path, StopsAt(tmp_path, 5))
    elsewhere = tiny("cross", threads=0, log_every=3, state_seconds=60, device="auto", on_full_disk="stop")
    assert run(elsewhere, tmp_path) == "finished"


def test_damaged_states_and_those_of_another_model_are_told_in_one_line(tmp_path):
    run(tiny("cross"), tmp_path, StopsAt(tmp_path, 5))
    content = (tmp_path / "state.safetensors").read_bytes()
    metadata = state_metadata(content)
    assert metadata.keys() >= {"format", "position", "run"}
    optimizer = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(2))])
    with pytest.raises(CheckpointError, match=r"^the saved state is not of this run's model: [^\n]+$"):
        load_state(content, torch.nn.Linear(3, 3), optimizer)
    for damaged in (b"", b"hello", content[:200], b"\xff" * 100, content[:-50]):
        with pytest.raises(UserError, match=r"^[^\n]*the saved state[^\n]*$"):
            load_state(damaged, torch.nn.Linear(3, 3), optimizer)
