"""Training on the device: in every precision, and resumed from a saved state bit for bit."""

import math
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import torch
from machine import Setup, forget_accelerator
from outcomes import Outcome
from parts import Cases
from shapes import published, trainer_for
from torch import Tensor

from engine.recorder import ArtifactKind, Fact
from engine.recorders.folder import SilentRecorder

STEPS = 8
RATE = 1e-3


class Interrupted(SilentRecorder):
    """Keeps the curve, and the state in a folder; asks the run to stop after some steps, where a number is
    given."""

    def __init__(self, folder: Path, stop_after: int | None = None) -> None:
        self.folder, self.stop_after = folder, stop_after
        self.losses: list[float] = []
        self.step = 0

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        self.step = step

    def metrics(self, step: int, values: Mapping[str, float]) -> None:
        if "train/loss" in values:
            self.losses.append(values["train/loss"])

    def save(self, kind: ArtifactKind, file: Path, facts: Mapping[str, Fact]) -> None:
        (self.folder / f"{kind}.safetensors").write_bytes(file.read_bytes())

    def restore(self, kind: ArtifactKind, file: Path) -> bool:
        kept = self.folder / f"{kind}.safetensors"
        if kept.exists():
            file.write_bytes(kept.read_bytes())
        return kept.exists()

    def should_stop(self) -> bool:
        return self.stop_after is not None and self.step >= self.stop_after


def cases(setup: Setup) -> Cases:
    """Three precisions, then a resume in each."""
    kinds = ("fp32", "bf16", "fp16")
    learns = {f"{kind} learns": partial(learn, kind, setup) for kind in kinds}
    return learns | {f"{kind} resumes exactly": partial(resume, kind, setup) for kind in kinds}


def learn(precision: str, setup: Setup) -> Outcome:
    """The loss of a few steps on the same batch falls, and stays finite."""
    if precision == "fp16" and setup.device == "cpu":
        return Outcome("not here", "fp16 needs a card")
    with tempfile.TemporaryDirectory() as folder:
        recorder = Interrupted(Path(folder))
        run(precision, setup, recorder)
    first, last = recorder.losses[0], recorder.losses[-1]
    fell = math.isfinite(last) and last < first
    return Outcome("ok" if fell else "FAILED", f"loss {first:.3f} to {last:.3f} in {STEPS} steps")


def resume(precision: str, setup: Setup) -> Outcome:
    """Weights of a run that was stopped in its middle and resumed equal those of one that was not."""
    if precision == "fp16" and setup.device == "cpu":
        return Outcome("not here", "fp16 needs a card")
    torch.use_deterministic_algorithms(True, warn_only=True)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        whole = run(precision, setup, Interrupted(Path(folder)))
        run(precision, setup, Interrupted(Path(other), stop_after=STEPS // 2))
        resumed = run(precision, setup, Interrupted(Path(other)))
    torch.use_deterministic_algorithms(False)
    apart = [name for name, value in whole.items() if not torch.equal(value, resumed[name])]
    return Outcome(
        "FAILED" if apart else "ok",
        f"{len(apart)} of {len(whole)} tensors differ" if apart else "bit for bit",
    )


def run(precision: str, setup: Setup, recorder: Interrupted) -> dict[str, Tensor]:
    """Train InfMasking on a few random pairs and return its weights."""
    forget_accelerator()
    changes = {
        "training.precision": precision,
        "training.epochs": STEPS,
        "training.log_every": 1,
        "training.learning_rate": RATE,
    }
    with tempfile.TemporaryDirectory() as work:
        shape = published("trifeature", setup, batches=1)
        trainer = trainer_for("infmasking", shape, setup, Path(work), recorder, changes)
        trainer.run()
        return {name: value.detach().cpu().clone() for name, value in trainer.objective.state_dict().items()}
