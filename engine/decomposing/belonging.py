"""Which samples of a pool belong together: groups that the data name, items that samples share, content that
is equal."""

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from engine.dataset import Modality, Split
from engine.information import repeats
from engine.information.repeats import copies, copies_line, united

Numbers = NDArray[np.int64]
GROUPS_A_FOLD = 4
"""Fewer groups a fold leave too little to choose from."""
ROWS_AT_ONCE = 256
CHEAPEST_FIRST = ("vector", "text", "sequence", "image")


class Belonging(NamedTuple):
    """Groups (n,) that folds may not tear apart, or None; and what to tell of samples that are equal."""

    groups: Numbers | None
    said: str | None


def belonging(parts: Sequence[Split], modalities: Sequence[Modality], folds: int) -> Belonging:
    """The groups of the samples of these splits, one after the other."""
    named = _named(parts)
    shared = _of_shared_items(parts, folds) if named is None else None
    equal = _copies(parts, modalities, folds)
    return Belonging(united(named if shared is None else shared, equal, folds), copies_line(equal))


def _named(parts: Sequence[Split]) -> Numbers | None:
    """The groups that the data themselves name, where all of the splits do."""
    named = [split.groups for split in parts if split.groups is not None]
    if not named or len(named) < len(parts):
        return None
    numbers: Numbers = np.unique(torch.cat(named).numpy(), return_inverse=True)[1].astype(np.int64)
    return numbers


def _copies(parts: Sequence[Split], modalities: Sequence[Modality], folds: int) -> Numbers | None:
    """Groups of samples whose items are all equal, whatever their rows."""
    known = []
    for modality in sorted(modalities, key=lambda candidate: CHEAPEST_FIRST.index(candidate.kind)):
        numbers = _content(parts, modality.name)
        if len(np.unique(numbers)) == len(numbers):
            return None
        continuous = modality.kind != "vector" or repeats.modality(_vectors(parts, modality.name)).continuous
        known.append(repeats.Modality(numbers, continuous))
    return copies(known, folds) if known else None


def _content(parts: Sequence[Split], name: str) -> Numbers:
    """A number for the content of every sample's item; every distinct item is looked at once."""
    keys: list[str] = []
    for split in parts:
        distinct, place = torch.unique(split.rows[name], return_inverse=True)
        hashes: list[str] = []
        for rows in torch.split(distinct, ROWS_AT_ONCE):
            values, is_padding = split.fetch(name, rows)
            if values.is_floating_point():
                values = values + 0.0  # -0.0 is 0.0
            for number, item in enumerate(values.numpy()):
                padding = b"" if is_padding is None else is_padding[number].numpy().tobytes()
                hashes.append(blake2b(item.tobytes() + padding, digest_size=16).hexdigest())
        keys += [hashes[at] for at in place.tolist()]
    numbers: Numbers = np.unique(np.array(keys), return_inverse=True)[1].astype(np.int64)
    return numbers


def _vectors(parts: Sequence[Split], name: str) -> NDArray[np.floating]:
    vectors: NDArray[np.floating] = torch.cat(
        [split.items[name][split.rows[name]] for split in parts]
    ).numpy()
    return vectors


def _of_shared_items(parts: Sequence[Split], folds: int) -> Numbers | None:
    """Groups of samples that share items; None where every sample has items of its own.

    Samples are linked by the items they share. Where that leaves too few separate groups (pairs drawn from
    one small pool of images), those that share an item of the modality with fewest items stay together, so
    that at least these cannot be recognised from another fold.
    """
    items = {name: _item_numbers(parts, name) for name in parts[0].rows}
    counts = {name: len(np.unique(numbers)) for name, numbers in items.items()}
    if all(count == len(items[name]) for name, count in counts.items()):
        return None
    whole = _linked(items)
    if len(np.unique(whole)) >= GROUPS_A_FOLD * folds:
        return whole
    fewest = items[min(counts, key=lambda name: counts[name])]
    return fewest if len(np.unique(fewest)) >= GROUPS_A_FOLD * folds else None


def _linked(items: Mapping[str, Numbers]) -> Numbers:
    """Components (n,) of samples linked by the items they share."""
    offset, ends = 0, []
    for numbers in items.values():
        ends.append(numbers + offset)
        offset += int(numbers.max()) + 1
    links = list(pairwise(ends)) or [(ends[0], ends[0])]
    first, second = (np.concatenate(parts) for parts in zip(*links, strict=True))
    graph = coo_matrix((np.ones(len(first)), (first, second)), shape=(offset, offset))
    linked: Numbers = np.asarray(connected_components(graph, directed=False)[1])[ends[0]].astype(np.int64)
    return linked


def _item_numbers(parts: Sequence[Split], name: str) -> Numbers:
    """A number for the item of every sample, other splits' items apart unless they are the same
    collection."""
    collections: list[object] = []
    pairs = []
    for split in parts:
        known = next((k for k, collection in enumerate(collections) if collection is split.items[name]), None)
        if known is None:
            known = len(collections)
            collections.append(split.items[name])
        pairs.append(np.stack([np.full(len(split), known), split.rows[name].numpy()], 1))
    numbers: Numbers = np.unique(np.concatenate(pairs), axis=0, return_inverse=True)[1].astype(np.int64)
    return numbers.reshape(-1)
