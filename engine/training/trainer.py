"""One training loop for every objective: batches, views, a step, the curves, validation, checkpoints, resume.

Exact resume: all randomness of a step comes from generators seeded by (seed, purpose, epoch, step, rank), the
learning rate is a function of the step, and the saved state holds the rest; so a run that was interrupted
anywhere and resumed ends, on a CPU, with the same bits as one that was not.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from accelerate import Accelerator
from torch import Tensor

from engine.dataset import MultimodalDataset
from engine.objective import Objective, Progress
from engine.randomness import derive_seed, torch_generator
from engine.recorder import (
    GRADIENT_NORM,
    LEARNING_RATE,
    SPEED,
    TRAIN,
    TRAINING_LOSS,
    VALIDATION_LOSS,
    ArtifactKind,
    Fact,
    Recorder,
)
from engine.settings.experiment import ExperimentSettings
from engine.training.batches import Batches, TrainingError, check_labels, with_labels
from engine.training.checkpoint import load_state, save_state, save_weights
from engine.training.placing import free_bytes, on_device, on_host
from engine.training.processes import agree, broadcast_bytes
from engine.training.schedule import learning_rate
from engine.training.updates import Updates
from engine.views import view_plan

Outcome = Literal["finished", "stopped"]


@dataclass
class Position:
    """Where a run stands: the next batch to take, the curve window that is open, and the best validation so
    far."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    best_loss: float = math.inf
    best_epoch: int = -1
    window_steps: int = 0
    window: dict[str, Any] = field(default_factory=dict)


