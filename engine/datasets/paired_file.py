"""The user's own aligned arrays (DATASETS.md, "Bring your own"): one file, or a training and a test file."""

from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.dataset import DatasetError, Modality, MultimodalDataset, Split
from engine.datasets.common.modality_defaults import modality
from engine.datasets.common.standardising import standardise
from engine.datasets.paired.joining import join
from engine.datasets.paired.labels import task_of
from engine.datasets.paired.splitting import split_rows
from engine.files.arrays import Column
from engine.settings.dataset import PairedFileSettings

KINDS: dict[int, Literal["vector", "sequence", "image"]] = {2: "vector", 3: "sequence", 4: "image"}


def load(settings: PairedFileSettings, home: Path) -> MultimodalDataset:
    """The data set in the user's file; nothing is cached. Raises `DatasetError` for whatever cannot be
    used."""
    columns, parts = join(settings)
    label = columns.pop(settings.label)
    modalities = tuple(modality_of(name, columns[name]) for name in settings.modalities)
    task, labels = task_of(settings.label, label)
    rows = split_rows(settings, task, labels, parts)
    fitted_on = rows.train if settings.standardise else None
    items = {m.name: items_of(m, columns.pop(m.name), fitted_on) for m in modalities}
    targets = torch.from_numpy(labels)

    def split(chosen: NDArray[np.int64]) -> Split:
        at = torch.from_numpy(chosen)
        return Split(
            items={name: values for name, (values, _) in items.items()},
            rows=dict.fromkeys(items, at),
            labels={task.name: targets[at]},
            lengths={name: lengths for name, (_, lengths) in items.items() if lengths is not None},
        )

    train, validation, test = split(rows.train), split(rows.validation), split(rows.test)
    return MultimodalDataset(
        modalities=modalities,
        tasks=(task,),
        train=train,
        validation=validation,
        probe_train=train,
        probe_validation=validation,
        probe_test=test,
    )


def modality_of(name: str, column: Column) -> Modality:
    """The modality that an array is, by its shape; raises `DatasetError` for one that is none."""
    shape = column.values.shape
    if column.names:
        raise DatasetError(f"the modality '{name}' is text; give numbers, such as embeddings of the text")
    if len(shape) not in KINDS:
        raise DatasetError(
            f"the modality '{name}' has the shape {shape}; allowed are (rows, d), (rows, t, d), (rows, c, "
            "h, w)"
        )
    return modality(name, KINDS[len(shape)], shape[1:])


def items_of(
    m: Modality, column: Column, fitted_on: NDArray[np.int64] | None
) -> tuple[Tensor, Tensor | None]:
    """Items as uint8 (images) or float32, standardised over the rows `fitted_on` if given, and the valid
    steps (n,)."""
    if m.kind == "image":
        return torch.from_numpy(column.values), None
    values = column.values.astype(np.float32)
    valid = None if column.lengths is None else np.arange(values.shape[1]) < column.lengths[:, None]
    if fitted_on is not None:
        values = standardise(values, valid, fitted_on)
    if valid is not None:
        values[~valid] = 0.0
    return torch.from_numpy(values), None if column.lengths is None else torch.from_numpy(column.lengths)
