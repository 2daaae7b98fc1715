"""Students of the fused probe: what of its scores can be told from one modality alone, and from both.

A probe with n labels reads one useful direction of a wide single-modality view less well than the same
direction alone, and a linear probe reads no square; so a fused view that holds such a code of *one* modality
would pass for synergy. A student is fitted to the fused probe's scores instead of to labels (distillation,
Hinton et al. 2015, arXiv 1503.02531): the scores are a fixed function of the fused view, so that they have no
noise and n samples teach much more. A student that sees one modality alone is one more view of it: by the
data-processing inequality whatever it tells is not synergy. What a student of *both* tells beyond the union
is synergy that was traced to the modalities; only that is claimed.

Everything is fitted on an entry's fitted rows and stopped on its rows set aside; none sees scored rows.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.information.features import Directions

TAUGHT = ("first.taught", "second.taught", "traced")
"""What students of the first modality, of the second and of both say: names beside those of the views."""
MOST_TARGETS = 24
"""Principal directions of the scores that are taught: all of them for up to 25 classes."""
MOST_DIRECTIONS = 128
MOST_ROWS = 2000
"""Directions of a view, and rows, among which axes are looked for."""
MOMENT_TARGETS = 9
MEAN_AXES = 2
CURVED_AXES = 6
PAIRED_AXES = 8
KERNEL_PRODUCTS = 12
STEPS = 60
PATIENCE = 6
"""Steps without a gain on the rows set aside, for every entry, before the descent ends."""
GAIN = 1e-3
SOLVED = 1e-4
"""Share of the scores' variance that may be left unexplained when the descent ends."""
TINY = 1e-20


class Side(NamedTuple):
    """One modality: linear (r, n), the directions of all its views; kernels: maps (f, n) of them."""

    linear: Tensor
    kernels: tuple[Tensor, ...]


class Answers(NamedTuple):
    """What the students of the first modality, of the second and of both say: scores (m, t, n)."""

    first: Tensor
    second: Tensor
    both: Tensor


def side_of(views: Sequence[Directions]) -> Side:
    """The directions of a modality's views, one after the other."""
    return Side(
        torch.cat([view.even for view in views]), tuple(kernel for view in views for kernel in view.kernels)
    )


