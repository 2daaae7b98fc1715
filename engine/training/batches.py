"""What an objective is given of a batch: the local share of it, on the device, as views and labels."""

from dataclasses import dataclass, replace

from accelerate import Accelerator
from torch import Tensor

from engine.dataset import MultimodalDataset, Samples, Split, is_labelled
from engine.errors import UserError
from engine.objective import Objective, Progress, View
from engine.training.placing import sent
from engine.views import ViewPlan, augmented_views, plain_view


class TrainingError(UserError):
    """Training that cannot be, or cannot go on; one line with what happened and what helps."""


@dataclass(frozen=True)
class Batches:
    """Takes batches out of a split, as the objective wants them; every process takes its own share."""

    objective: Objective
    plan: ViewPlan
    accelerator: Accelerator

    def take(self, split: Split, indices: Tensor, progress: Progress) -> tuple[list[View], dict[str, Tensor]]:
        """As many augmented views as the objective wants, of the modalities it reads, and the labels that it
        asks for. The split may be on the device in parts (`engine/training/placing.py`)."""
        share = indices.chunk(self.accelerator.num_processes)[self.accelerator.process_index]
        device = self.accelerator.device
        at = {"cpu": share, device.type: sent(share, device)}

        def chosen(table: Tensor) -> Tensor:
            return table[at[table.device.type]]

        batch = {
            name: Samples(sent(values, device), None if padding is None else sent(padding, device))
            for name in self.objective.readable()
            for values, padding in [split.fetch(name, chosen(split.rows[name]))]
        }
        labels = {name: sent(chosen(split.labels[name]), device) for name in self.objective.label_names}
        count = self.objective.augmented_views
        if count == 0:
            return [plain_view(batch, self.plan)], labels
        return augmented_views(batch, self.plan, progress.generator("augmentation", device), count), labels


def with_labels(objective: Objective, dataset: MultimodalDataset) -> MultimodalDataset:
    """The data set as an objective trains on it: samples that carry a label of all tasks it asks for, values
    centred and scaled. For an objective that asks for none it is the same."""
    tasks = {task.name: task for task in dataset.tasks}

    def part(split: Split) -> Split:
        wanted = [name for name in objective.label_names if name in split.labels]
        for name in wanted:
            has = is_labelled(split.labels[name])
            split = split if has.all() else split.select(has)
        targets = {name: tasks[name].target(split.labels[name]) for name in wanted}
        return replace(split, labels={**split.labels, **targets})

    if not objective.label_names:
        return dataset
    return replace(dataset, train=part(dataset.train), validation=part(dataset.validation))


def check_labels(objective: Objective, dataset: MultimodalDataset, name: str) -> list[str]:
    """Tasks the objective trains on whose labels are all alike in training, from which nothing can be
    learned.

    Raises `TrainingError` if these are all of its tasks, or if training or validation samples carry no labels
    of one.
    """
    for task in objective.label_names:
        if task not in dataset.train.labels or task not in dataset.validation.labels:
            raise TrainingError(
                f"the training samples of {name} carry no labels of '{task}'; choose an objective without "
                "labels"
            )
    alike = [
        task
        for task in objective.label_names
        if (dataset.train.labels[task] == dataset.train.labels[task][:1]).all()
    ]
    if alike and len(alike) == len(objective.label_names):
        raise TrainingError(
            f"all training samples of {name} have the same label of {', '.join(alike)}; choose a task whose "
            "labels vary there"
        )
    return alike
