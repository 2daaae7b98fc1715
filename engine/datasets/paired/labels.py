"""A label column as a task: whole numbers and text are classes, decimals a regression, columns of 0 and 1 a
multi-label."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.dataset import DatasetError, Task
from engine.files.arrays import Column
from engine.files.contents import is_binary


def task_of(name: str, column: Column) -> tuple[Task, NDArray[Any]]:
    """The task and its labels: int64 (n,) counted from 0, float32 (n,), or int64 (n, k) of 0 and 1.

    Raises `DatasetError` for a label that never varies, or of a shape that no task has.
    """
    values = column.values[:, 0] if column.values.ndim == 2 and column.values.shape[1] == 1 else column.values
    if values.ndim == 2:
        return _multilabel(name, values)
    if values.ndim != 1:
        raise DatasetError(
            f"the label '{name}' has the shape {values.shape}; allowed are (rows,) and (rows, labels) of 0 "
            "and 1"
        )
    if values.dtype.kind == "f":
        if (values == values[0]).all():
            raise DatasetError(f"the label '{name}' is {values[0]:g} in every row; there is nothing to learn")
        return Task(name, "regression"), values.astype(np.float32)
    kinds, labels = np.unique(values, return_inverse=True)
    names = tuple(column.names[kind] if column.names else str(kind) for kind in kinds)
    if len(kinds) < 2:
        raise DatasetError(f"the label '{name}' has one class only, '{names[0]}'; at least two are needed")
    task = Task(name, "classification", classes=len(kinds), chance=1 / len(kinds), class_names=names)
    return task, labels.astype(np.int64)


def _multilabel(name: str, values: NDArray[Any]) -> tuple[Task, NDArray[np.int64]]:
    if not is_binary(values):
        raise DatasetError(
            f"the label '{name}' has {values.shape[1]} columns, so all its values must be 0 or 1"
        )
    constant = np.flatnonzero((values == values[0]).all(axis=0))
    if len(constant):
        raise DatasetError(
            f"column {constant[0]} of the label '{name}' is {values[0, constant[0]]:g} in every row"
        )
    return Task(name, "multilabel", classes=values.shape[1]), values.astype(np.int64)
