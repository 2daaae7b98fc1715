"""What is fitted at once: many entries, each with its own rows and labels, that share features and matrix
products."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.information.folds import Fold, Rows


class Entries(NamedTuple):
    """For each of m entries: rows to fit, to choose on and to score (m, n), and labels (m, n) in 0 … classes
    − 1."""

    fitted: Tensor
    chosen_on: Tensor
    scored: Tensor
    labels: Tensor
    classes: int


class Picked(NamedTuple):
    """Rows (m, v) of each entry, filled up with row 0 to equal lengths, and which of them (m, v) are its
    own."""

    rows: Tensor
    is_kept: Tensor

    def of(self, values: Tensor) -> Tensor:
        """These rows of values (m, c, n): (m, c, v)."""
        return values.gather(2, self.rows[:, None].expand(-1, values.shape[1], -1))


def entries_of(folds: Sequence[Fold], labels: Sequence[Rows], device: torch.device) -> Entries:
    """One entry a fold, with labels (n,) of its own; classes are counted over all."""
    masks = [np.stack([getattr(fold, part) for fold in folds]) for part in ("fitted", "chosen_on", "scored")]
    fitted, chosen_on, scored, stacked = (
        torch.as_tensor(values, device=device) for values in (*masks, np.stack(labels))
    )
    return Entries(fitted, chosen_on, scored, stacked, int(stacked.max()) + 1)


def pick(mask: Tensor) -> Picked:
    """The rows of a mask (m, n), in ascending order."""
    counts = mask.sum(1)
    rows = mask.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, : int(counts.max())]
    is_kept = torch.arange(rows.shape[1], device=mask.device) < counts[:, None]
    return Picked(torch.where(is_kept, rows, 0), is_kept)


def class_shares(entries: Entries) -> Tensor:
    """Shares of the classes (m, c) among the fitted rows, a half counted extra in each so that none is
    zero."""
    counts = torch.zeros(len(entries.labels), entries.classes, device=entries.labels.device)
    counts = counts.scatter_add_(1, entries.labels, entries.fitted.float()) + 0.5
    return counts / counts.sum(1, keepdim=True)
