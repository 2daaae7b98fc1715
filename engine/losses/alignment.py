"""Terms of HRIL (Dai, Wen et al., NeurIPS 2026, arXiv 2610.12393) as pure functions of embeddings
(docs/method.md#losses): agreement of two views of all modalities side by side, and dominance of one
interaction.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.losses.contrastive import unit

VARIANCE_FLOOR = 1e-4
"""ε below the root of a variance, so that its gradient stays finite."""
ENERGY_FLOOR = 1e-6
"""Least Σσ² that is divided by."""


def alignment_loss(first: Sequence[Tensor], second: Sequence[Tensor], spread: float) -> Tensor:
    """L_align = mean_b (1 − cos(ẑ¹_b, ẑ²_b))² + mean_d [γ − √(Var_d(z̄) + ε)]⁺.

    first, second: one embedding (N, E) a modality, of the two augmented views. ẑ: the normalised embeddings
    of all modalities side by side, normalised again; z̄: the mean of both views' ẑ; γ: `spread`, the standard
    deviation over the batch below which a dimension is pushed apart.
    """
    joined = [unit(torch.cat([unit(part) for part in view], 1)) for view in (first, second)]
    apart = ((joined[0] - joined[1]).square().sum(1) / 2) ** 2  # 1 − cos, without its cancellation near 1
    deviation = (((joined[0] + joined[1]) / 2).var(0) + VARIANCE_FLOOR).sqrt()
    return apart.mean() + (spread - deviation).relu().mean()


def rank_one_share(embeddings: Sequence[Tensor], frames: Sequence[Tensor], sweeps: int = 8) -> Tensor:
    """ρ = σ²_max / Σσ² of the interaction T = mean_b ⊗_m P_mᵀ z_m,b: the share of its energy that the best
    rank-one term holds, 0 to 1 (0 where the energy is below its floor).

    embeddings: (N, E) a modality, normalised here; frames: P_m (E, r) with orthonormal columns. For two
    modalities T is a matrix and σ its singular values. For more, the best rank-one term is found by
    higher-order orthogonal iteration (De Lathauwer et al., 2000), `sweeps` times over all modalities.
    """
    parts = [unit(z) @ frame.to(unit(z)) for z, frame in zip(embeddings, frames, strict=True)]
    if len(parts) == 2:
        energies: Tensor = torch.linalg.svdvals(parts[0].T @ parts[1] / len(parts[0])) ** 2
        return energies[0] / energies.sum().clamp_min(ENERGY_FLOOR)
    letters = "abcdefgh"[: len(parts)]
    by_sample = ",".join(f"n{letter}" for letter in letters)
    tensor = torch.einsum(f"{by_sample}->{letters}", *parts) / len(parts[0])
    directions = _best_directions(tensor.detach(), sweeps)
    largest = torch.einsum(f"{letters},{','.join(letters)}->", tensor, *directions) ** 2
    return largest / (tensor**2).sum().clamp_min(ENERGY_FLOOR)


def _best_directions(tensor: Tensor, sweeps: int) -> list[Tensor]:
    """Unit vectors, one a mode, whose outer product takes most of the tensor's energy: the leading left
    singular vectors of its unfoldings, improved in turn."""
    modes = tensor.dim()
    directions = [
        torch.linalg.svd(tensor.movedim(m, 0).flatten(1), full_matrices=False)[0][:, 0] for m in range(modes)
    ]
    for _ in range(sweeps):
        for mode in range(modes):
            rest = tensor
            for other in reversed(range(modes)):
                if other != mode:
                    rest = torch.tensordot(rest, directions[other], dims=([other], [0]))
            directions[mode] = rest / rest.norm().clamp_min(torch.finfo(rest.dtype).tiny)
    return directions


def interaction_loss(
    first: Sequence[Tensor], second: Sequence[Tensor], frames: Sequence[Tensor], share: float
) -> Tensor:
    """L_syn = mean over both views of [ξ − (1 − ρ)]⁺: the interaction of all modalities is to hold at least a
    share ξ of its energy outside its best rank-one term."""
    return torch.stack(
        [(share - (1 - rank_one_share(view, frames))).relu() for view in (first, second)]
    ).mean()
