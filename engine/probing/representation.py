"""Frozen representations for probes: every distinct item is encoded once and every sample fused once, for all
tasks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from engine.dataset import Samples, Split
from engine.encoder import Tokens
from engine.nets.tokenizer import mean_token
from engine.objective import Objective
from engine.randomness import numpy_generator
from engine.views import ViewPlan, plain_view

KEPT_TOKENS_BYTES = 4 * 2**30
"""Most memory for the tokens of shared items; past it they are encoded with each sample that refers to
them."""


class SharedTokens:
    """Tokens of the distinct items of one modality, on the CPU, looked up by the rows that samples refer
    to."""

    def __init__(self, distinct: Tensor, parts: Sequence[Tokens]) -> None:
        self._position = torch.zeros(int(distinct[-1]) + 1, dtype=torch.long)
        self._position[distinct] = torch.arange(len(distinct))
        self._values = torch.cat([part.values for part in parts])
        paddings = [part.is_padding for part in parts if part.is_padding is not None]
        self._is_padding = torch.cat(paddings) if paddings else None

    def of(self, rows: Tensor, device: torch.device) -> Tokens:
        """Tokens of the items at `rows` (b,), on `device`."""
        chosen = self._position[rows]
        return Tokens(
            self._values[chosen].to(device),
            None if self._is_padding is None else self._is_padding[chosen].to(device),
        )


class Exchange(NamedTuple):
    """All modalities of a representation, and those of them that come from another sample."""

    all: tuple[str, ...]
    others: tuple[str, ...]


class FeatureViews(NamedTuple):
    """fused: a representation (n, width) for each subset asked for; own: of each modality what its encoder
    hands to the fusion, averaged over its valid tokens; exchanged: for each group of modalities asked for, a
    representation of all modalities in which those of the group come from another sample."""

    fused: list[Tensor]
    encoded: dict[str, Tensor]
    exchanged: list[Tensor]


@dataclass(frozen=True)
class FeatureExtractor:
    """Takes representations out of a trained objective, which must be in `eval` mode and on `device`."""

    objective: Objective
    plan: ViewPlan
    device: torch.device
    batch_size: int

    def extract(self, split: Split, subset: Sequence[str] | None = None) -> Tensor:
        """Representations (n, width), float32 on the CPU, of all modalities or of `subset`, in the order of
        the split."""
        return self.extract_views(split, [subset]).fused[0]

    @torch.inference_mode()
    def extract_views(
        self,
        split: Split,
        subsets: Sequence[Sequence[str] | None],
        exchanged: Sequence[Exchange] = (),
        seed: int = 0,
    ) -> FeatureViews:
        """Representations of several subsets of modalities from one pass: every item is encoded once.

        Where something is exchanged, batches are drawn by the seed, and a sample gets its neighbour's tokens.
        """
        wanted = [
            self.objective.readable(subset)
            for subset in (*subsets, *(exchange.all for exchange in exchanged))
        ]
        strangers = [frozenset[str]()] * len(subsets) + [frozenset(exchange.others) for exchange in exchanged]
        names = list(dict.fromkeys(name for subset in wanted for name in subset))
        shared = {name: self._encode_distinct(split, name) for name in names}
        fused: list[list[Tensor]] = [[] for _ in wanted]
        encoded: dict[str, list[Tensor]] = {name: [] for name in names}
        order = torch.arange(len(split))
        if exchanged:
            order = torch.from_numpy(numpy_generator(seed, "exchanged").permutation(len(split)))
        for indices in torch.tensor_split(order, -(-len(split) // self.batch_size)):
            tokens = {}
            for name in names:
                rows, kept = split.rows[name][indices], shared[name]
                tokens[name] = self._encode(split, name, rows) if kept is None else kept.of(rows, self.device)
                encoded[name].append(mean_token(tokens[name]).float().cpu())
            for parts, subset, others in zip(fused, wanted, strangers, strict=True):
                mixed = {
                    name: _of_neighbours(tokens[name]) if name in others else tokens[name] for name in subset
                }
                parts.append(self.objective.fuse(mixed).float().cpu())
        place = order.argsort()
        whole = [torch.cat(parts)[place] for parts in fused]
        return FeatureViews(
            whole[: len(subsets)],
            {name: torch.cat(parts)[place] for name, parts in encoded.items()},
            whole[len(subsets) :],
        )

    def _encode(self, split: Split, name: str, rows: Tensor) -> Tokens:
        values, is_padding = split.fetch(name, rows)
        samples = Samples(values.to(self.device), None if is_padding is None else is_padding.to(self.device))
        return self.objective.encode(name, plain_view({name: samples}, self.plan)[name])

    def _encode_distinct(self, split: Split, name: str) -> SharedTokens | None:
        """Tokens of the distinct items where several samples share items and the tokens fit in memory; else
        None."""
        distinct = torch.unique(split.rows[name])
        if len(distinct) >= len(split):
            return None
        parts = []
        for rows in torch.split(distinct, self.batch_size):
            tokens = self._encode(split, name, rows)
            values, is_padding = tokens.values, tokens.is_padding
            if values[0].numel() * values.element_size() * len(distinct) > KEPT_TOKENS_BYTES:
                return None
            parts.append(Tokens(values.cpu(), None if is_padding is None else is_padding.cpu()))
        return SharedTokens(distinct, parts)


def _of_neighbours(tokens: Tokens) -> Tokens:
    """Every sample with the tokens of the one before it."""
    padding = tokens.is_padding
    return tokens._replace(
        values=tokens.values.roll(1, 0), is_padding=None if padding is None else padding.roll(1, 0)
    )
