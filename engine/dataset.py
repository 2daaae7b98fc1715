"""What a data set is to everything else: modalities, tasks and splits. Implementations live in
`engine/datasets/`.

A sample refers to items by row, so that an item shared by many samples (an image in many pairs) is stored,
and encoded for the probe, once. Data sets know nothing of methods, augmentation or views.
"""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, NamedTuple, Protocol

import torch
from torch import Tensor

from engine.errors import DatasetError as DatasetError  # noqa: PLC0414  (data sets and their callers find it here)
from engine.files.fingerprint import check_fingerprint
from engine.settings.choices import AnyAugmentation, AnyEncoder
from engine.settings.dataset import DataFilesSettings, DatasetSettings
from engine.settings.kinds import ModalityKind


@dataclass(frozen=True)
class Modality:
    """One modality: its name, kind and the shape of one item.

    Shapes: vector (d,), sequence (t, d), image (c, h, w) uint8, text (t,) int64 token ids. The encoder and
    augmentation are what the data set recommends where the settings name none. Of a text, `mask_token`
    replaces what is masked, and `special_tokens` never are.
    """

    name: str
    kind: ModalityKind
    shape: tuple[int, ...]
    encoder: AnyEncoder
    augmentation: AnyAugmentation
    mask_token: int | None = None
    special_tokens: tuple[int, ...] = ()


@dataclass(frozen=True)
class Information:
    """Partial information decomposition of a task that is known by construction, in bits (Bertschinger et
    al., 2014, arXiv 1311.2852); error: by how much an integrated figure may be off, 0 where it is exact."""

    redundancy: float
    unique1: float
    unique2: float
    synergy: float
    error: float = 0.0


@dataclass(frozen=True)
class Task:
    """Something to predict. `chance` is the macro-averaged accuracy of guessing, or None where it has no such
    value.

    `classes` of a regression are the values it predicts for a sample (0: one). `class_names` are what the
    data call the classes (multilabel: the columns), where they have names of their own. A regression less
    `centre`, over `scale` (one number a value), has mean 0 and deviation 1 in training; empty: as it is.
    """

    name: str
    kind: Literal["classification", "multilabel", "regression"]
    measures: Literal["redundancy", "uniqueness", "synergy", "label"] = "label"
    classes: int = 0
    chance: float | None = None
    information: Information | None = None
    class_names: tuple[str, ...] = ()
    centre: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    def target(self, labels: Tensor) -> Tensor:
        """What an objective trains on: labels (b, …), of a regression centred and scaled, then float32."""
        if self.kind != "regression" or not self.centre:
            return labels
        centre, scale = (torch.tensor(numbers, dtype=torch.float64) for numbers in (self.centre, self.scale))
        values = labels.double().reshape(len(labels), -1)
        return ((values - centre) / scale).float().reshape(labels.shape)


def is_labelled(labels: Tensor) -> Tensor:
    """(n,) True where a row of labels (n, …) is one: no NaN among decimals, no −1 among whole numbers."""
    present = ~labels.isnan() if labels.is_floating_point() else labels >= 0
    return present if present.ndim == 1 else present.flatten(1).all(dim=1)


class Samples(NamedTuple):
    """A batch of one modality: values (b, *shape) and, for padded sequences, is_padding (b, t), True where
    padded."""

    values: Tensor
    is_padding: Tensor | None = None


class Items(Protocol):
    """Distinct items of a modality, indexable by a vector of rows; a tensor is one, a lazy reader may be
    another."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Tensor, /) -> Tensor: ...


@dataclass(frozen=True)
class Split:
    """Aligned samples. `rows[m][j]` is the item of modality m in sample j; `lengths[m]` the valid steps of
    each item.

    `labels[task]` are classes int64 (n,), columns int64 (n, k) of 0 and 1, or values (n,) or (n, k) of a
    floating type; a sample without a label of the task has −1 or NaN there (`is_labelled`): it is trained on,
    and no probe and no decomposition of the task reads it. `groups` (n,): samples of one number belong
    together (a patient, a video), across splits too; None where every sample stands for itself.
    """

    items: Mapping[str, Items]
    rows: Mapping[str, Tensor]
    labels: Mapping[str, Tensor] = field(default_factory=dict)
    lengths: Mapping[str, Tensor] = field(default_factory=dict)
    groups: Tensor | None = None

    def __len__(self) -> int:
        return len(next(iter(self.rows.values())))

    def batch(self, indices: Tensor) -> dict[str, Samples]:
        """The samples at `indices` (b,), one `Samples` a modality."""
        return {name: self.fetch(name, rows[indices]) for name, rows in self.rows.items()}

    def fetch(self, modality: str, rows: Tensor) -> Samples:
        """Items of one modality by their rows (b,), with the padding mask where lengths are known."""
        values = self.items[modality][rows]
        if modality not in self.lengths:
            return Samples(values)
        steps = torch.arange(values.shape[1], device=values.device)
        return Samples(values, steps[None, :] >= self.lengths[modality][rows][:, None])

    def select(self, chosen: Tensor) -> "Split":
        """The samples at these positions (b,), or where a mask (n,) is True; items stay where they are."""
        return replace(
            self,
            rows={name: rows[chosen] for name, rows in self.rows.items()},
            labels={name: labels[chosen] for name, labels in self.labels.items()},
            groups=None if self.groups is None else self.groups[chosen],
        )


@dataclass(frozen=True)
class MultimodalDataset:
    """`train` and `validation` are what objectives see; the three probe splits are for probes, and
    `probe_test` is opened once.

    Probe splits carry the labels of every task. `train` and `validation` carry those that the data have for
    them, which only objectives that ask for labels by name are given. `notes` are sentences for whoever
    brought the data: what was taken for what, and what is odd. `is_split_given`: the data themselves say
    which samples are for the test.

    What all of them promise (tests/engine/datasets/test_dataset_contract.py): modalities are named as their
    settings say before anything is read; items have the stated shape, float32 (images uint8, texts int64) and
    finite; the settings alone decide the content; padding stands behind at least one step that is none;
    a sample of `probe_test` is in no other split.
    """

    modalities: tuple[Modality, ...]
    tasks: tuple[Task, ...]
    train: Split
    validation: Split
    probe_train: Split
    probe_validation: Split
    probe_test: Split
    notes: tuple[str, ...] = ()
    is_split_given: bool = False


def load_dataset(settings: DatasetSettings, home: Path) -> MultimodalDataset:
    """The data set that the settings name; `home` is the folder where rendered data is cached.

    Raises `DatasetError` for files that are missing, misaligned or not of their format, and for those that
    have changed since the settings became a run's.
    """
    if isinstance(settings, DataFilesSettings):
        check_fingerprint(settings, home)
    return importlib.import_module(f"engine.datasets.{settings.name}").load(settings, home)  # type: ignore[no-any-return]
