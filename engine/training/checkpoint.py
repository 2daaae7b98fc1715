"""Checkpoints as safetensors: weights to use elsewhere, and the training state that a resume continues from.

Both are tensors plus JSON in the file's metadata, so that opening one runs no code. A weights file holds
everything needed to rebuild the objective: its settings, the modalities' shapes and the tasks.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_bytes
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from engine.dataset import Modality, Task
from engine.errors import UserError
from engine.objective import Objective, build_objective
from engine.settings.experiment import ExperimentSettings, SettingsError, parse

FORMAT = "infmasking-studio/1"
_MODALITIES = TypeAdapter(tuple[Modality, ...])
_TASKS = TypeAdapter(tuple[Task, ...])


class CheckpointError(UserError):
    """A file that is no checkpoint of ours, or not of this run; one line with what came and what is
    expected."""


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
    """The objective of a weights file; raises `CheckpointError` for anything else."""
    metadata = read_metadata(file)
    try:
        settings = parse(json.loads(metadata["settings"]))
        modalities = _MODALITIES.validate_json(metadata["modalities"])
        tasks = _TASKS.validate_json(metadata.get("tasks", "[]"))
        facts = json.loads(metadata.get("facts", "{}"))
    except (KeyError, ValueError, SettingsError) as error:
        raise CheckpointError(
            f"{file.name} carries no usable settings: {str(error).splitlines()[0]}"
        ) from None
    objective = build_objective(settings, modalities, tasks)
    try:
        objective.load_state_dict(load_file(file))
    except RuntimeError as error:
        raise CheckpointError(
            f"{file.name} does not fit its own settings: {str(error).splitlines()[-1].strip()}"
        ) from None
    return Checkpoint(objective.eval(), settings, modalities, tasks, facts)


def read_metadata(file: Path) -> dict[str, str]:
    """The metadata of one of our files; raises `CheckpointError` when it is none."""
    try:
        with safe_open(file, "pt") as content:
            metadata = content.metadata() or {}
    except FileNotFoundError:
        raise CheckpointError(f"no file {file}") from None
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file.name} is no safetensors file: {error}") from None
    if metadata.get("format") != FORMAT:
        raise CheckpointError(
            f"{file.name} is no checkpoint of InfMasking Studio: its format is {metadata.get('format')!r}, "
            f"not {FORMAT!r}"
        )
    return metadata


def save_state(
    file: Path, model: nn.Module, optimizer: torch.optim.Optimizer, position: Mapping[str, Any]
) -> None:
    """Write all that a resume needs: weights and buffers, optimizer moments, and `position` as JSON."""
    tensors = {f"model/{name}": value for name, value in model.state_dict().items()}
    for index, moments in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{index}/{name}": value for name, value in moments.items()}
    save_file(_detached(tensors), file, metadata={"format": FORMAT, "position": json.dumps(dict(position))})


def load_state(content: bytes, model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """Put a saved state back into model and optimizer; returns its position."""
    tensors = load_bytes(content)
    model.load_state_dict(
        {name.removeprefix("model/"): value for name, value in tensors.items() if name.startswith("model/")}
    )
    moments: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        if name.startswith("optimizer/"):
            _, index, key = name.split("/")
            moments.setdefault(int(index), {})[key] = value
    optimizer.load_state_dict({"state": moments, "param_groups": optimizer.state_dict()["param_groups"]})
    header = int.from_bytes(content[:8], "little")
    position: dict[str, Any] = json.loads(json.loads(content[8 : 8 + header])["__metadata__"]["position"])
    return position


def _detached(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().to("cpu").contiguous() for name, value in tensors.items()}
