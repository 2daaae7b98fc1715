"""Which samples a run's decomposition reads, how they are grouped for the folds, and their raw inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from torch import Tensor

from engine.dataset import MultimodalDataset, Split, Task, is_labelled
from engine.randomness import numpy_generator
from engine.settings.decomposition import DecompositionSettings

Features = NDArray[np.floating]
ENOUGH_HELD_OUT = 2000
GROUPS_A_FOLD = 4
"""Fewer groups a fold leave too little to choose from."""
MOST_RAW = 1024
"""Most values of a modality's item that are read as they are; of a longer sequence its mean and deviation
over time are."""


@dataclass(frozen=True)
class Pool:
    """Samples from several splits: which rows of each, their labels, and groups that folds may not tear apart
    (or None)."""

    splits: tuple[Split, ...]
    rows: tuple[Tensor, ...]
    labels: dict[str, NDArray[np.generic]]
    groups: NDArray[np.int64] | None

    def __len__(self) -> int:
        return sum(map(len, self.rows))

    def parts(self) -> list[Split]:
        """The pool's samples, split after split."""
        return [split.select(rows) for split, rows in zip(self.splits, self.rows, strict=True) if len(rows)]

    def at_most(self, largest: int, seed: int) -> "Pool":
        """A random part of the pool, if it has more samples than that."""
        n = len(self)
        if n <= largest:
            return self
        kept = np.sort(numpy_generator(seed, "decomposition/part").permutation(n)[:largest])
        start, rows = 0, []
        for own in self.rows:
            inside = kept[(kept >= start) & (kept < start + len(own))] - start
            rows.append(own[torch.from_numpy(inside)])
            start += len(own)
        labels = {name: values[kept] for name, values in self.labels.items()}
        return Pool(self.splits, tuple(rows), labels, None if self.groups is None else self.groups[kept])


def pool_samples(
    dataset: MultimodalDataset, settings: DecompositionSettings, seed: int, trained_with_labels: bool
) -> Pool:
    """Held-out samples, or all labelled ones, as the settings say; at most `settings.largest`, drawn by the
    seed.

    The probe's training split shares its samples with the encoder's training in most data sets, its test and
    validation splits do not; where a method was trained with labels, only those show what it learned.
    """
    held_out = (dataset.probe_validation, dataset.probe_test)
    few = sum(map(len, held_out)) < ENOUGH_HELD_OUT
    everything = settings.samples == "all" or (settings.samples == "auto" and few and not trained_with_labels)
    splits = (dataset.probe_train, *held_out) if everything else held_out
    rows = tuple(_labelled_rows(split, dataset.tasks) for split in splits)
    labels = {
        task.name: np.concatenate(
            [split.labels[task.name][own].numpy() for split, own in zip(splits, rows, strict=True)]
        )
        for task in dataset.tasks
    }
    pool = Pool(splits, rows, labels, None).at_most(settings.largest, seed)
    given = _given_groups(pool)
    return replace(pool, groups=_groups(pool, settings.folds) if given is None else given)


def _labelled_rows(split: Split, tasks: Sequence[Task]) -> Tensor:
    """Positions of the samples that have a label of every task."""
    has = torch.ones(len(split), dtype=torch.bool)
    for task in tasks:
        has &= is_labelled(split.labels[task.name])
    return has.nonzero().flatten()


def _given_groups(pool: Pool) -> NDArray[np.int64] | None:
    """The groups that the data themselves name, where all of the splits do."""
    parts = [split.groups for split in pool.parts()]
    named = [groups for groups in parts if groups is not None]
    return torch.cat(named).numpy() if named and len(named) == len(parts) else None


def _groups(pool: Pool, folds: int) -> NDArray[np.int64] | None:
    """Groups of samples that share items; None where every sample has items of its own.

    Samples are linked by the items they share. Where that leaves too few separate groups (pairs drawn from
    one small pool of images), those that share an item of the modality with fewest items stay together, so
    that at least these cannot be recognised from another fold.
    """
    items = {name: _item_numbers(pool, name) for name in pool.splits[0].rows}
    counts = {name: len(np.unique(numbers)) for name, numbers in items.items()}
    n = len(pool)
    if all(count == n for count in counts.values()):
        return None
    offset, ends = 0, []
    for numbers in items.values():
        ends.append(numbers + offset)
        offset += int(numbers.max()) + 1
    links = list(pairwise(ends)) or [(ends[0], ends[0])]
    first, second = (np.concatenate(parts) for parts in zip(*links, strict=True))
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(offset, offset))
    whole = np.asarray(connected_components(graph, directed=False)[1])[ends[0]].astype(np.int64)
    if len(np.unique(whole)) >= GROUPS_A_FOLD * folds:
        return whole
    fewest = items[min(counts, key=lambda name: counts[name])]
    return fewest if len(np.unique(fewest)) >= GROUPS_A_FOLD * folds else None


def _item_numbers(pool: Pool, name: str) -> NDArray[np.int64]:
    """A number for the item of every sample, other splits' items apart unless they are the same
    collection."""
    collections: list[object] = []
    parts = []
    for split, rows in zip(pool.splits, pool.rows, strict=True):
        known = next((k for k, one in enumerate(collections) if one is split.items[name]), None)
        if known is None:
            known = len(collections)
            collections.append(split.items[name])
        parts.append(np.stack([np.full(len(rows), known), split.rows[name][rows].numpy()], 1))
    numbers: NDArray[np.int64] = np.unique(np.concatenate(parts), axis=0, return_inverse=True)[1].astype(
        np.int64
    )
    return numbers.reshape(-1)


def shuffled_within_labels(pool: Pool, task: str, modalities: Sequence[str], seed: int) -> Pool:
    """The pool with the items of these modalities exchanged among samples of one label, within each split."""
    generator = numpy_generator(seed, "decomposition/pairing")
    splits = []
    for split, rows in zip(pool.splits, pool.rows, strict=True):
        labels, order = split.labels[task][rows].numpy(), rows.numpy().copy()
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            order[members] = order[generator.permutation(members)]
        mixed = {name: own.clone() for name, own in split.rows.items()}
        for name in modalities:
            mixed[name][rows] = split.rows[name][torch.from_numpy(order)]
        splits.append(replace(split, rows=mixed))
    return replace(pool, splits=tuple(splits))


def raw_features(dataset: MultimodalDataset, pool: Pool) -> tuple[Pool, dict[str, Features]] | None:
    """The raw inputs of every modality as vectors; None where one is an image or a text, which no small probe
    can read."""
    if any(modality.kind in ("image", "text") for modality in dataset.modalities):
        return None

    def flat(split: Split, name: str, most: int) -> Tensor:
        values, is_padding = split.fetch(name, split.rows[name])
        values = values.float()
        if values.ndim == 2 or (values[0].numel() <= most and is_padding is None):
            return values.flatten(1)
        valid = torch.ones(values.shape[:2]) if is_padding is None else (~is_padding).float()
        count = valid.sum(1).clamp(min=1)[:, None]
        mean = (values * valid[..., None]).sum(1) / count
        spread = (((values - mean[:, None]) * valid[..., None]).square().sum(1) / count).sqrt()
        return torch.cat([mean, spread], 1)

    return pool, {
        modality.name: torch.cat([flat(split, modality.name, MOST_RAW) for split in pool.parts()]).numpy()
        for modality in dataset.modalities
    }
