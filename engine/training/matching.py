"""Whether data and settings are those that a state or a checkpoint was made with: one line on what is not."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from engine.dataset import Modality, MultimodalDataset, Task
from engine.encoder import build_encoder
from engine.settings.differences import differences, told
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.training.checkpoint import Checkpoint, read_identity
from engine.training.checkpoint_header import CheckpointError


def check_same_run(
    metadata: Mapping[str, str], settings: ExperimentSettings, dataset: MultimodalDataset
) -> None:
    """Raises `CheckpointError` where a saved state (its metadata) is not of these settings and data.

    States from before they said so pass; whether the model is theirs shows when they are loaded.
    """
    if "run" not in metadata:
        return
    try:
        former, modalities, tasks = read_identity(json.loads(metadata["run"]))
    except (KeyError, TypeError, ValueError, SettingsError) as error:
        raise CheckpointError(
            f"the saved state is of another version of the settings: {str(error).splitlines()[0]}"
        ) from None
    changed = differences(former, settings)
    if changed:
        raise CheckpointError(
            f"the saved state is of a run with other settings: {told(changed)}; start a new run for these"
        )
    changes = [*_modality_changes(modalities, dataset.modalities), *_task_changes(tasks, dataset.tasks)]
    if changes:
        raise CheckpointError(
            f"the data have changed since the state was saved: {told(changes)}; start a new run for them"
        )


def check_readable(checkpoint: Checkpoint, dataset: MultimodalDataset, file: str) -> None:
    """Raises `CheckpointError` where the checkpoint's weights cannot read the data set.

    The number of steps and the size of images may differ where the encoder takes them (it raises
    `EncoderError` where not), and so may the classes of a task whose labels no loss saw.
    """
    former = [_weights_size(m) for m in checkpoint.modalities]
    changes = list(_modality_changes(former, [_weights_size(m) for m in dataset.modalities]))
    learned = checkpoint.objective.label_names
    before, after = (
        [task if task.name in learned else replace(task, classes=0) for task in tasks]
        for tasks in (checkpoint.tasks, dataset.tasks)
    )
    changes += _task_changes(before, after)
    if changes:
        raise CheckpointError(f"{file} does not fit these data: {told(changes)}")
    encoders = checkpoint.settings.encoders
    for trained, given in zip(checkpoint.modalities, dataset.modalities, strict=True):
        if trained.shape != given.shape:
            build_encoder(encoders.get(given.name, trained.encoder), given)


def _modality_changes(former: Sequence[Modality], now: Sequence[Modality]) -> Iterator[str]:
    names, others = (", ".join(m.name for m in some) for some in (former, now))
    if names != others:
        yield f"modalities {names} → {others}"
        return
    for before, after in zip(former, now, strict=True):
        if (before.kind, before.shape) != (after.kind, after.shape):
            yield f"{before.name} {_described(before)} → {_described(after)}"


def _task_changes(former: Sequence[Task], now: Sequence[Task]) -> Iterator[str]:
    before, after = (
        {task.name: f"{task.kind}{f' of {task.classes}' if task.classes else ''}" for task in tasks}
        for tasks in (former, now)
    )
    for name in before | after:
        if before.get(name) != after.get(name):
            yield f"{name} {before.get(name, 'nothing')} → {after.get(name, 'nothing')}"


def _weights_size(modality: Modality) -> Modality:
    """The modality with only those sizes that weights depend on: features, channels."""
    kept = {"vector": modality.shape, "sequence": modality.shape[1:], "image": modality.shape[:1], "text": ()}
    return replace(modality, shape=kept[modality.kind])


def _described(modality: Modality) -> str:
    size = " × ".join(map(str, modality.shape))
    return f"{modality.kind} {size}" if size else modality.kind
