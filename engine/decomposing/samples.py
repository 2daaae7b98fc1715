"""Which samples a run's decomposition reads, how they are grouped for the folds, and their raw inputs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.dataset import MultimodalDataset, Split, Task, is_labelled
from engine.decomposing.belonging import belonging
from engine.randomness import numpy_generator
from engine.settings.decomposition import DecompositionSettings

Features = NDArray[np.floating]
ENOUGH_HELD_OUT = 2000
MOST_RAW = 1024
"""Most values of a modality's item that are read as they are; of a longer sequence its mean and deviation
over time are."""


@dataclass(frozen=True)
class Pool:
    """Samples from several splits: which rows of each; their labels and which of them there are, by task;
    groups that folds may not tear apart (or None); parts of a split that the data came with, 0 for training
    (or None); what to tell of them."""

    splits: tuple[Split, ...]
    rows: tuple[Tensor, ...]
    labels: dict[str, NDArray[np.generic]]
    labelled: dict[str, NDArray[np.bool_]]
    given: NDArray[np.int64] | None = None
    groups: NDArray[np.int64] | None = None
    said: tuple[str, ...] = ()

    def __len__(self) -> int:
        return sum(map(len, self.rows))

    def parts(self) -> list[Split]:
        """The pool's samples, split after split."""
        return [split.select(rows) for split, rows in zip(self.splits, self.rows, strict=True) if len(rows)]

    def places(self) -> tuple[NDArray[np.str_], NDArray[np.int64]]:
        """Of every sample the split of the data set that it is in, "train", "validation" or "test" as probes
        use them, and its place there, counted from 0."""
        names = ("train", "validation", "test")[-len(self.splits) :]
        splits = [np.full(len(rows), name) for name, rows in zip(names, self.rows, strict=True)]
        return np.concatenate(splits), torch.cat(list(self.rows)).numpy()

    def at_most(self, largest: int, seed: int) -> "Pool":
        """A random part of the pool, if it has more samples than that; of a split that was given as many as
        can be held out, up to half."""
        n = len(self)
        if n <= largest:
            return self
        order = numpy_generator(seed, "decomposition/part").permutation(n)
        if self.given is not None:
            held, fitted = order[self.given[order] > 0], order[self.given[order] == 0]
            held = held[: max(largest // 2, largest - len(fitted))]
            order = np.concatenate([held, fitted])
        kept = np.sort(order[:largest])
        start, rows = 0, []
        for split_rows in self.rows:
            inside = kept[(kept >= start) & (kept < start + len(split_rows))] - start
            rows.append(split_rows[torch.from_numpy(inside)])
            start += len(split_rows)
        return Pool(
            self.splits,
            tuple(rows),
            {name: values[kept] for name, values in self.labels.items()},
            {name: values[kept] for name, values in self.labelled.items()},
            None if self.given is None else self.given[kept],
            None if self.groups is None else self.groups[kept],
            self.said,
        )


def pool_samples(
    dataset: MultimodalDataset, settings: DecompositionSettings, seed: int, trained_with_labels: bool
) -> Pool:
    """Held-out samples, or all labelled ones, as the settings say; at most `settings.largest`, drawn by the
    seed.

    The probe's training split shares its samples with the encoder's training in most data sets, its test and
    validation splits do not; where a method was trained with labels, only those show what it learned. Of a
    split that the data came with, the training part is never read, but probes are fitted on it.
    """
    held_out = (dataset.probe_validation, dataset.probe_test)
    few = sum(map(len, held_out)) < ENOUGH_HELD_OUT or dataset.is_split_given
    everything = settings.samples == "all" or (settings.samples == "auto" and few and not trained_with_labels)
    splits = (dataset.probe_train, *held_out) if everything else held_out
    rows = tuple(_labelled_rows(split, dataset.tasks) for split in splits)
    labels = {
        task.name: torch.cat(
            [split.labels[task.name][chosen] for split, chosen in zip(splits, rows, strict=True)]
        )
        for task in dataset.tasks
    }
    numbers = range(3 - len(splits), 3)
    given = np.concatenate([np.full(len(chosen), part) for part, chosen in zip(numbers, rows, strict=True)])
    pool = Pool(
        splits,
        rows,
        {name: values.numpy() for name, values in labels.items()},
        {name: is_labelled(values).numpy() for name, values in labels.items()},
        given if dataset.is_split_given else None,
    ).at_most(settings.largest, seed)
    groups, said = belonging(pool.parts(), dataset.modalities, settings.folds)
    return replace(pool, groups=groups, said=() if said is None else (said,))


def _labelled_rows(split: Split, tasks: Sequence[Task]) -> Tensor:
    """Positions of the samples that have a label of any task."""
    has = torch.zeros(len(split), dtype=torch.bool)
    for task in tasks:
        has |= is_labelled(split.labels[task.name])
    return has.nonzero().flatten()


def shuffled_within_labels(pool: Pool, task: str, modalities: Sequence[str], seed: int) -> Pool:
    """The pool with the items of these modalities exchanged among samples of one label, within each split."""
    generator = numpy_generator(seed, "decomposition/pairing")
    splits = []
    for split, rows in zip(pool.splits, pool.rows, strict=True):
        labels, order = split.labels[task][rows].numpy(), rows.numpy().copy()
        for label in np.unique(labels):
            members = np.flatnonzero(labels == label)
            order[members] = order[generator.permutation(members)]
        mixed = {name: places.clone() for name, places in split.rows.items()}
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
