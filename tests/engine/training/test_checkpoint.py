"""Checkpoints from elsewhere: somebody else's word on what model they hold, believed no further than the file
goes."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from peak_memory import run_python
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from engine.dataset import load_dataset
from engine.objective import build_objective, fresh_objective
from engine.presets.preset import load_preset
from engine.settings.experiment import SettingsError
from engine.training.checkpoint import load_checkpoint, load_state, save_state, save_weights
from engine.training.checkpoint_header import CheckpointError, read_checkpoint_header

SMALL = {"data.samples": 200, "data.probe_samples": 100, "data.test_samples": 100}


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """The weights file of an untrained model."""
    settings = load_preset("bits-quick").experiment("comm", 0, SMALL)
    dataset = load_dataset(settings.data, tmp_path)
    weights = fresh_objective(settings, dataset).state_dict()
    file = tmp_path / "weights.safetensors"
    save_weights(file, weights, settings, dataset.modalities, dataset.tasks, {"kind": "last", "epoch": 1})
    return file


def changed(file: Path, **groups: object) -> Path:
    """The same weights under settings (and with `modalities`, `tasks`) of which some are others."""
    with safe_open(file, "numpy") as content:
        metadata = dict(content.metadata())
    for name in ("modalities", "tasks"):
        if name in groups:
            metadata[name] = json.dumps(groups.pop(name))
    settings = json.loads(metadata["settings"])
    for name, values in groups.items():
        settings[name] |= values
    save_file(load_file(file), file, metadata | {"settings": json.dumps(settings)})
    return file


def refusal(file: Path) -> str:
    with pytest.raises(CheckpointError) as caught:
        load_checkpoint(file)
    assert str(caught.value).isprintable() and file.name in str(caught.value)
    return str(caught.value)


def test_what_was_saved_is_rebuilt(checkpoint: Path) -> None:
    rebuilt = load_checkpoint(checkpoint)
    assert rebuilt.facts == {"kind": "last", "epoch": 1} == read_checkpoint_header(checkpoint).facts
    stored = load_file(checkpoint)
    for name, value in rebuilt.objective.state_dict().items():
        assert (value.numpy() == stored[name]).all(), name


OPENS = """
import sys
from pathlib import Path
from peak_memory import peak_kib
from engine.errors import UserError
from engine.training.checkpoint import load_checkpoint
import engine.objectives.comm, accelerate
before = peak_kib()
try:
    load_checkpoint(Path(sys.argv[1]))
except UserError as error:
    print(error)
print(peak_kib() - before)
"""


@pytest.mark.parametrize(
    "groups",
    [
        {"fusion": {"width": 8192, "heads": 8, "layers": 48}},
        {"encoders": {"x1": {"name": "mlp", "hidden": [10**9]}}},
        {"encoders": {"x1": {"name": "sequence_transformer", "width": 4096, "heads": 8, "layers": 48}}},
    ],
    ids=["fusion", "encoder", "transformer"],
)
def test_a_small_file_that_names_a_huge_model_makes_none(checkpoint: Path, groups: dict[str, object]) -> None:
    if "encoders" in groups and "sequence_transformer" in json.dumps(groups):
        with safe_open(checkpoint, "numpy") as content:
            modalities = json.loads(content.metadata()["modalities"])
        for modality in modalities:
            modality |= {"kind": "sequence", "shape": [9, 4]}
        groups = groups | {"modalities": modalities}
    assert changed(checkpoint, **groups).stat().st_size < 3_000_000
    line, grown = run_python(OPENS, checkpoint)
    assert re.search(r"takes more than the 1\.\d+ GB of memory it may take; choose fewer layers", line), line
    assert int(grown) < 1_300_000, "kB"


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ([2**62], "does not fit its own settings|takes more than"),
        ([-5], "does not fit its own settings"),
        ([0], "does not fit its own settings"),
        ([], "does not fit its own settings"),
        ([7, 7, 7, 7], "does not fit its own settings|reads"),
        (["a"], "modalities|describes its data in another way"),
        ([7], "does not fit its own settings"),
    ],
)
def test_modalities_of_impossible_shape_are_one_line(
    checkpoint: Path, shape: list[object], says: str
) -> None:
    with safe_open(checkpoint, "numpy") as content:
        modalities = json.loads(content.metadata()["modalities"])
    modalities[0]["shape"] = shape
    assert re.search(says, refusal(changed(checkpoint, modalities=modalities)))


def test_weights_that_are_not_its_models_are_one_line(checkpoint: Path) -> None:
    assert "does not fit its own settings" in refusal(changed(checkpoint, fusion={"width": 256}))
    with safe_open(checkpoint, "numpy") as content:
        metadata = content.metadata()
    save_file({"other": np.zeros(3)}, checkpoint, metadata)
    assert "does not fit its own settings" in refusal(checkpoint)


def test_a_model_that_memory_cannot_hold_is_refused_before_it_is_made(tmp_path: Path) -> None:
    # a layer of 256 MiB: what a process has free in its heap must not be enough for it
    settings = load_preset("bits-quick").experiment(
        "comm", 0, SMALL | {"encoders.x1": {"name": "mlp", "hidden": [8192, 8192]}}
    )
    dataset = load_dataset(settings.data, tmp_path)
    with pytest.raises(SettingsError, match=r"takes more than the 0\.001 GB of memory it may take"):
        build_objective(settings, dataset.modalities, dataset.tasks, room=1_000_000)
    wide = load_preset("bits-quick").experiment(
        "comm", 0, SMALL | {"encoders.x1": {"name": "mlp", "hidden": [10**18]}}
    )
    with pytest.raises(SettingsError, match="choose fewer layers or a smaller width"):
        fresh_objective(wide, dataset)


def state_of(width: int, tmp_path: Path) -> tuple[bytes, torch.nn.Module, torch.optim.Optimizer]:
    model = torch.nn.Linear(width, 2)
    optimizer = torch.optim.AdamW(model.parameters())
    model(torch.ones(1, width)).sum().backward()
    optimizer.step()
    save_state(tmp_path / "state.safetensors", model, optimizer, {"epoch": 3}, {})
    return (tmp_path / "state.safetensors").read_bytes(), model, optimizer


def test_a_damaged_state_or_one_of_another_model_is_one_line(tmp_path: Path) -> None:
    content, model, optimizer = state_of(3, tmp_path)
    assert load_state(content, model, optimizer) == {"epoch": 3}
    other, _, _ = state_of(4, tmp_path)
    for damaged, says in (
        (content[:-1], "the saved state is cut off"),
        (b"", "the saved state is not a safetensors file"),
        (content.replace(b'{\\"epoch\\": 3}', b'[\\"epoch\\", 3]'), "the saved state has no position"),
        (content.replace(b"optimizer/0/", b"optimizer/x/"), "the saved state is not of this run's model"),
        (other, "the saved state is not of this run's model: size mismatch"),
    ):
        with pytest.raises(ValueError, match=says) as caught:
            load_state(damaged, model, optimizer)
        assert str(caught.value).isprintable()
