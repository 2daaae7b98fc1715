"""Checkpoints as safetensors: weights to use elsewhere, and the training state that a resume continues from.

Both are tensors plus JSON in the file's metadata, so that opening one runs no code. A weights file holds
everything needed to rebuild the objective: its settings, the modalities' shapes and the tasks.
"""

import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_bytes
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.dataset import Modality, Samples, Task
from engine.errors import UserError
from engine.files.json_text import parse_json
from engine.files.memory import reading_room
from engine.files.safetensors_header import parse_header
from engine.objective import Objective, build_objective
from engine.settings.encoder import PretrainedSettings
from engine.settings.experiment import ExperimentSettings, parse
from engine.settings.paths import local_path
from engine.training.checkpoint_header import FORMAT, CheckpointError, read_checkpoint_header
from engine.views import plain_view, view_plan

_MODALITIES = TypeAdapter(tuple[Modality, ...])
_TASKS = TypeAdapter(tuple[Task, ...])


@dataclass(frozen=True)
class Checkpoint:
    """A rebuilt objective in `eval` mode, on the CPU, with what the file says of itself."""

    objective: Objective
    settings: ExperimentSettings
    modalities: tuple[Modality, ...]
    tasks: tuple[Task, ...]
    facts: Mapping[str, Any]

    @torch.inference_mode()
    def represent(
        self, samples: Mapping[str, Samples | Tensor], subset: Sequence[str] | None = None
    ) -> Tensor:
        """The fused representation (n, width), float32, as the probes saw it: of all modalities that the
        method reads, or of a subset.

        samples: each modality's values (n, *shape) as data sets hold them: vectors and sequences as they
        were scaled for training, images uint8, texts token ids; `Samples` where steps at the end are padding.
        Raises `CheckpointError` for a modality that is missing or of another shape.
        """
        known = {modality.name: modality for modality in self.modalities}
        plan = view_plan(self.settings, self.modalities)
        batch = {}
        for name in self.objective.readable(subset):
            if name not in samples:
                there = ", ".join(known) or "none"
                raise CheckpointError(f"the samples lack '{name}'; the modalities are {there}")
            given = samples[name]
            batch[name] = given if isinstance(given, Samples) else Samples(given)
            _check_shape(known[name], batch[name].values)
        return self.objective.represent(plain_view(batch, plan), list(batch)).float()


def _check_shape(modality: Modality, values: Tensor) -> None:
    """Raises `CheckpointError` for what cannot be items of the modality; texts and sequences may be
    shorter."""
    came, free = tuple(values.shape), modality.kind in ("sequence", "text")
    fits = len(came) == len(modality.shape) + 1 and (
        came[2:] == modality.shape[1:] if free else came[1:] == modality.shape
    )
    if not fits:
        expected = ", ".join(map(str, modality.shape))
        raise CheckpointError(
            f"'{modality.name}' came as {came}; a {modality.kind} is ({', '.join(('n', expected))})"
        )


def save_weights(
    file: Path,
    weights: Mapping[str, Tensor],
    settings: ExperimentSettings,
    modalities: Sequence[Modality],
    tasks: Sequence[Task],
    facts: Mapping[str, Any],
) -> None:
    """Write an objective's state dict with all that `load_checkpoint` needs to rebuild it; raises `OSError`
    where that fails."""
    run = identity(settings, modalities, tasks)
    _save(weights, file, {"format": FORMAT, **run, "facts": json.dumps(dict(facts))})


def identity(
    settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]
) -> dict[str, str]:
    """What a file says of the run that it is from: settings, modalities and tasks, as JSON each."""
    return {
        "settings": settings.model_dump_json(),
        "modalities": _MODALITIES.dump_json(tuple(modalities)).decode(),
        "tasks": _TASKS.dump_json(tuple(tasks)).decode(),
    }


def read_identity(
    run: Mapping[str, str],
) -> tuple[ExperimentSettings, tuple[Modality, ...], tuple[Task, ...]]:
    """What `identity` wrote; raises `KeyError`, `ValueError` or `SettingsError` where it is none."""
    return (
        parse(json.loads(run["settings"])),
        _MODALITIES.validate_json(run["modalities"]),
        _TASKS.validate_json(run["tasks"]),
    )


