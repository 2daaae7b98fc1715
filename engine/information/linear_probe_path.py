"""Multinomial logistic regression of many entries at once: one matrix product serves every fold, seed and
label vector.

Minimised is the mean cross-entropy plus strength/2 · |weights|², along a path of strengths from strong to
weak, by accelerated gradient steps (Nesterov 1983) that start where the stronger penalty's ended. The step is
the one that Böhning's (1992) bound on the Hessian allows, half the covariance of the directions. Strength and
temperature are chosen on the rows set aside.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.information.calibration import Calibration
from engine.information.entries import Entries

STRENGTHS = tuple(10 ** (-1 - 4 * k / 23) for k in range(24))
"""From 0.1 to 1e-5, for directions of variance 1; scikit-learn's C is 1 / (strength · fitted rows)."""
STEPS = 1
"""Steps a strength: neighbours on the path are close, and solving each to the last digit reads the same
within 0.01 bit."""
PATIENCE = 3
"""Strengths without a lower cross-entropy on the rows set aside, for every entry, before the path ends."""


@torch.no_grad()
def descend(
    scores: Tensor, entries: Entries, strengths: Sequence[float] = STRENGTHS, steps: int = STEPS
) -> Tensor:
    """Calibrated logits (m, c, n). scores: (r, n) uncorrelated directions of variance ≤ 1, or each entry's
    own (m, r, n)."""
    calibration = Calibration(entries)
    count = entries.fitted.sum(1, keepdim=True)
    share = (entries.fitted / count)[:, None]
    curvature = (
        0.5 * (1 + (scores.shape[-2] / float(count.min())) ** 0.5) ** 2
    )  # of the directions, among the fitted rows alone
    labels = entries.labels[:, None]
    minus = torch.full_like(share, -1.0)
    weights = scores.new_zeros(len(labels), entries.classes, scores.shape[-2])
    ahead, best, raw, done = (
        weights,
        weights.clone(),
        scores.new_zeros(len(labels), entries.classes, scores.shape[-1]),
        0,
    )
    for strength in strengths:
        for _ in range(steps):
            gap = torch.softmax(raw + calibration.prior, 1).scatter_add_(1, labels, minus).mul_(share)
            stepped = ahead - (_times(gap, scores.mT) + strength * ahead) / (curvature + strength)
            ahead = stepped + done / (done + 3) * (stepped - weights)
            weights, done = stepped, done + 1
            raw = _times(ahead, scores)
        better = calibration.look(calibration.aside.of(raw))
        best[better] = ahead[better]
        if (calibration.idle >= PATIENCE).all():
            break
    raw = _times(best, scores)
    return raw * calibration.settle(calibration.aside.of(raw)) + calibration.prior


def _times(weights: Tensor, scores: Tensor) -> Tensor:
    """(m, c, r) · (r, n), or (m, r, n) → (m, c, n)."""
    if scores.dim() == 3:
        return torch.bmm(weights, scores)
    return (weights.reshape(-1, weights.shape[2]) @ scores).view(*weights.shape[:2], -1)
