"""Settings tried out where torch is: how long a step takes, and what is wrong with them on their data."""

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from accelerate.state import PartialState

from app.training.devices import cores
from app.training.processes import host_name
from engine.dataset import load_dataset
from engine.decomposing.watch import decompose_objective
from engine.errors import UserError
from engine.experiment import probe_objective
from engine.objective import build_objective, fresh_objective
from engine.recorders.folder import SilentRecorder
from engine.settings.experiment import parse
from engine.training.loading import load_shared
from engine.training.processes import build_accelerator
from engine.training.step_cost import measure_step
from engine.training.trainer import Trainer


def timed(content: Mapping[str, Any], home: Path, steps: int) -> dict[str, Any]:
    """Seconds a step over `steps` steps, steps of the whole run, bytes of the weights, and where that was
    found."""
    measured = measure_step(parse(content), home, steps)
    device = "a GPU" if PartialState().device.type == "cuda" else "the CPU"
    busy = os.getloadavg()[0] > cores()
    facts = {"host": host_name(), "device": device, "busy": busy, "timed_steps": steps}
    return measured._asdict() | facts


def timed_end(content: Mapping[str, Any], home: Path) -> dict[str, Any]:
    """Seconds that probing and decomposing take after a training, measured on the untrained model: what they
    cost does not hang on the weights."""
    settings = parse(content)
    accelerator = build_accelerator(settings.training.alone())
    dataset = load_shared(settings, home, accelerator)
    objective = fresh_objective(settings, dataset).to(accelerator.device)
    start = time.perf_counter()
    probe_objective(objective, dataset, settings, SilentRecorder(), accelerator.device, "last")
    if settings.decomposition.enabled:
        untrained = fresh_objective(settings, dataset).to(accelerator.device)
        decompose_objective(objective, untrained, dataset, settings, SilentRecorder(), accelerator.device)
    return {"host": host_name(), "seconds": time.perf_counter() - start}


def mistakes_of(data: Any, runs: Iterable[Mapping[str, Any]], folder: Path, home: Path) -> list[str]:
    """One line for each mistake that setting up the trainings on the data finds, equal ones once."""
    mistakes: dict[str, None] = {}
    dataset = load_dataset(data, home)
    parsed = [parse(content) for content in runs]
    accelerator = build_accelerator(parsed[0].training.alone())
    for settings in parsed:
        try:
            Trainer(
                build_objective(settings, dataset.modalities, dataset.tasks),
                dataset,
                settings,
                accelerator,
                SilentRecorder(),
                folder,
            )
        except UserError as error:
            mistakes[str(error)] = None
    return list(mistakes)
