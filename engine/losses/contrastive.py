"""Loss terms as pure functions of embeddings (docs/method.md#losses).

Rows are L2-normalised here, so embeddings come as the head gives them. N is the global batch: gather before
calling. Half-precision embeddings are computed on in float32, autocast or not; float64 stays float64.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Contrast(NamedTuple):
    """A contrastive term's loss, and the share of samples whose own counterpart is the nearest of the other
    side (scalars)."""

    loss: Tensor
    accuracy: Tensor


def unit(embeddings: Tensor) -> Tensor:
    """Rows (n, E) of length 1, in float32 at least."""
    exact = embeddings if embeddings.dtype == torch.float64 else embeddings.float()
    return F.normalize(exact, dim=-1)


def similarities(rows: Tensor, columns: Tensor) -> Tensor:
    """Inner products (n, m) in the precision of the arguments, which autocast would lower."""
    with torch.autocast(rows.device.type, enabled=False):
        return rows @ columns.T


def retrieved(scores: Tensor) -> Tensor:
    """Share of rows (N, N) whose own column is the largest."""
    diagonal = torch.arange(len(scores), device=scores.device)
    return (scores.detach().argmax(1) == diagonal).to(scores.dtype).mean()


def info_nce(first: Tensor, second: Tensor, temperature: float) -> Contrast:
    """InfoNCE (NT-Xent; Chen et al., 2020) of two views (N, E): 2N rows, positive = the other view, negatives
    = all the rest."""
    rows, samples = torch.cat([unit(first), unit(second)]), len(first)
    logits = similarities(rows / temperature, rows).fill_diagonal_(-torch.inf)
    loss = F.cross_entropy(logits, torch.arange(2 * samples, device=rows.device).roll(samples))
    return Contrast(loss, retrieved(logits[:samples, samples:]))


def clip_loss(first: Tensor, second: Tensor, scale: Tensor) -> Contrast:
    """Symmetric cross-entropy of cosine similarities × scale (CLIP; Radford et al., 2021); first, second (N,
    E)."""
    logits = similarities(unit(first), unit(second)) * scale
    targets = torch.arange(len(logits), device=logits.device)
    loss = (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2
    return Contrast(loss, retrieved(logits))


def comm_terms(
    first: Sequence[Tensor], second: Sequence[Tensor], temperature: float, prototype: int = -1
) -> list[Contrast]:
    """CoMM's terms: ½[InfoNCE(z¹_e, z²_p) + InfoNCE(z²_e, z¹_p)] for every embedding e, p the prototype (the
    fusion).

    first, second: the embeddings (N, E) of the two augmented views: each modality alone, then all together.
    """
    terms = []
    for embedding1, embedding2 in zip(first, second, strict=True):
        forth, back = (
            info_nce(embedding1, second[prototype], temperature),
            info_nce(embedding2, first[prototype], temperature),
        )
        terms.append(Contrast((forth.loss + back.loss) / 2, (forth.accuracy + back.accuracy) / 2))
    return terms


def weighted_mean(terms: Sequence[Tensor], weights: Sequence[float] | None) -> Tensor:
    """Mean of weight × term: divided by the number of terms, not by the sum of the weights; no weights means
    1 each."""
    weighted = terms if weights is None else [w * term for w, term in zip(weights, terms, strict=True)]
    return torch.stack(list(weighted)).mean()