def load_checkpoint(file: Path, here: Sequence[Modality] = ()) -> Checkpoint:
    """The objective of a weights file; raises `CheckpointError` for anything else.

    here: modalities of the data set on this machine, which say where the pretrained models are that the data
    set brings along; without them these are looked for where they were in training.

    Somebody else's settings may name any model: no more is made than the file's own size accounts for.
    """
    header = read_checkpoint_header(file)
    try:
        modalities = _MODALITIES.validate_python(header.modalities)
        tasks = _TASKS.validate_python(header.tasks)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"]))
        raise CheckpointError(
            f"{file.name} describes its data in another way: {where}: {error.errors()[0]['msg']}"
        ) from None
    folders = {m.name: m.encoder.path for m in here if isinstance(m.encoder, PretrainedSettings)}
    modalities = tuple(
        replace(m, encoder=m.encoder.model_copy(update={"path": folders[m.name]})) if m.name in folders else m
        for m in modalities
    )
    room = reading_room(file.stat().st_size + _pretrained_bytes(header.settings, modalities))
    try:
        objective = build_objective(header.settings, modalities, tasks, room)
        objective.load_state_dict(load_file(file))
    except UserError as error:
        raise CheckpointError(f"{file.name}: {error}") from None
    except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
        raise CheckpointError(f"{file.name} does not fit its own settings: {lines[-1]}") from None
    return Checkpoint(objective.eval(), header.settings, modalities, tasks, header.facts)


def _pretrained_bytes(settings: ExperimentSettings, modalities: Sequence[Modality]) -> int:
    """Bytes of the pretrained models that are read besides, from folders on this machine."""
    chosen = [settings.encoders.get(modality.name, modality.encoder) for modality in modalities]
    folders = [local_path(path) for encoder in chosen if (path := getattr(encoder, "path", None))]
    files = [folder / "model.safetensors" for folder in folders]
    return sum(file.stat().st_size for file in files if file.is_file())


def save_state(
    file: Path,
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    position: Mapping[str, Any],
    run: Mapping[str, str],
) -> None:
    """Write all that a resume needs: weights and buffers, optimizer moments, and `position` as JSON; `run` as
    `identity` gives it. Raises `OSError` where that fails."""
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": value for name, value in moments.items()}
    metadata = {"format": FORMAT, "position": json.dumps(dict(position)), "run": json.dumps(dict(run))}
    _save(tensors, file, metadata)


def state_metadata(content: bytes) -> dict[str, str]:
    """The metadata of a saved state; raises `HeaderError` for what is no safetensors file."""
    metadata, _ = parse_header(io.BytesIO(content), len(content), "the saved state")
    return metadata


def load_state(content: bytes, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Put a saved state back into model and optimizer; returns its position. Raises `CheckpointError` for a
    state that is damaged, or of another model."""
    metadata = state_metadata(content)
    position = parse_json(metadata.get("position", ""), "the position of the saved state", CheckpointError)
    if not isinstance(position, dict):
        raise CheckpointError("the saved state has no position")
    tensors = load_bytes(content)
    weights = {
        name.removeprefix("model/"): value for name, value in tensors.items() if name.startswith("model/")
    }
    moments: dict[int, dict[str, Tensor]] = {}
    try:
        for name, value in tensors.items():
            if name.startswith("optimizer/"):
                _, index, key = name.split("/")
                moments.setdefault(int(index), {})[key] = value
        model.load_state_dict(weights)
        optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    except (RuntimeError, ValueError) as error:
        said = str(error).splitlines()[-1].strip()
        raise CheckpointError(f"the saved state is not of this run's model: {said}") from None
    return position


def _save(tensors: Mapping[str, Tensor], file: Path, metadata: dict[str, str]) -> None:
    """As safetensors' `save_file`, whose own error for a disk without room is no `OSError`."""
    try:
        save_file(_detached(tensors), file, metadata=metadata)
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise OSError(str(error)) from None
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(file)) from None


def _detached(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
