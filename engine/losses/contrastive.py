"""Loss terms as pure functions of embeddings (docs/method.md#losses).

Rows are L2-normalised here, so embeddings come as the head gives them. N is the global batch: gather before
calling. Half-precision embeddings are computed on in float32, autocast or not; float64 stays float64.
"""

import itertools
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


def _unit(embeddings: Tensor) -> Tensor:
    exact = embeddings if embeddings.dtype == torch.float64 else embeddings.float()
    return F.normalize(exact, dim=-1)


def _similarities(rows: Tensor, columns: Tensor) -> Tensor:
    """Inner products (n, m) in the precision of the arguments, which autocast would lower."""
    with torch.autocast(rows.device.type, enabled=False):
        return rows @ columns.T


def retrieved(similarities: Tensor) -> Tensor:
    """Share of rows (N, N) whose own column is the largest."""
    own = torch.arange(len(similarities), device=similarities.device)
    return (similarities.detach().argmax(1) == own).to(similarities.dtype).mean()


def info_nce(first: Tensor, second: Tensor, temperature: float) -> Contrast:
    """InfoNCE (NT-Xent; Chen et al., 2020) of two views (N, E): 2N rows, positive = the other view, negatives
    = all the rest."""
    rows, samples = torch.cat([_unit(first), _unit(second)]), len(first)
    logits = _similarities(rows / temperature, rows).fill_diagonal_(-torch.inf)
    loss = F.cross_entropy(logits, torch.arange(2 * samples, device=rows.device).roll(samples))
    return Contrast(loss, retrieved(logits[:samples, samples:]))


def clip_loss(first: Tensor, second: Tensor, scale: Tensor) -> Contrast:
    """Symmetric cross-entropy of cosine similarities × scale (CLIP; Radford et al., 2021); first, second (N,
    E)."""
    logits = _similarities(_unit(first), _unit(second)) * scale
    targets = torch.arange(len(logits), device=logits.device)
    loss = (F.cross_entropy(logits, targets) + F.cross_entropy(logits.T, targets)) / 2
    return Contrast(loss, retrieved(logits))


def cmc_terms(embeddings: Sequence[Tensor], temperature: float) -> list[Contrast]:
    """CMC's terms (Tian et al., 2020): InfoNCE of every pair of modalities (N, E), in the order (1, 2), (1,
    3), …, (2, 3), …"""
    return [info_nce(one, other, temperature) for one, other in itertools.combinations(embeddings, 2)]


def comm_terms(
    first: Sequence[Tensor], second: Sequence[Tensor], temperature: float, prototype: int = -1
) -> list[Contrast]:
    """CoMM's terms: ½[InfoNCE(z¹_e, z²_p) + InfoNCE(z²_e, z¹_p)] for every embedding e, p the prototype (the
    fusion).

    first, second: the embeddings (N, E) of the two augmented views: each modality alone, then all together.
    """
    terms = []
    for one, other in zip(first, second, strict=True):
        forth, back = (
            info_nce(one, second[prototype], temperature),
            info_nce(other, first[prototype], temperature),
        )
        terms.append(Contrast((forth.loss + back.loss) / 2, (forth.accuracy + back.accuracy) / 2))
    return terms


def ramp(weight: float, epoch: int, epochs: int) -> float:
    """λ_e = λ·(epoch + 1)/epochs: rises linearly to λ in the last epoch."""
    return weight * (epoch + 1) / epochs


