"""Which tokens each view of a sample sees, as weights.

All hidden tokens of a masked view are one and the same vector, the mask token, at every layer of the fusion.
So a view is a row of weights over [the sample's tokens; the mask token]: 1 where a token is kept, 0 where it
is hidden, absent or padding, and for the mask token the number of tokens it stands for. A position of weight
w counts as w equal positions: log w is added to its attention logit, and a mean weighs it by w. That is exact
(docs/method.md#masked-views), and it never copies a token.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.encoder import Tokens


class JoinedTokens(NamedTuple):
    """Tokens of several modalities side by side: values (b, n, d), is_valid (b, n), and how many tokens each
    modality has."""

    values: Tensor
    is_valid: Tensor
    sizes: tuple[int, ...]


def join(tokens: Sequence[Tokens]) -> JoinedTokens:
    """Modalities side by side, in the order given, with what is padding marked."""
    valid = [
        torch.ones(t.values.shape[:2], dtype=torch.bool, device=t.values.device)
        if t.is_padding is None
        else ~t.is_padding
        for t in tokens
    ]
    return JoinedTokens(
        torch.cat([t.values for t in tokens], 1),
        torch.cat(valid, 1),
        tuple(t.values.shape[1] for t in tokens),
    )


def _as_weights(kept: Tensor, hidden: Tensor, like: Tensor) -> Tensor:
    dtype = torch.float64 if like.dtype == torch.float64 else torch.float32
    return torch.cat([kept, hidden[..., None]], -1).to(dtype)


def unmasked_views(tokens: JoinedTokens, *, alone: bool) -> Tensor:
    """Weights (b, v, n + 1) of the views without a mask: with `alone` each modality by itself, then all
    together."""
    present = torch.ones_like(tokens.is_valid[:1])
    if alone:
        present = torch.cat([*_each_alone(present, tokens.sizes), present])
    kept = tokens.is_valid[:, None] & present
    return _as_weights(kept, torch.zeros_like(kept[..., 0]), tokens.values)


def _each_alone(present: Tensor, sizes: Sequence[int]) -> list[Tensor]:
    """present (1, n) with only the tokens of one modality left, for each; made on its device, nothing is
    copied there."""
    views, start = [], 0
    for size in sizes:
        view = torch.zeros_like(present)
        view[:, start : start + size] = present[:, start : start + size]
        views.append(view)
        start += size
    return views


def masked_views(tokens: JoinedTokens, kept: Tensor) -> Tensor:
    """Weights (b, T, n + 1) of the views that keep the tokens `kept` (b, T, n) and hide the other valid
    ones."""
    kept = kept & tokens.is_valid[:, None]
    hidden = tokens.is_valid.sum(-1)[:, None] - kept.sum(-1)
    return _as_weights(kept, hidden, tokens.values)


def kept_count(tokens: Tensor, ratio: float) -> Tensor:
    """int(n·(1 − ρ)) of each n, in double precision as Python computes it: 5 tokens at ρ = .8 keep none,
    because 1 − .8 < .2."""
    return (tokens.double() * (1 - ratio)).long()


def draw_visible(tokens: JoinedTokens, ratio: float, generator: torch.Generator) -> Tensor:
    """Tokens kept (b, n): of each sample max(1, int(n·(1 − ρ))) of all its tokens, whichever modality they
    are of (MAE)."""
    return _draw(tokens.is_valid, kept_count(tokens.is_valid.sum(-1), ratio).clamp(min=1), 1, generator)[:, 0]


def draw_kept(tokens: JoinedTokens, ratio: float, masks: int, generator: torch.Generator) -> Tensor:
    """Tokens kept (b, T, n): of each sample, view and modality exactly int(n_i·(1 − ρ)), uniformly drawn.

    n_i counts a sample's own tokens, never its padding: what a sample hides must not depend on the batch that
    it comes in.
    """
    parts = [
        _draw(valid, kept_count(valid.sum(-1), ratio), masks, generator)
        for valid in torch.split(tokens.is_valid, list(tokens.sizes), 1)
    ]
    return torch.cat(parts, -1)


def _draw(valid: Tensor, counts: Tensor, draws: int, generator: torch.Generator) -> Tensor:
    """Uniform draws (b, draws, n) of `counts` (b,) of each sample's valid tokens (b, n)."""
    shape = (len(valid), draws, valid.shape[1])
    lottery = torch.rand(shape, device=generator.device, generator=generator).to(valid.device)
    order = lottery.masked_fill_(~valid[:, None], torch.inf).argsort(-1)  # padding comes last
    place = torch.arange(valid.shape[1], device=valid.device)
    winners = place < torch.minimum(counts, valid.sum(-1))[:, None, None]
    return torch.zeros_like(order, dtype=torch.bool).scatter_(-1, order, winners.expand_as(order))
