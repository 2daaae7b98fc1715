"""What a training step costs on this machine, measured before anything is started."""

import time
from pathlib import Path
from typing import NamedTuple

import torch

from engine.files.temporary import temporary_folder
from engine.objective import fresh_objective
from engine.recorders.folder import SilentRecorder
from engine.settings.experiment import ExperimentSettings
from engine.training.loading import load_shared
from engine.training.processes import build_accelerator
from engine.training.trainer import Trainer


class StepCost(NamedTuple):
    """Measured cost of a configuration: seconds a step, steps of a full run, bytes of its weights."""

    seconds: float
    steps: int
    weights_bytes: int


def measure_step(settings: ExperimentSettings, home: Path, steps: int = 3) -> StepCost:
    """Time `steps` training steps of this configuration on this machine, after one to warm up; nothing is
    kept.

    A run of several processes is timed by one of them with its share of the batch; what they exchange is not
    in the figure.
    """
    training = settings.training
    alone = settings.model_copy(update={"training": training.alone()})
    accelerator = build_accelerator(alone.training)
    dataset = load_shared(settings, home, accelerator)
    objective = fresh_objective(settings, dataset)
    with temporary_folder(home) as work:
        trainer = Trainer(objective, dataset, alone, accelerator, SilentRecorder(), work)
        trainer.model.train()
        batch = torch.arange(trainer.batch_size)
        trainer.step(batch)
        _wait_for(accelerator.device)
        start = time.perf_counter()
        for _ in range(steps):
            trainer.step(batch)
        _wait_for(accelerator.device)
        seconds = (time.perf_counter() - start) / steps
    weights = sum(value.numel() * value.element_size() for value in objective.state_dict().values())
    return StepCost(seconds, training.epochs * (len(dataset.train) // training.batch_size), weights)


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