class Trainer:
    """Trains one objective on one data set; `run` returns when it is finished or was asked to stop.

    recorder: where curves and checkpoints go (only the main process's is used); work: a folder for temporary
    files; after_epoch: called on the main process with the epochs and steps done, while the objective may be
    read.
    """

    def __init__(
        self,
        objective: Objective,
        dataset: MultimodalDataset,
        settings: ExperimentSettings,
        accelerator: Accelerator,
        recorder: Recorder,
        work: Path,
        after_epoch: Callable[[int, int], None] | None = None,
    ) -> None:
        self.unlabelled = len(dataset.train)
        dataset = with_labels(objective, dataset)
        self.unlabelled -= len(dataset.train)
        self.settings, self.dataset, self.accelerator = settings, dataset, accelerator
        self.recorder, self.work, self.after_epoch = recorder, work, after_epoch
        self.batches = Batches(objective, view_plan(settings, dataset.modalities), accelerator)
        self.batch_size = settings.training.batch_size
        if len(dataset.train) < self.batch_size:
            raise TrainingError(
                f"training.batch_size is {self.batch_size}; choose at most the {len(dataset.train)} "
                "training samples"
            )
        self.alike = check_labels(objective, dataset, settings.data.name)
        self.steps_per_epoch = len(dataset.train) // self.batch_size
        device = accelerator.device
        self.train, self.validation = on_device(
            (dataset.train, dataset.validation), objective.readable(), device, free_bytes(device)
        )
        self.objective = objective.to(device)
        self.updates = Updates(self.objective, settings.training, accelerator, recorder.message)
        self.model, self.optimizer = self.updates.model, self.updates.optimizer
        self.position = Position()
        self._unsaved_best: dict[str, Tensor] | None = None
        self._logged_at = self._saved_at = time.monotonic()

    def run(self) -> Outcome:
        """Train from the saved state, or from the start, to the end of the settings' epochs or of the
        patience."""
        if self.unlabelled:
            self.recorder.message(
                f"{self.unlabelled:,} training samples without a label are left out: the method needs labels"
            )
        for task in self.alike:
            self.recorder.message(
                f"all training samples have the same label of '{task}': nothing can be learned from it"
            )
        self._resume()
        position, epochs, patience = (
            self.position,
            self.settings.training.epochs,
            self.settings.training.patience,
        )
        while position.epoch < epochs:
            if self._train_epoch() == "stopped":
                self._save_state()
                return "stopped"
            self._validate()
            position.epoch, position.batch = position.epoch + 1, 0
            if patience and position.epoch - 1 - position.best_epoch >= patience:
                self.recorder.message(
                    f"stopped early: epoch {position.best_epoch + 1} stayed best for {patience} epochs"
                )
                self._report(epochs=position.epoch, steps=position.step)
                position.epoch = epochs
            else:
                self._report()
            if self.after_epoch is not None and self.accelerator.is_main_process:
                self.after_epoch(position.epoch, position.step)
            self._save_state_if_due()
        self._save_state()
        self._save_weights("last", self.objective.state_dict(), epochs - 1)
        return "finished"

    def _train_epoch(self) -> Outcome:
        position = self.position
        order = torch.randperm(
            len(self.dataset.train), generator=torch_generator(self.settings.seed, "order", position.epoch)
        )
        self.model.train()
        while position.batch < self.steps_per_epoch:
            if agree(self.recorder.should_stop(), self.accelerator):
                return "stopped"
            self.step(order[position.batch * self.batch_size :][: self.batch_size])
            position.batch += 1
            self._save_state_if_due()
        return "finished"

    def step(self, indices: Tensor) -> None:
        """One optimiser step on a batch, of which every process takes its share."""
        training, position = self.settings.training, self.position
        rate = learning_rate(training, position.step, self.steps_per_epoch)
        progress = Progress(
            position.epoch, training.epochs, position.step, self.settings.seed, self.accelerator.process_index
        )
        # Layers that draw from the global generator (dropout in a borrowed encoder) must resume exactly too.
        torch.manual_seed(
            derive_seed(self.settings.seed, "layers", position.epoch, position.step, progress.rank)
        )
        ends_window = (position.step + 1) % training.log_every == 0
        views, labels = self.batches.take(self.train, indices, progress)
        loss, terms, norm = self.updates.step(views, progress, labels, rate, ends_window)
        figures: dict[str, Any] = {LEARNING_RATE: rate} | ({} if norm is None else {GRADIENT_NORM: norm})
        position.step += 1
        self._collect({TRAINING_LOSS: loss} | {f"{TRAIN}{name}": value for name, value in terms.items()})
        self._report()
        if ends_window:
            self._log(figures)

    def _report(self, epochs: int | None = None, steps: int | None = None) -> None:
        """Tell how far training is; an early end says how long the run became."""
        epochs = epochs or self.settings.training.epochs
        steps = steps or epochs * self.steps_per_epoch
        self.recorder.progress(epoch=self.position.epoch, epochs=epochs, step=self.position.step, steps=steps)

    def _collect(self, terms: Mapping[str, Tensor]) -> None:
        """Add a step's terms to the open window without waiting for the device."""
        for name, value in terms.items():
            self.position.window[name] = self.position.window.get(name, 0.0) + value
        self.position.window_steps += 1

    def _log(self, figures: Mapping[str, Any]) -> None:
        """Close the window: its mean terms become one point of each curve, with the speed since the last
        point."""
        position, now = self.position, time.monotonic()
        totals = on_host(position.window)
        values = {name: total / position.window_steps for name, total in totals.items()}
        if not math.isfinite(values[TRAINING_LOSS]):
            raise TrainingError(
                f"the loss became {values['train/loss']} by step {position.step}; "
                "try a lower learning_rate, a clip_norm, or precision fp32"
            )
        speed = position.window_steps * self.batch_size / max(now - self._logged_at, 1e-9)
        self.recorder.metrics(
            position.step,
            values | on_host(figures) | {SPEED: speed},
        )
        position.window, position.window_steps, self._logged_at = {}, 0, now

    @torch.no_grad()
    def _validate(self) -> None:
        """Mean loss on the validation split, with views and masks that are the same every epoch, and the best
        so far.

        Weights that ramp over epochs stand at their final value, so that losses of different epochs can be
        compared.
        """
        split, position = self.validation, self.position
        size = (
            min(self.batch_size, len(split))
            // self.accelerator.num_processes
            * self.accelerator.num_processes
        )
        if size < 2 * self.accelerator.num_processes:
            return
        self.model.eval()
        losses = []
        seed, last = derive_seed(self.settings.seed, "validation"), self.settings.training.epochs - 1
        for number, indices in enumerate(torch.split(torch.arange(len(split)), size)):
            if len(indices) == size:
                progress = Progress(last, last + 1, number, seed, self.accelerator.process_index)
                views, labels = self.batches.take(split, indices, progress)
                losses.append(self.model(views, progress, labels).loss)
        loss = float(self.accelerator.reduce(torch.stack(losses).mean(), "mean"))
        self.recorder.metrics(position.step, {VALIDATION_LOSS: loss})
        if loss < position.best_loss:
            position.best_loss, position.best_epoch = loss, position.epoch
            self._unsaved_best = {
                name: value.detach().cpu().clone() for name, value in self.objective.state_dict().items()
            }

    def _resume(self) -> None:
        """Continue from the state that the recorder kept, if there is one; all processes load the main one's
        bytes."""
        content = None
        if self.accelerator.is_main_process:
            file = self.work / "resume.safetensors"
            if self.recorder.restore("state", file):
                content = file.read_bytes()
                file.unlink()
        content = broadcast_bytes(content, self.accelerator)
        if content is None:
            return
        saved = load_state(content, self.objective, self.optimizer.optimizer)
        scaler = saved.pop("scaler")
        if scaler and self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(scaler)
        self.position = Position(**saved)
        self.recorder.message(f"resumed at epoch {self.position.epoch + 1}, step {self.position.step}")

    def _save_state_if_due(self) -> None:
        due = time.monotonic() - self._saved_at >= self.settings.training.state_seconds
        if agree(due, self.accelerator):
            self._save_state()

    def _save_state(self) -> None:
        """Keep the best weights if they are new, then the state: a resume after any crash finds the two
        consistent."""
        if self._unsaved_best is not None:
            self._save_weights("best", self._unsaved_best, self.position.best_epoch)
            self._unsaved_best = None
        if self.accelerator.is_main_process:
            window = on_host(self.position.window)
            scaler = self.accelerator.scaler.state_dict() if self.accelerator.scaler is not None else None
            file = self.work / "state.safetensors"
            position = asdict(self.position) | {"window": window, "scaler": scaler}
            save_state(file, self.objective, self.optimizer.optimizer, position)
            self.recorder.save("state", file, {"epoch": self.position.epoch, "step": self.position.step})
            file.unlink()
        self._saved_at = time.monotonic()

    def _save_weights(self, kind: ArtifactKind, weights: Mapping[str, Tensor], epoch: int) -> None:
        if not self.accelerator.is_main_process:
            return
        facts: dict[str, Fact] = {"kind": kind, "epoch": epoch + 1, "step": self.position.step}
        if kind == "best":
            facts["validation_loss"] = self.position.best_loss
        file = self.work / f"{kind}.safetensors"
        save_weights(file, weights, self.settings, self.dataset.modalities, self.dataset.tasks, facts)
        self.recorder.save(kind, file, facts)
        file.unlink()
