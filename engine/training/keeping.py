"""What a run keeps of itself: the best and the last weights, and the state that a resume continues from.

A disk without room costs no former file: what is written is written aside first. Whether training goes on
then is a setting (`training.on_full_disk`).
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from torch import Tensor

from engine.dataset import MultimodalDataset
from engine.objective import Objective
from engine.recorder import ArtifactKind, Fact, Recorder
from engine.settings.experiment import ExperimentSettings
from engine.training.batches import TrainingError
from engine.training.checkpoint import identity, load_state, save_state, save_weights, state_metadata
from engine.training.matching import check_same_run
from engine.training.placing import on_host
from engine.training.processes import agree, broadcast_bytes
from engine.training.updates import Updates


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


class Keeper:
    """Saves and restores a run by way of its recorder; every process of the run calls it at the same places.

    work: a folder for temporary files. kept_step: the step of the state that is kept, None where none is.
    """

    def __init__(
        self,
        objective: Objective,
        updates: Updates,
        dataset: MultimodalDataset,
        settings: ExperimentSettings,
        accelerator: Accelerator,
        recorder: Recorder,
        work: Path,
    ) -> None:
        self.objective, self.updates, self.dataset, self.settings = objective, updates, dataset, settings
        self.accelerator, self.recorder, self.work = accelerator, recorder, work
        self.kept_step: int | None = None
        self._unsaved_best: dict[str, Tensor] | None = None
        self._tried_at = time.monotonic()
        self._unkept: set[ArtifactKind] = set()

    def resume(self) -> Position | None:
        """Load the state that the recorder kept, if there is one; all processes load the main one's bytes.

        Raises `CheckpointError` for the state of another run.
        """
        content = None
        if self.accelerator.is_main_process:
            file = self.work / "resume.safetensors"
            if self.recorder.restore("state", file):
                content = file.read_bytes()
                file.unlink()
        content = broadcast_bytes(content, self.accelerator)
        if content is None:
            return None
        check_same_run(state_metadata(content), self.settings, self.dataset)
        saved = load_state(content, self.objective, self.updates.optimizer.optimizer)
        scaler = saved.pop("scaler")
        if scaler and self.accelerator.scaler is not None:
            self.accelerator.scaler.load_state_dict(scaler)
        position = Position(**saved)
        self.kept_step = position.step
        return position

    def new_best(self) -> None:
        """Hold the weights of now as the best; they are kept with the next state."""
        self._unsaved_best = {
            name: value.detach().cpu().clone() for name, value in self.objective.state_dict().items()
        }

    def is_due(self) -> bool:
        """Whether a state should be saved now; the same on all processes."""
        due = time.monotonic() - self._tried_at >= self.settings.training.state_seconds
        return agree(due, self.accelerator)

    def save(self, position: Position) -> None:
        """Keep the best weights if they are new, then the state: a resume after any crash finds the two
        consistent, so without the first there is no second. Raises `TrainingError` where the settings say so.
        """
        if self.save_best(position):
            window = on_host(position.window)
            scaler = self.accelerator.scaler.state_dict() if self.accelerator.scaler is not None else None
            content = asdict(position) | {"window": window, "scaler": scaler}
            run = identity(self.settings, self.dataset.modalities, self.dataset.tasks)

            def write(file: Path) -> None:
                save_state(file, self.objective, self.updates.optimizer.optimizer, content, run)

            if self._keep("state", write, {"epoch": position.epoch, "step": position.step}):
                self.kept_step = position.step
        self._tried_at = time.monotonic()

    def save_best(self, position: Position) -> bool:
        """Keep the best weights where they are new; False where that failed."""
        if self._unsaved_best is None:
            return True
        facts: dict[str, Fact] = {"validation_loss": position.best_loss}
        if not self._save_weights("best", self._unsaved_best, position.best_epoch, position.step, facts):
            return False
        self._unsaved_best = None
        return True

    def save_last(self, position: Position) -> None:
        """Keep the weights of now as the run's last."""
        epoch = self.settings.training.epochs - 1
        self._save_weights("last", self.objective.state_dict(), epoch, position.step, {})

    def _save_weights(
        self,
        kind: ArtifactKind,
        weights: Mapping[str, Tensor],
        epoch: int,
        step: int,
        more: Mapping[str, Fact],
    ) -> bool:
        facts: dict[str, Fact] = {"kind": kind, "epoch": epoch + 1, "step": step, **more}

        def write(file: Path) -> None:
            save_weights(file, weights, self.settings, self.dataset.modalities, self.dataset.tasks, facts)

        return self._keep(kind, write, facts)

    def _keep(self, kind: ArtifactKind, write: Callable[[Path], None], facts: Mapping[str, Fact]) -> bool:
        """Hand a file to the recorder; whether it is kept, on the main process's word."""
        kept = self._hand_over(kind, write, facts) if self.accelerator.is_main_process else True
        kept = agree(kept, self.accelerator)
        if not kept and self.settings.training.on_full_disk == "stop":
            raise TrainingError(
                f"the {kind} checkpoint of step {facts['step']} could not be kept, and "
                f"training.on_full_disk is 'stop'; {self.kept_words()}"
            )
        return kept

    def _hand_over(
        self, kind: ArtifactKind, write: Callable[[Path], None], facts: Mapping[str, Fact]
    ) -> bool:
        file = self.work / f"{kind}.safetensors"
        try:
            write(file)
            kept = self.recorder.save(kind, file, facts)
        except OSError as error:
            kept = False
            if kind not in self._unkept:
                self.recorder.message(
                    f"the {kind} checkpoint could not be written: {error.strerror or error}; "
                    f"{self.kept_words()}"
                )
        finally:
            file.unlink(missing_ok=True)
        if not kept:
            self._unkept.add(kind)
        elif kept and kind in self._unkept:
            self._unkept.remove(kind)
            self.recorder.message(f"the {kind} checkpoint is kept again")
        return kept

    def kept_words(self) -> str:
        """What a resume would continue from."""
        return "no state is kept" if self.kept_step is None else f"the state of step {self.kept_step} is kept"