@torch.no_grad()
def teach(scores: Tensor, first: Side, second: Side, fitted: Tensor, chosen_on: Tensor) -> Answers:
    """Students' answers to a teacher's scores (m, t, n). fitted, chosen_on: rows (m, n) of the m entries."""
    share = fitted / fitted.sum(1, keepdim=True)
    mean = (scores * share[:, None]).sum(2, keepdim=True)
    basis = _principal((scores - mean) * fitted[:, None])
    target = basis.mT @ (scores - mean)
    rows = torch.arange(0, scores.shape[2], -(-scores.shape[2] // MOST_ROWS), device=scores.device)
    weights = (target * share[:, None])[:, :MOMENT_TARGETS, rows]
    sides = (first, second)
    axes = [_axes(side.linear[:MOST_DIRECTIONS], weights, rows) for side in sides]
    alone = [
        [side.linear, *side.kernels, _products(along, along, upper=True), _bent(along)]
        for side, along in zip(sides, axes, strict=True)
    ]
    together = [*alone[0], *alone[1], *_interplay(sides, axes, weights, rows)]
    return Answers(
        *(basis @ _imitate(target, blocks, fitted, chosen_on) + mean for blocks in (*alone, together))
    )


def _principal(scores: Tensor) -> Tensor:
    """(m, t, k) directions of largest variance among the scores, most first."""
    axes: Tensor = torch.linalg.eigh((scores @ scores.mT).double())[1].flip(2)
    return axes[:, :, :MOST_TARGETS].to(scores.dtype)


def _axes(x: Tensor, weights: Tensor, rows: Tensor) -> Tensor:
    """(m, k, n) scores of x (r, n) along the axes on which the target depends most, linearly or by curvature.

    Curvature: leading eigenvectors of Σ_t E[target_t x xᵀ]² (principal Hessian directions, Li 1992).
    """
    seen = x[:, rows]
    linear = torch.linalg.svd((weights @ seen.T).mT, full_matrices=False)[0][:, :, :MEAN_AXES]
    squared = torch.stack(
        [sum(((seen * weight) @ seen.T) @ ((seen * weight) @ seen.T) for weight in w) for w in weights]
    )
    curved = torch.linalg.eigh(squared)[1][:, :, -CURVED_AXES:]
    return torch.cat([linear, curved], 2).mT @ x


def _interplay(
    sides: tuple[Side, Side], axes: Sequence[Tensor], weights: Tensor, rows: Tensor
) -> list[Tensor]:
    """Products of a feature of one modality and one of the other: along the axes of E[target x1 x2ᵀ], along
    those of each modality, and of kernel features."""
    first, second = (side.linear[:MOST_DIRECTIONS] for side in sides)
    moments = torch.stack(
        [torch.stack([(first[:, rows] * t) @ second[:, rows].T for t in w]) for w in weights]
    )
    left = torch.linalg.eigh((moments @ moments.mT).sum(1))[1][:, :, -PAIRED_AXES:]
    right = torch.linalg.eigh((moments.mT @ moments).sum(1))[1][:, :, -PAIRED_AXES:]
    products = [_products(left.mT @ first, right.mT @ second), _products(axes[0], axes[1])]
    kernels = [side.kernels[len(side.kernels) // 2][None, :KERNEL_PRODUCTS] for side in sides if side.kernels]
    return [*products, _products(kernels[0], kernels[1])[0]] if len(kernels) == 2 else products


def _products(left: Tensor, right: Tensor, upper: bool = False) -> Tensor:
    """(m, f, n) products of the features (m, a, n) with (m, b, n); `upper`: each pair once."""
    if upper:
        a, b = torch.triu_indices(left.shape[1], right.shape[1], device=left.device)
        return _even(left[:, a] * right[:, b])
    return _even((left[:, :, None] * right[:, None]).flatten(1, 2))


def _bent(axes: Tensor) -> Tensor:
    """Cubes and absolute values along axes (m, k, n), for codes that are no quadratics."""
    x = axes / axes.square().mean(2, keepdim=True).sqrt().clamp_min(1e-6)
    return _even(torch.cat([x.clamp(-3, 3) ** 3, x.abs()], 1))


def _even(features: Tensor) -> Tensor:
    """Mean 0 and variance 1 over the rows."""
    features = features - features.mean(-1, keepdim=True)
    return features / features.square().mean(-1, keepdim=True).sqrt().clamp_min(1e-6)


def _imitate(target: Tensor, blocks: Sequence[Tensor], fitted: Tensor, chosen_on: Tensor) -> Tensor:
    """Least squares (m, t, n) on features in blocks (f, n) or (m, f, n), by conjugate gradients.

    Stopped where the rows set aside are met best, for each entry and target alone: few steps are a strong
    penalty (Hanke 1995), many the exact solution.
    """
    inside, aside = fitted[:, None].to(target.dtype), chosen_on[:, None].to(target.dtype)
    said, best = torch.zeros_like(target), torch.zeros_like(target)
    residual = target * inside
    least = start = (target.square() * aside).sum(2)
    idle = torch.zeros_like(least)
    slope = move = [_times(residual, block.mT) for block in blocks]
    steepness = _squares(slope)
    for _ in range(STEPS):
        along = sum((_times(part, block) for part, block in zip(move, blocks, strict=True)), torch.zeros(()))
        length = (steepness / (along * inside).square().sum(2).clamp_min(TINY))[..., None]
        said = said + length * along
        residual = residual - length * along * inside
        slope = [_times(residual, block.mT) for block in blocks]
        before, steepness = steepness, _squares(slope)
        turn = (steepness / before.clamp_min(TINY))[..., None]
        move = [down + turn * part for down, part in zip(slope, move, strict=True)]
        loss = ((target - said).square() * aside).sum(2)
        better = loss < (1 - GAIN) * least
        best = torch.where(better[..., None], said, best)
        least, idle = torch.where(better, loss, least), torch.where(better, 0, idle + 1)
        if bool(((idle >= PATIENCE) | (least <= SOLVED * start)).all()):
            break
    return best


def _squares(parts: Sequence[Tensor]) -> Tensor:
    return torch.stack([part.square().sum(2) for part in parts]).sum(0)


def _times(weights: Tensor, features: Tensor) -> Tensor:
    """(m, t, f) · (f, n), or (m, f, n) → (m, t, n)."""
    if features.dim() == 3:
        return torch.bmm(weights, features)
    return (weights.reshape(-1, weights.shape[2]) @ features).view(*weights.shape[:2], -1)
