"""Where training data lives: on the device, as far as it fits there, so that no step waits for a copy of its
batch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from engine.dataset import Split

DEVICE_SHARE = 0.4
"""Largest share that data may take of the device's free memory, before the model is there; the rest is for
weights, AdamW's moments and what a step needs."""


def on_device(
    splits: Sequence[Split], names: Collection[str], device: torch.device, free: int
) -> list[Split]:
    """The splits, with the items of the named modalities on `device` where they fit into their share of
    `free` bytes.

    Rows and lengths go with their items, labels always. Items that several modalities or splits have in
    common are moved once. Items that a lazy reader makes stay where they are, and so does everything while
    `device` is the CPU.
    """
    if device.type == "cpu":
        return list(splits)
    tensors = {
        id(items): items
        for split in splits
        for name, items in split.items.items()
        if name in names and isinstance(items, Tensor)
    }
    chosen = fitting({key: items.nbytes for key, items in tensors.items()}, free)
    moved = {key: tensors[key].to(device) for key in chosen}

    def placed(split: Split) -> Split:
        there = {name: moved[id(items)] for name, items in split.items.items() if id(items) in moved}
        return replace(
            split,
            items={**split.items, **there},
            rows={name: rows.to(device) if name in there else rows for name, rows in split.rows.items()},
            lengths={
                name: lengths.to(device) if name in there else lengths
                for name, lengths in split.lengths.items()
            },
            labels={name: labels.to(device) for name, labels in split.labels.items()},
        )

    return [placed(split) for split in splits]


def fitting(sizes: Mapping[int, int], free: int) -> list[int]:
    """Which collections of items are moved, of those with these sizes in bytes: the smallest first, while all
    of them take no more than their share of `free` bytes."""
    chosen: list[int] = []
    room = int(DEVICE_SHARE * free)
    for key, size in sorted(sizes.items(), key=lambda entry: entry[1]):
        if size > room:
            break
        chosen.append(key)
        room -= size
    return chosen


def free_bytes(device: torch.device) -> int:
    """Memory that is free on a CUDA device; 0 for others, which then get their data batch by batch."""
    return torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else 0


def sent(values: Tensor, device: torch.device) -> Tensor:
    """A tensor of the host's memory on the device, without waiting for what the device is doing."""
    if device.type != "cuda" or values.device.type != "cpu":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def on_host(figures: Mapping[str, Tensor | float]) -> dict[str, float]:
    """Scalars as numbers, from one copy: the host waits once for all of them."""
    tensors = [value.double() for value in figures.values() if isinstance(value, Tensor)]
    copied = iter(torch.stack(tensors).tolist() if tensors else ())
    return {name: next(copied) if isinstance(value, Tensor) else value for name, value in figures.items()}
