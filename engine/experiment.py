"""One run from settings to results: data, training, probing. The only file that knows the whole order."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray

from engine.dataset import DatasetError, MultimodalDataset, Split, Task, is_labelled
from engine.decomposing.watch import DecompositionWatch, decompose_objective
from engine.files.temporary import temporary_folder
from engine.objective import Objective, fresh_objective
from engine.probing.linear_probe import LabelledFeatures, chance_among, effective_samples, probe
from engine.probing.representation import FeatureExtractor
from engine.recorder import ArtifactKind, Fact, Recorder
from engine.recorders.folder import SilentRecorder
from engine.settings.experiment import ExperimentSettings, changed
from engine.settings.training import TrainingSettings
from engine.training.checkpoint import Checkpoint, load_checkpoint
from engine.training.checkpoint_header import read_checkpoint_header
from engine.training.loading import load_shared
from engine.training.matching import check_readable
from engine.training.processes import build_accelerator
from engine.training.trainer import Outcome, Trainer
from engine.views import view_plan


def run_experiment(settings: ExperimentSettings, recorder: Recorder, home: Path) -> Outcome:
    """Train (from the recorder's saved state, if it has one) and probe; "stopped" when the recorder asked for
    it.

    home: folder for rendered data and temporary files. Raises `UserError`s.
    """
    accelerator = build_accelerator(settings.training)
    if not accelerator.is_main_process:
        recorder = SilentRecorder()
    recorder.phase("loading data")
    dataset = load_shared(settings, home, accelerator)
    for note in dataset.notes:
        recorder.message(note)
    objective = fresh_objective(settings, dataset)
    with temporary_folder(home) as work:
        recorder.phase("training")
        watch = DecompositionWatch(objective, dataset, settings, recorder, accelerator.device)
        outcome = Trainer(objective, dataset, settings, accelerator, recorder, work, watch.after_epoch).run()
        if outcome == "stopped" or not accelerator.is_main_process:
            return outcome
        kind: ArtifactKind = "best" if settings.training.patience else "last"
        file = work / "probed.safetensors"
        if kind == "best" and recorder.restore("best", file):
            objective.load_state_dict(load_checkpoint(file, dataset.modalities).objective.state_dict())
        else:  # none was kept, for want of room or of a validation
            kind = "last"
        recorder.phase("probing")
        probe_objective(objective, dataset, settings, recorder, accelerator.device, kind)
        if settings.decomposition.enabled:
            recorder.phase("decomposing")
            untrained = fresh_objective(settings, dataset).to(accelerator.device)
            decompose_objective(objective, untrained, dataset, settings, recorder, accelerator.device)
    return "finished"


def probe_checkpoint(
    file: Path, recorder: Recorder, home: Path, data: Mapping[str, Any] | None = None
) -> None:
    """Probe a weights file on the data set that its own settings name.

    data: settings of the data set other than the file's, such as where it is on this machine. Raises
    `UserError`s.
    """
    reopened = _reopen(file, recorder, home, {"data": data or {}})
    recorder.phase("probing")
    kind = str(reopened.checkpoint.facts.get("kind", "last"))
    probe_objective(reopened.objective, reopened.dataset, reopened.settings, recorder, reopened.device, kind)


def decompose_checkpoint(
    file: Path,
    recorder: Recorder,
    home: Path,
    changes: Mapping[str, Any],
    data: Mapping[str, Any] | None = None,
) -> None:
    """Decompose what a weights file captured, with some settings of the decomposition changed; data and what
    is raised as for `probe_checkpoint`."""
    reopened = _reopen(file, recorder, home, {"decomposition": changes, "data": data or {}})
    recorder.phase("decomposing")
    untrained = fresh_objective(reopened.settings, reopened.dataset).to(reopened.device)
    decompose_objective(
        reopened.objective, untrained, reopened.dataset, reopened.settings, recorder, reopened.device
    )


class _Reopened(NamedTuple):
    """A checkpoint, its objective on the device, and the data set and settings that it meets here."""

    checkpoint: Checkpoint
    objective: Objective
    dataset: MultimodalDataset
    settings: ExperimentSettings
    device: torch.device


def _reopen(
    file: Path, recorder: Recorder, home: Path, changes: Mapping[str, Mapping[str, Any]]
) -> _Reopened:
    settings = changed(read_checkpoint_header(file).settings, changes)
    accelerator = build_accelerator(_anywhere(settings.training))
    recorder.phase("loading data")
    dataset = load_shared(settings, home, accelerator)
    checkpoint = load_checkpoint(file, dataset.modalities)
    check_readable(checkpoint, dataset, file.name)
    return _Reopened(
        checkpoint, checkpoint.objective.to(accelerator.device), dataset, settings, accelerator.device
    )


def probe_objective(
    objective: Objective,
    dataset: MultimodalDataset,
    settings: ExperimentSettings,
    recorder: Recorder,
    device: torch.device,
    kind: str,
) -> None:
    """Linear probes of all tasks on one pass of features; results go to the recorder.

    kind: which checkpoint the weights are from; "best" where early stopping chose one, else "last".
    """
    extractor = FeatureExtractor(
        objective.eval(), view_plan(settings, dataset.modalities), device, settings.probe.batch_size
    )
    splits = (dataset.probe_train, dataset.probe_validation, dataset.probe_test)
    features = [extractor.extract(split).numpy() for split in splits]
    for task in dataset.tasks:
        parts = [_labelled(task, x, split) for x, split in zip(features, splits, strict=True)]
        outcome = probe(task, parts[0], parts[1], parts[2], settings.probe)
        facts = task_facts(task) | {
            "n_train": outcome.n_train,
            "n_test": outcome.n_test,
            "n_effective": effective_samples(parts[2].y) if task.kind == "classification" else outcome.n_test,
            "chance": chance_among(task, parts[2].y) if task.kind == "classification" else task.chance,
            "cost": outcome.cost,
            "split": "test",
            "checkpoint": kind,
        }
        occur = len(set(parts[2].y.tolist())) if task.kind == "classification" else task.classes
        if occur < task.classes:
            recorder.message(
                f"{task.name}: {occur} of {task.classes} classes occur in the test split; accuracy and "
                "chance are over these"
            )
        for metric, value in outcome.values.items():
            recorder.result(task.name, metric, value, facts)
            recorder.message(f"{task.name} {metric} {value:.4g} (n = {outcome.n_test})")


def _labelled(task: Task, x: NDArray[Any], split: Split) -> LabelledFeatures:
    """The representations of the samples that have a label of the task, with their labels."""
    labels = split.labels[task.name]
    has = is_labelled(labels)
    if not has.any():
        raise DatasetError(f"no sample of a probe's split has a label of '{task.name}'")
    return LabelledFeatures(x[has.numpy()], labels[has].numpy())


def task_facts(task: Task) -> dict[str, Fact]:
    """What a task is, as plain values to keep beside its results; information in bits where it is known
    exactly."""
    facts: dict[str, Fact] = {
        "kind": task.kind,
        "measures": task.measures,
        "classes": task.classes,
        "chance": task.chance,
    }
    if task.information is not None:
        known = task.information
        facts |= {"true_redundancy": known.redundancy, "true_unique1": known.unique1}
        facts |= {"true_unique2": known.unique2, "true_synergy": known.synergy}
        facts["true_error"] = known.error
    return facts


def _anywhere(training: TrainingSettings) -> TrainingSettings:
    """The settings for one process in full precision on whatever device is here: a checkpoint may come from
    another machine."""
    return training.alone().model_copy(update={"device": "auto", "precision": "fp32", "compile": False})
