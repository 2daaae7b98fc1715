"""One training loop for every objective: batches, views, a step, the curves, validation, checkpoints, resume.

Exact resume: all randomness of a step comes from generators seeded by (seed, purpose, epoch, step, rank), the
learning rate is a function of the step, and the saved state holds the rest; so a run that was interrupted
anywhere and resumed ends, on a CPU, with the same bits as one that was not.
"""

import math
import time
from collections.abc import Callable, Mapping
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
    Recorder,
)
from engine.settings.experiment import ExperimentSettings
from engine.training.batches import Batches, TrainingError, check_labels, with_labels
from engine.training.finite import FiniteWatch, NotFinite, are_finite
from engine.training.keeping import Keeper, Position
from engine.training.placing import free_bytes, on_device, on_host
from engine.training.processes import told
from engine.training.schedule import learning_rate
from engine.training.updates import Updates
from engine.views import view_plan

Outcome = Literal["finished", "stopped"]


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
        self.keeper = Keeper(self.objective, self.updates, dataset, settings, accelerator, recorder, work)
        self.position = Position()
        self.watch = FiniteWatch()
        self._last_step = settings.training.epochs * self.steps_per_epoch
        self._window = settings.training.log_every
        if self._last_step < 2 * self._window:  # a short run has a curve too: a point an epoch
            self._window = min(self._window, self.steps_per_epoch)
        self._logged_at, self._told_of_validation = time.monotonic(), False

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
        position, training = self.position, self.settings.training
        epochs, patience = training.epochs, training.patience
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
                self._log({LEARNING_RATE: learning_rate(training, position.step - 1, self.steps_per_epoch)})
                position.epoch = epochs
            else:
                self._report()
            if self.after_epoch is not None and self.accelerator.is_main_process:
                self.after_epoch(position.epoch, position.step)
            self._save_state_if_due()
        self._save_state()
        self.keeper.save_last(position)
        return "finished"

    def _train_epoch(self) -> Outcome:
        position = self.position
        order = torch.randperm(
            len(self.dataset.train), generator=torch_generator(self.settings.seed, "order", position.epoch)
        )
        self.model.train()
        while position.batch < self.steps_per_epoch:
            if self._is_asked_to_stop():
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
        ends_window = (position.step + 1) % self._window == 0 or position.step + 1 == self._last_step
        views, labels = self.batches.take(self.train, indices, progress)
        loss, terms, norm = self.updates.step(views, progress, labels, rate, ends_window)
        figures: dict[str, Any] = {LEARNING_RATE: rate} | ({} if norm is None else {GRADIENT_NORM: norm})
        position.step += 1
        self.watch.see(position.step, "loss", loss)
        if isinstance(norm, Tensor) and self.accelerator.scaler is None:  # a scaler skips such steps itself
            self.watch.see(position.step, "gradient norm", norm)
        if self.accelerator.num_processes == 1:  # several learn of each other's at the next step's start
            self._fail_on(self.watch.first_not_finite(wait=ends_window))
        self._collect({TRAINING_LOSS: loss} | {f"{TRAIN}{name}": value for name, value in terms.items()})
        self._report()
        if ends_window:
            self._log(figures)

    def _is_asked_to_stop(self) -> bool:
        """Whether somebody asked; raises `TrainingError` where a figure of any process was not finite.

        Several processes wait for each other here, in every step.
        """
        not_finite = None if self.accelerator.num_processes == 1 else self.watch.first_not_finite(wait=True)
        stop, failed = told(self.recorder.should_stop(), not_finite is not None, self.accelerator)
        if failed:
            self._fail_on(not_finite or NotFinite(self.position.step, "loss", math.nan))
        return stop

    def _fail_on(self, not_finite: NotFinite | None) -> None:
        """Raise `TrainingError` for a figure that is not finite, with the best weights so far kept."""
        if not_finite is not None:
            self.keeper.save_best(self.position)
            raise TrainingError(f"{not_finite}; {self.keeper.kept_words()}")

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
        if not position.window_steps:
            return
        totals = on_host(position.window)
        values = {name: total / position.window_steps for name, total in totals.items()}
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
            self.keeper.new_best()
        elif not math.isfinite(loss) and not self._told_of_validation:
            self._told_of_validation = True
            self.recorder.message(
                f"the validation loss became {loss} in epoch {position.epoch + 1}; by such a loss no best "
                "weights are chosen"
            )

    def _resume(self) -> None:
        """Continue from the state that the recorder kept, if there is one."""
        position = self.keeper.resume()
        if position is not None:
            self.position = position
            self.recorder.message(f"resumed at epoch {position.epoch + 1}, step {position.step}")

    def _save_state_if_due(self) -> None:
        if self.keeper.is_due():
            self._save_state()

    def _save_state(self) -> None:
        """Save the state; never one that comes after a figure, or has a weight, that is not finite."""
        not_finite = self.watch.first_not_finite(wait=True)
        if not_finite is None and not are_finite(self.objective.state_dict().values()):
            not_finite = NotFinite(self.position.step, "weights", math.nan)
        if told(False, not_finite is not None, self.accelerator)[1]:
            self._fail_on(not_finite or NotFinite(self.position.step, "loss", math.nan))
        self.keeper.save(self.position)