def masked_contrast(query: Tensor, masked: Tensor, temperature: float, variance_weight: float) -> Tensor:
    """InfMasking's term: a fused embedding against its T masked versions, in closed form over infinitely many
    of them.

    query (N, E); masked (T, N, E); variance_weight λ_e. With s_it = q_i·k_it, μ_i and σ²_i its mean and
    (biased) variance over t, the loss is the mean over i of log(exp((μ_i + λ_e σ²_i/2τ)/τ) + Σ
    exp(negatives/τ)) − μ_i/τ, negatives being q_i·k_tj and q_i·q_j for all t and j ≠ i. It equals the paper's
    cross-entropy plus its quadratic term: the variance of the projections is the projected covariance, and
    the quadratic added cancels the one in the positive's numerator.
    """
    query, masked = _unit(query), _unit(masked)
    positives = (query * masked).sum(-1) / temperature  # (T, N)
    mean, variance = positives.mean(0), positives.var(0, correction=0)
    own = torch.eye(len(query), dtype=torch.bool, device=query.device)
    scaled = query / temperature
    # one (N, T·N) product; filled in place because at large N this matrix is the whole memory of the loss
    to_masked = _similarities(scaled, masked.flatten(0, 1)).view(len(query), *masked.shape[:2])
    to_masked.masked_fill_(own[:, None], -torch.inf)
    to_others = _similarities(scaled, query).masked_fill_(own, -torch.inf)
    negatives = torch.logaddexp(to_masked.flatten(1).logsumexp(1), to_others.logsumexp(1))
    return (torch.logaddexp(mean + variance_weight / 2 * variance, negatives) - mean).mean()


def infmasking_terms(
    first: Sequence[Tensor],
    second: Sequence[Tensor],
    masked_first: Tensor,
    masked_second: Tensor,
    temperature: float,
    variance_weight: float,
    cross_views: bool = False,
    prototype: int = -1,
) -> tuple[list[Tensor], list[Contrast]]:
    """InfMasking's masked terms of view 1 and view 2, and CoMM's terms (Wen, Dai et al., NeurIPS 2025).

    masked_first, masked_second (T, N, E): masked versions of each view's fusion; `cross_views` aligns a view
    with the other's.
    """
    own, other = (masked_second, masked_first) if cross_views else (masked_first, masked_second)
    masked = [
        masked_contrast(first[prototype], own, temperature, variance_weight),
        masked_contrast(second[prototype], other, temperature, variance_weight),
    ]
    return masked, comm_terms(first, second, temperature, prototype)


def cross_self_terms(
    pair: tuple[Tensor, Tensor],
    first_views: tuple[Tensor, Tensor],
    second_views: tuple[Tensor, Tensor],
    temperature: float,
) -> list[Contrast]:
    """Cross+Self's terms: InfoNCE of the pair of modalities, then of two views of the first and of the
    second, all (N, E)."""
    return [
        info_nce(*pair, temperature),
        info_nce(*first_views, temperature),
        info_nce(*second_views, temperature),
    ]


def weighted_mean(terms: Sequence[Tensor], weights: Sequence[float] | None) -> Tensor:
    """Mean of weight × term: divided by the number of terms, not by the sum of the weights; no weights means
    1 each."""
    weighted = terms if weights is None else [w * term for w, term in zip(weights, terms, strict=True)]
    return torch.stack(list(weighted)).mean()


def entropy_score(keys: Tensor, ridge: float = 0.01, narrowest: float = 0.1) -> Tensor:
    """Stein estimate of ∇ log density at keys (N, E): −(K + ridge·I)⁻¹ diag(K1) keys/w, K = exp(keys
    keysᵀ/w).

    w is the (upper) median of 1 − keys keysᵀ, at least `narrowest`. Solved in float64: a collapsed batch
    makes K singular.
    """
    with torch.no_grad():
        exact = keys.double()
        similarity = _similarities(exact, exact)
        distances = (1 - similarity).flatten().sort().values
        width = distances[len(distances) // 2].clamp(min=narrowest)
        kernel = (similarity / width).exp()
        drift = kernel.sum(1, keepdim=True) * exact / width
        kernel.diagonal().add_(ridge)
        # with the ridge it is never singular, so the device need not be asked whether it was
        score: Tensor = -torch.linalg.solve_ex(kernel, drift).result
        return score.to(keys.dtype)


def entropy(keys: Tensor) -> Tensor:
    """−mean_i(score_i · key_i), the score held constant: its gradient is that of the entropy of keys (N, E)
    as given."""
    return -(entropy_score(keys) * keys).sum(-1).mean()


def uniformity(embeddings: Sequence[Tensor]) -> Tensor:
    """Mean entropy of several batches of embeddings (N, E), each normalised; InfMasking's optional penalty
    subtracts it."""
    return torch.stack([entropy(_unit(batch)) for batch in embeddings]).mean()
