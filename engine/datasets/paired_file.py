"""The user's own aligned arrays (docs/data.md#your-own-file): one file, or a training and a test file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.dataset import DatasetError, Modality, MultimodalDataset, Split
from engine.datasets.common.modality_defaults import modality
from engine.datasets.paired.grouping import group_rows
from engine.datasets.paired.joining import PARTS, join
from engine.datasets.paired.labels import task_of
from engine.datasets.paired.outliers import far_values, told
from engine.datasets.paired.scaling import apply_scaling, fit_scaling
from engine.datasets.paired.splitting import split_rows
from engine.files.arrays import Column
from engine.files.labels import read_label
from engine.settings.dataset import PairedFileSettings

KINDS: dict[int, Literal["vector", "sequence", "image"]] = {2: "vector", 3: "sequence", 4: "image"}

Rows = NDArray[np.int64]


class Items(NamedTuple):
    """A modality's items as a model takes them, the valid steps (n,) where they differ, and what is odd."""

    values: Tensor
    lengths: Tensor | None
    notes: tuple[str, ...] = ()


def load(settings: PairedFileSettings, home: Path) -> MultimodalDataset:
    """The data set in the user's file; nothing is cached. Raises `DatasetError` for whatever cannot be
    used."""
    joined = join(settings)
    modalities = tuple(modality_of(name, joined.columns[name]) for name in settings.modalities)
    label = read_label(
        settings.label, joined.columns[settings.label], settings.label_kind, settings.missing_label
    )
    grouping = group_rows(settings, joined)
    rows = split_rows(settings, label, joined.parts, grouping.groups)
    task = task_of(settings.label, label, rows.train)
    items = {
        m.name: items_of(m, joined.columns.pop(m.name), rows.train, settings.standardise) for m in modalities
    }
    targets = torch.from_numpy(label.values)
    groups = None if grouping.groups is None else torch.from_numpy(grouping.groups)

    def split(chosen: Rows) -> Split:
        at = torch.from_numpy(chosen)
        return Split(
            items={name: arrays.values for name, arrays in items.items()},
            rows=dict.fromkeys(items, at),
            labels={task.name: targets[at]},
            lengths={name: arrays.lengths for name, arrays in items.items() if arrays.lengths is not None},
            groups=None if groups is None else groups[at],
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
        notes=(*label.notes, *joined.notes, *grouping.notes, *_notes_of(items)),
        is_split_given=PARTS.index("test") in joined.parts,
    )


def _notes_of(items: Mapping[str, Items]) -> list[str]:
    return [note for arrays in items.values() for note in arrays.notes]


def modality_of(name: str, column: Column) -> Modality:
    """The modality that an array is, by its shape; raises `DatasetError` for one that is none."""
    shape = column.values.shape
    if column.names:
        raise DatasetError(f"the modality '{name}' is text; give numbers, such as embeddings of the text")
    if len(shape) not in KINDS:
        raise DatasetError(
            f"the modality '{name}' has the shape {shape}; allowed are (rows, d), (rows, t, d), (rows, c, h, "
            "w)"
        )
    return modality(name, KINDS[len(shape)], shape[1:])


def items_of(m: Modality, column: Column, train: Rows, standardise: bool) -> Items:
    """Items as uint8 (images) or float32, with mean 0 and deviation 1 over the rows `train` if asked for.

    Raises `DatasetError` for a modality that never varies there.
    """
    values, lengths = column.values, column.lengths
    if m.kind == "image":
        if (values[train] == values[train[0]]).all():
            raise DatasetError(_constant(m.name, len(train)))
        return Items(torch.from_numpy(values), None)
    valid = None if lengths is None else np.arange(values.shape[1]) < lengths[:, None]
    scaling = fit_scaling(values, valid, train)
    if not scaling.deviation.any():
        raise DatasetError(_constant(m.name, len(train)))
    scaled = apply_scaling(values, scaling)
    if valid is not None:
        scaled[~valid] = 0.0
    notes = told(m.name, far_values(values, scaled))
    if not standardise:
        scaled = values.astype(np.float32)
        # float32 keeps 24 binary digits of a value: less than eight are left for what varies
        offset = np.abs(scaling.mean + scaling.origin.astype(np.float64))
        lost = np.flatnonzero((scaling.deviation > 0) & (scaling.deviation < offset * 2.0**-16))
        if len(lost):
            notes.append(
                f"{len(lost):,} columns of '{m.name}' vary by little beside their mean and lose digits as "
                f"float32 (the first is column {lost[0]}); data.standardise centres them first"
            )
    return Items(
        torch.from_numpy(scaled), None if lengths is None else torch.from_numpy(lengths), tuple(notes)
    )


def _constant(name: str, rows: int) -> str:
    return f"the modality '{name}' never varies over the {rows:,} training rows; leave it out"
