"""What a checkpoint says of itself, read without torch: by the dashboard and the command line, and before
weights are.

The header is somebody else's word. It is bounded in size and depth, and checked for kind, before it is
believed.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engine.errors import UserError
from engine.files.json_text import parse_json
from engine.files.safetensors_header import HeaderError, read_header
from engine.recorder import Fact
from engine.settings.experiment import ExperimentSettings, SettingsError, parse

FORMAT = "infmasking-studio/1"
MOST_MODALITIES, MOST_TASKS, MOST_FACTS = 32, 1000, 100
LONGEST_FACT = 500


class CheckpointError(UserError):
    """A file that is no checkpoint of ours, or not of this run; one line with what came and what is
    expected."""


class CheckpointHeader(NamedTuple):
    """Settings, facts (kind, epoch, step, …), modalities and tasks as plain data, and where each tensor
    stands."""

    settings: ExperimentSettings
    facts: dict[str, Fact]
    modalities: list[Any]
    tasks: list[Any]


def read_checkpoint_header(file: Path) -> CheckpointHeader:
    """The header of a weights file; raises `CheckpointError`, one line, for anything else."""
    metadata = read_metadata(file)
    if "settings" not in metadata:
        raise CheckpointError(f"{file.name} is no checkpoint of weights: it carries no settings")
    try:
        settings = parse(_part(metadata, "settings", dict, file))
    except SettingsError as error:
        raise CheckpointError(f"{file.name} carries settings that do not fit this version: {error}") from None
    modalities, tasks = _part(metadata, "modalities", list, file), _part(metadata, "tasks", list, file)
    for name, listed, most in (("modalities", modalities, MOST_MODALITIES), ("tasks", tasks, MOST_TASKS)):
        if len(listed) > most:
            raise CheckpointError(f"{file.name} names {len(listed):,} {name}; at most {most:,} are read")
    return CheckpointHeader(settings, _facts(metadata, file), modalities, tasks)


def read_metadata(file: Path) -> dict[str, str]:
    """The metadata of one of our files; raises `CheckpointError` where it is none."""
    try:
        metadata = read_header(file).metadata
    except HeaderError as error:
        raise CheckpointError(str(error)) from None
    if metadata.get("format") != FORMAT:
        came = str(metadata.get("format"))[:40]
        raise CheckpointError(
            f"{file.name} is no checkpoint of InfMasking Studio: its format is {came!r}, not {FORMAT!r}"
        )
    return metadata


def _part(metadata: Mapping[str, str], name: str, kind: type, file: Path) -> Any:
    """One JSON text of the metadata, which must be a table or a list; a list that is not there is empty."""
    content = parse_json(
        metadata.get(name, "[]" if kind is list else "{}"), f"{file.name}: '{name}'", CheckpointError
    )
    if not isinstance(content, kind):
        raise CheckpointError(
            f"{file.name}: '{name}' is a {type(content).__name__}; a {kind.__name__} is expected"
        )
    return content


def _facts(metadata: Mapping[str, str], file: Path) -> dict[str, Fact]:
    """Facts are shown and stored as they are: few, short, and plain."""
    facts: dict[str, Any] = _part(metadata, "facts", dict, file)
    if len(facts) > MOST_FACTS:
        raise CheckpointError(f"{file.name} carries {len(facts):,} facts; at most {MOST_FACTS} are read")
    for name, value in facts.items():
        plain = (
            value is None
            or isinstance(value, str | bool)
            or (isinstance(value, int | float) and math.isfinite(value))
        )
        if not plain or len(name) > LONGEST_FACT or len(str(value)) > LONGEST_FACT:
            raise CheckpointError(
                f"{file.name}: the fact '{name[:40]}' is a {type(value).__name__}; text, a number, true, "
                f"false or null of at most {LONGEST_FACT} characters is expected"
            )
    return facts
