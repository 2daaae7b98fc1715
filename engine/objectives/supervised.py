"""Supervised: the fusion encoder of CoMM and InfMasking trained with labels, as the ceiling to hold their
probes against."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.dataset import Modality, Task
from engine.gathering import mean_over_processes
from engine.objective import NO_LABELS, Labels, Progress, StepOutput, View
from engine.objectives.bases.fused import FusionObjective
from engine.settings.experiment import ExperimentSettings, SettingsError
from engine.settings.objective import SupervisedSettings


class Supervised(FusionObjective):
    """Loss: mean over the tasks trained of the loss of a linear head on the fused representation of one
    augmented view.

    Cross-entropy for classes, binary cross-entropy for several labels, mean squared error for values.
    """

    augmented_views = 1
    trains_single_views = False

    def __init__(self, settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]):
        super().__init__(settings, modalities)
        self.tasks = tuple(tasks)
        self.label_names = tuple(task.name for task in tasks)
        # a list, not a dictionary: tasks may have names that torch keeps for itself
        self.heads = nn.ModuleList(nn.Linear(settings.fusion.width, max(task.classes, 1)) for task in tasks)

    def forward(self, views: Sequence[View], progress: Progress, labels: Labels = NO_LABELS) -> StepOutput:
        """Mean of the tasks' losses, from labels by task name; reads one view."""
        fused = self.represent(views[0])
        shown, losses, hits = {}, [], []
        for task, head in zip(self.tasks, self.heads, strict=True):
            predicted, target = _precise(head(fused)), labels[task.name]
            losses.append(mean_over_processes(task_loss(task, predicted, target)))
            shown[f"label_{task.name}"] = losses[-1].detach()
            if task.kind == "classification":
                hits.append(
                    mean_over_processes((predicted.detach().argmax(-1) == target).to(predicted.dtype).mean())
                )
        if hits:
            shown["accuracy"] = torch.stack(hits).mean()
        return StepOutput(torch.stack(losses).mean(), shown)


def task_loss(task: Task, predicted: Tensor, target: Tensor) -> Tensor:
    """Mean loss of a head's outputs (b, outputs) against labels (b,) or (b, k); raises `ValueError` where
    shapes differ."""
    if task.kind == "classification":
        return F.cross_entropy(predicted, target.long())
    target = target.to(predicted.dtype).view(len(target), -1)
    if target.shape != predicted.shape:
        raise ValueError(
            f"'{task.name}' has {target.shape[1]} labels a sample; its head has {predicted.shape[1]} outputs"
        )
    if task.kind == "multilabel":
        return F.binary_cross_entropy_with_logits(predicted, target)
    return F.mse_loss(predicted, target)


def _precise(outputs: Tensor) -> Tensor:
    return outputs if outputs.dtype == torch.float64 else outputs.float()


def build(settings: ExperimentSettings, modalities: Sequence[Modality], tasks: Sequence[Task]) -> Supervised:
    """The objective; raises `SettingsError` for a task that the data set does not have."""
    assert isinstance(settings.objective, SupervisedSettings)
    wanted = settings.objective.task
    chosen = [task for task in tasks if wanted in (None, task.name)]
    if not chosen:
        there = ", ".join(task.name for task in tasks) or "none, as the data set has no labels"
        raise SettingsError(f"supervised has no task '{wanted or ''}' to train on; choose from {there}")
    return Supervised(settings, modalities, chosen)
