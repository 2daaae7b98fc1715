"""Checkpoints as safetensors: weights to use elsewhere, and the training state that a resume continues from.

Both are tensors plus JSON in the file's metadata, so that opening one runs no code. A weights file holds
everything needed to rebuild the objective: its settings, the modalities' shapes and the tasks.
"""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors.torch import load as load_bytes
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.dataset import Modality, Task
from engine.errors import UserError
from engine.files.json_text import parse_json
from engine.files.memory import reading_room
from engine.files.safetensors_header import parse_header
from engine.objective import Objective, build_objective
from engine.settings.experiment import ExperimentSettings
from engine.settings.paths import local_path
from engine.training.checkpoint_header import FORMAT, CheckpointError, read_checkpoint_header

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


def save_weights(
    file: Path,
    weights: Mapping[str, Tensor],
    settings: ExperimentSettings,
    modalities: Sequence[Modality],
    tasks: Sequence[Task],
    facts: Mapping[str, Any],
) -> None:
    """Write an objective's state dict with all that `load_checkpoint` needs to rebuild it."""
    metadata = {
        "format": FORMAT,
        "settings": settings.model_dump_json(),
        "modalities": _MODALITIES.dump_json(tuple(modalities)).decode(),
        "tasks": _TASKS.dump_json(tuple(tasks)).decode(),
        "facts": json.dumps(dict(facts)),
    }
    save_file(_detached(weights), file, metadata=metadata)


def load_checkpoint(file: Path) -> Checkpoint:
    """The objective of a weights file; raises `CheckpointError` for anything else.

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
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, position: Mapping[str, Any]
) -> None:
    """Write all that a resume needs: weights and buffers, optimizer moments, and `position` as JSON."""
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": value for name, value in moments.items()}
    save_file(_detached(tensors), file, metadata={"format": FORMAT, "position": json.dumps(dict(position))})


def load_state(content: bytes, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Put a saved state back into model and optimizer; returns its position. Raises `CheckpointError` for a
    state that is damaged, or of another model."""
    metadata, _ = parse_header(io.BytesIO(content), len(content), "the saved state")
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


def _detached(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
