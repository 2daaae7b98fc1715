"""What the other machines of a run type to take their part in it."""

import json
import shlex
from pathlib import Path

from app.training.scheduling import Place
from app.training.trainer_command import joining_command
from engine.errors import UserError
from engine.settings.experiment import ExperimentSettings, parse
from storage.database import Database
from storage.runs import get_run


class JoiningError(UserError):
    """A run that has no other machines, or a file that cannot be written."""


def write_joining(db: Database, run_id: int, file: Path) -> list[str]:
    """Write a run's settings to `file` and return the lines that say what to do with it. Raises
    `JoiningError`."""
    settings = parse(get_run(db, run_id).settings)
    if settings.training.machines == 1:
        raise JoiningError(f"run {run_id} is of one machine; training.machines says how many there are")
    try:
        file.write_text(json.dumps(settings.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise JoiningError(f"{file} cannot be written: {error.strerror}") from None
    return [
        f"# Copy {file} to every other machine, with the same code and data, then type there, within half "
        "an hour of the start:",
        *joining_lines(settings, str(file)),
    ]


def joining_lines(settings: ExperimentSettings, file: str) -> list[str]:
    """One command for each machine but the first."""
    training = settings.training
    each = training.processes // training.machines
    where = Place(
        (), training.threads or 1, each, training.machines, training.main_address, training.main_port
    )
    on_cpu = "ACCELERATE_USE_CPU=true " if training.device == "cpu" else ""
    return [
        on_cpu + shlex.join(joining_command(where, rank, file, f"machine-{rank}"))
        for rank in range(1, training.machines)
    ]
