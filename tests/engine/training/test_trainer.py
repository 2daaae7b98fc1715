"""Training end to end on real data: resume to the last bit, kill -9, early stopping, errors told in one
line."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from eventually import eventually
from safetensors.torch import load_file
from tiny_runs import SMALL_HEAD, StopsAt, lines, messages, tiny

from engine.dataset import load_dataset
from engine.errors import UserError
from engine.experiment import probe_checkpoint, run_experiment
from engine.objective import build_objective
from engine.presets.preset import method_names
from engine.recorders.folder import FolderRecorder
from engine.settings.experiment import parse
from engine.training.batches import check_labels
from engine.training.checkpoint import load_checkpoint
from engine.training.checkpoint_header import CheckpointError, read_metadata
from engine.training.step_cost import measure_step


def curve(folder):
    """(step, key) → value of everything but speed; a point recorded again replaces the former."""
    return {
        (row["step"], key): value
        for row in lines(folder, "metrics.jsonl")
        for key, value in row.items()
        if key != "step" and not key.startswith("system/")
    }


@pytest.mark.parametrize(
    ("method", "stops"),
    [
        *(("infmasking", stops) for stops in [(1,), (13,), (17, 5), (35,)]),
        ("factorcl", (14,)),
        ("mae", (14,)),
        ("supervised", (14,)),
    ],
)
def test_a_run_stopped_anywhere_and_resumed_ends_with_the_same_bits(tmp_path, method, stops):
    settings = tiny(method, clip_norm=1.0, warmup_epochs=1, schedule="cosine")
    assert run_experiment(settings, FolderRecorder(tmp_path / "whole"), tmp_path) == "finished"
    for step in stops:
        assert run_experiment(settings, StopsAt(tmp_path / "broken", step), tmp_path) == "stopped"
    assert run_experiment(settings, FolderRecorder(tmp_path / "broken"), tmp_path) == "finished"
    for kind in ("last", "best"):
        whole, broken = (load_file(tmp_path / name / f"{kind}.safetensors") for name in ("whole", "broken"))
        assert whole.keys() == broken.keys()
        assert all(torch.equal(whole[name], broken[name]) for name in whole)
    assert curve(tmp_path / "whole") == curve(tmp_path / "broken")
    assert lines(tmp_path / "whole", "results.jsonl") == lines(tmp_path / "broken", "results.jsonl")


def test_kill_9_costs_only_time(tmp_path):
    settings = tiny(epochs=12, batch_size=16)
    (tmp_path / "settings.json").write_text(settings.model_dump_json())
    assert run_experiment(settings, FolderRecorder(tmp_path / "whole"), tmp_path) == "finished"
    command = [sys.executable, "-m", "engine", str(tmp_path / "settings.json"), str(tmp_path / "killed")]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    state = tmp_path / "killed" / "state.safetensors"
    eventually(state.exists, 120, going=lambda: process.poll() is None)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    read_metadata(state)  # whole, or it would not open
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert not list((tmp_path / "killed" / "tmp").iterdir())
    whole, killed = (load_file(tmp_path / name / "last.safetensors") for name in ("whole", "killed"))
    assert all(torch.equal(whole[name], killed[name]) for name in whole)


@pytest.mark.parametrize("method", method_names())
def test_every_method_learns_and_its_checkpoint_probes_the_same(tmp_path, method):
    settings = tiny(method, epochs=4)
    assert run_experiment(settings, FolderRecorder(tmp_path / "run"), tmp_path) == "finished"
    losses = [row["train/loss"] for row in lines(tmp_path / "run", "metrics.jsonl") if "train/loss" in row]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    results = lines(tmp_path / "run", "results.jsonl")
    assert [row["task"] for row in results] == ["share", "unique1", "unique2", "synergy"]
    assert all(0 <= row["value"] <= 1 and row["facts"]["n_test"] == 200 for row in results)
    probe_checkpoint(tmp_path / "run" / "last.safetensors", FolderRecorder(tmp_path / "again"), tmp_path)
    assert [row["value"] for row in lines(tmp_path / "again", "results.jsonl")] == [
        row["value"] for row in results
    ]


def test_patience_stops_early_and_the_best_weights_are_probed(tmp_path):
    settings = tiny(epochs=60, patience=1, learning_rate=0.05)
    assert run_experiment(settings, FolderRecorder(tmp_path / "run"), tmp_path) == "finished"
    assert "stopped early" in "\n".join(messages(tmp_path / "run"))
    validation = [
        row["validation/loss"] for row in lines(tmp_path / "run", "metrics.jsonl") if "validation/loss" in row
    ]
    assert len(validation) < 60
    best = load_checkpoint(tmp_path / "run" / "best.safetensors")
    assert best.facts["validation_loss"] == pytest.approx(min(validation))
    assert best.facts["epoch"] == int(np.argmin(validation)) + 1
    assert {row["facts"]["checkpoint"] for row in lines(tmp_path / "run", "results.jsonl")} == {"best"}


def test_supervised_needs_labels_that_vary(tmp_path):
    settings = tiny("supervised", epochs=1)
    assert run_experiment(settings, FolderRecorder(tmp_path / "run"), tmp_path) == "finished"
    assert "same label of 'synergy'" in "\n".join(messages(tmp_path / "run"))  # pairs are biased
    blind = parse(settings.model_dump() | {"objective": {"name": "supervised", "task": "synergy"}})
    with pytest.raises(
        UserError, match=r"^all training samples of bits have the same label of synergy; choose"
    ):
        run_experiment(blind, FolderRecorder(tmp_path / "other"), tmp_path)
    data = load_dataset(settings.data, tmp_path)
    bare = replace(data, train=replace(data.train, labels={}))
    with pytest.raises(
        UserError,
        match=r"^the training samples of bits carry no labels of 'share'; choose an objective without",
    ):
        check_labels(build_objective(settings, data.modalities, data.tasks), bare, "bits")


def test_a_batch_in_parts_learns_the_same(tmp_path):
    runs = {parts: tiny("supervised", epochs=1, accumulation=parts) for parts in (1, 4)}
    for parts, settings in runs.items():
        run_experiment(settings, FolderRecorder(tmp_path / str(parts)), tmp_path)
    whole, split = (curve(tmp_path / str(parts)) for parts in runs)
    assert {key for _, key in whole} >= {
        "train/loss",
        "train/label_share",
        "train/gradient_norm",
        "validation/loss",
    }
    assert split == pytest.approx(whole, rel=1e-3)
    with pytest.raises(
        UserError, match=r"accumulation is 4, but infmasking compares all samples of a batch: in parts"
    ):
        tiny(accumulation=4)
    with pytest.raises(UserError, match=r"multiple of processes × accumulation \(1 × 5\)"):
        tiny("supervised", accumulation=5)


def test_mistakes_end_in_one_line(tmp_path):
    def message(settings):
        with pytest.raises(UserError) as caught:
            run_experiment(settings, FolderRecorder(tmp_path / "run"), tmp_path)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "choose at most the" in message(tiny(batch_size=4096))
    cold = tiny("comm").model_dump() | {"objective": {"name": "comm", "temperature": 1e-38} | SMALL_HEAD}
    assert " at step 1; look for very large values in the data, or try a larger temp" in message(parse(cold))
    if not torch.cuda.is_available():
        assert "torch sees no GPU; choose auto or cpu" in message(tiny(device="cuda"))
        assert "needs a GPU" in message(tiny(precision="fp16"))
    assert "2 but 1 process started" in message(tiny(processes=2))


@pytest.mark.heavy
def test_bf16_trains(tmp_path):
    code = tiny(precision="bf16", epochs=1).model_dump_json()
    (tmp_path / "settings.json").write_text(code)
    subprocess.run([sys.executable, "-m", "engine", tmp_path / "settings.json", tmp_path / "run"], check=True)
    assert all(np.isfinite(row.get("train/loss", 0.0)) for row in lines(tmp_path / "run", "metrics.jsonl"))


def test_foreign_and_broken_checkpoints_are_refused(tmp_path):
    run_experiment(tiny(epochs=1), FolderRecorder(tmp_path / "run"), tmp_path)
    good = tmp_path / "run" / "last.safetensors"
    (tmp_path / "cut.safetensors").write_bytes(good.read_bytes()[:-100])
    (tmp_path / "text.safetensors").write_text("hello")
    for name in ("cut", "text", "absent"):
        with pytest.raises(CheckpointError, match=name):
            load_checkpoint(tmp_path / f"{name}.safetensors")


def test_the_cost_of_a_step_is_measured(tmp_path):
    cost = measure_step(tiny(), tmp_path)
    assert cost.seconds > 0
    assert cost.steps == 3 * (400 // 32)
    assert cost.weights_bytes > 1000
    assert measure_step(tiny(processes=2), tmp_path).steps == cost.steps
