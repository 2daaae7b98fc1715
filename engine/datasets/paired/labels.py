"""A label column as a task, with the figures by which values to predict are scaled."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.dataset import Task
from engine.datasets.paired.scaling import fit_scaling
from engine.files.labels import LabelReading


def task_of(name: str, label: LabelReading, train: NDArray[np.int64]) -> Task:
    """The task that a label is; values are centred and scaled by the labelled rows among `train`."""
    if label.kind == "classification":
        classes = len(label.class_names)
        return Task(
            name, "classification", classes=classes, chance=1 / classes, class_names=label.class_names
        )
    if label.kind == "multilabel":
        return Task(name, "multilabel", classes=label.values.shape[1])
    table: NDArray[Any] = label.values.reshape(len(label.values), -1)
    scaling = fit_scaling(table, None, train[label.labelled[train]])
    deviation = np.where(scaling.deviation > 0, scaling.deviation, 1.0)
    return Task(
        name,
        "regression",
        classes=0 if label.values.ndim == 1 else table.shape[1],
        centre=tuple(scaling.mean.tolist()),
        scale=tuple(deviation.tolist()),
    )
