"""The entropy of a batch of embeddings, which InfMasking can reward: a Stein estimate of its gradient."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.losses.contrastive import similarities, unit


def entropy_score(keys: Tensor, ridge: float = 0.01, narrowest: float = 0.1) -> Tensor:
    """Stein estimate of ∇ log density at keys (N, E): −(K + ridge·I)⁻¹ diag(K1) keys/w, K = exp(keys
    keysᵀ/w).

    w is the (upper) median of 1 − keys keysᵀ, at least `narrowest`. Solved in float64: a collapsed batch
    makes K singular.
    """
    with torch.no_grad():
        exact = keys.double()
        similarity = similarities(exact, exact)
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
    return torch.stack([entropy(unit(batch)) for batch in embeddings]).mean()
