"""When a run decomposes: at its end, and while it trains where that was asked for. No failure here loses the
run."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from engine.dataset import MultimodalDataset
from engine.decomposing.decomposer import Decomposer, curve_points, guarded, record
from engine.decomposing.rows_file import Read, write_rows
from engine.objective import Objective
from engine.recorder import Recorder
from engine.settings.experiment import ExperimentSettings
from engine.views import view_plan


def decompose_objective(
    objective: Objective,
    untrained: Objective,
    dataset: MultimodalDataset,
    settings: ExperimentSettings,
    recorder: Recorder,
    device: torch.device,
) -> None:
    """Decompose all tasks for the trained and the untrained encoder, and for raw inputs where that shows the
    ceiling."""
    options, epochs = settings.decomposition, settings.training.epochs

    def work() -> None:
        decomposer = _decomposer(objective, dataset, settings, device)
        unknown = any(task.information is None for task in dataset.tasks)
        raw = decomposer.read_raw() if options.raw == "yes" or (options.raw == "auto" and unknown) else {}
        record(raw, "raw", 0, recorder)
        before = decomposer.read(untrained)
        record(before, "untrained", 0, recorder, raw)
        trained = decomposer.read(objective)
        if not trained:
            recorder.message("no decomposition: the method reads one modality alone")
        record(trained, "trained", epochs, recorder, raw)
        _save_rows(
            [
                Read("trained", trained, decomposer.pool),
                Read("untrained", before, decomposer.pool),
                Read("raw", raw, decomposer.raw_pool),
            ],
            recorder,
        )
        for task, reason in decomposer.refused.items():
            recorder.message(f"no decomposition of {task}: {reason}")
        for sides, tasks in trained.items():
            for task, told in tasks.items():
                recorder.message(
                    f"{task} ({sides}): at least {max(told.synergy.low, 0.0):.3f} bits of synergy "
                    f"(usable with this probe, N = {told.n:,}); S = {told.synergy.value:.3f}, gain "
                    f"{told.gain.value:.3f}"
                )

    guarded(recorder, "the run", work)


def _save_rows(reads: Sequence[Read], recorder: Recorder) -> None:
    """Keep what was told of each sample beside the run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.parquet"
        count = write_rows(file, reads)
        if count:
            recorder.save("rows", file, {"rows": count})


class DecompositionWatch:
    """Decomposes every so many epochs while a run trains, as long as that takes no more than its share of the
    time. A point on the way has no controls and no learning curve, which only the end is asked for.

    One that comes too early is made up for after the next epoch that leaves room for it. Nothing that
    training draws or keeps is touched: the objective is read in `eval` mode, and probes draw from generators
    of their own.
    """

    def __init__(
        self,
        objective: Objective,
        dataset: MultimodalDataset,
        settings: ExperimentSettings,
        recorder: Recorder,
        device: torch.device,
    ) -> None:
        self.objective, self.dataset, self.settings = objective, dataset, settings
        self.recorder, self.device = recorder, device
        self._decomposer: Decomposer | None = None
        self._began, self._spent, self._due = time.monotonic(), 0.0, False

    def after_epoch(self, epochs: int, step: int) -> None:
        """Decompose now if it is due and affordable; the run's last epoch is left to its end."""
        options, whole = self.settings.decomposition, self.settings.training.epochs
        period = options.period(whole)
        if not period or epochs >= whole:
            return
        self._due |= epochs % period == 0
        if self._due and self._spent <= options.share * (time.monotonic() - self._began - self._spent):
            began = time.monotonic()
            self._due = False
            guarded(self.recorder, f"epoch {epochs}", lambda: self._decompose(epochs, step))
            self._spent += time.monotonic() - began

    def _decompose(self, epochs: int, step: int) -> None:
        self._decomposer = self._decomposer or _decomposer(
            self.objective, self.dataset, without_controls(self.settings), self.device
        )
        decompositions = self._decomposer.read(self.objective)
        record(decompositions, "trained", epochs, self.recorder)
        self.recorder.metrics(step, curve_points(decompositions))


def without_controls(settings: ExperimentSettings) -> ExperimentSettings:
    """The settings of a point on the way: the same estimate and interval, without what takes most of the time
    and is shown of the end alone."""
    light = settings.decomposition.model_copy(update={"controls": 0, "curve": False})
    return settings.model_copy(update={"decomposition": light})


def _decomposer(
    objective: Objective, dataset: MultimodalDataset, settings: ExperimentSettings, device: torch.device
) -> Decomposer:
    plan = view_plan(settings, dataset.modalities)
    labelled = bool(objective.label_names)
    return Decomposer(
        dataset, settings.decomposition, settings.seed, plan, device, settings.probe.batch_size, labelled
    )
