"""Temperatures and mixtures, chosen for every entry on the rows that its fit set aside."""

from collections.abc import Sequence

import torch
from torch import Tensor

from engine.information.entries import Entries, class_shares, pick

LEAST_FACTOR, MOST_FACTOR = 1 / 8, 12.0
"""Bounds of the inverse temperature."""
BETTER = 1e-4
"""Nats by which the cross-entropy on the rows set aside must fall to count as lower."""
SETTLING = 8
PSEUDO_COUNT = 0.1
MIXING_ROUNDS = 100


class Calibration:
    """Follows an iterative fit: for every entry the lowest cross-entropy on the rows set aside, and the
    temperature there.

    Logits are factor · raw + log prior. Their cross-entropy is convex in the factor, the inverse temperature,
    which takes one guarded Newton step a look: a fit that is stopped early has the direction before it has
    the length.
    """

    def __init__(self, entries: Entries) -> None:
        self.aside = pick(entries.chosen_on)
        self.labels = entries.labels.gather(1, self.aside.rows)[:, None]
        self.weights = self.aside.is_kept / self.aside.is_kept.sum(1, keepdim=True)
        self.prior = class_shares(entries).log()[..., None]
        self.factor = self.prior.new_ones(len(entries.labels))
        self.best_factor = self.factor.clone()
        self.best_loss = torch.full_like(self.factor, torch.inf)
        self.idle = torch.zeros_like(self.factor)
        """Looks since an entry last improved."""

    def look(self, raw: Tensor) -> Tensor:
        """Which entries (m,) are better than ever. raw: (m, c, v), logits of the rows set aside, without the
        prior's."""
        used = self.factor
        loss, self.factor = self._newton(raw, used)
        better = loss < self.best_loss - BETTER
        self.best_loss = torch.where(better, loss, self.best_loss)
        self.best_factor = torch.where(better, used, self.best_factor)
        self.idle = torch.where(better, 0, self.idle + 1)
        return better

    def settle(self, raw: Tensor) -> Tensor:
        """The factors (m, 1, 1) at which the best logits fit best. raw: (m, c, v), those of the best look."""
        factor = self.best_factor
        for _ in range(SETTLING):
            _, factor = self._newton(raw, factor)
        return factor[:, None, None]

    def _newton(self, raw: Tensor, factor: Tensor) -> tuple[Tensor, Tensor]:
        """The cross-entropies (m,) at these factors, and better factors."""
        logs = torch.log_softmax(raw * factor[:, None, None] + self.prior, 1)
        p = logs.exp()
        mean = (p * raw).sum(1)
        variance = (p * raw.square()).sum(1) - mean.square()
        loss = -(logs.gather(1, self.labels)[:, 0] * self.weights).sum(1)
        slope = ((mean - raw.gather(1, self.labels)[:, 0]) * self.weights).sum(1)
        curvature = (variance * self.weights).sum(1)
        change = (1 - slope / (curvature * factor).clamp_min(1e-9)).clamp(0.25, 4.0)
        return loss, (factor * change).clamp(LEAST_FACTOR, MOST_FACTOR)


def mixture(members: Sequence[Tensor], entries: Entries) -> Tensor:
    """Weights (k, m) of Σ_k w_k p_k that make the rows set aside likeliest (expectation maximisation).

    members: k probes' log-probabilities (m, c, v) of the rows set aside, in the order of `pick`.
    """
    aside = pick(entries.chosen_on)
    labels = entries.labels.gather(1, aside.rows)[:, None]
    picked = torch.stack([member.gather(1, labels)[:, 0] for member in members]).double().exp()
    count = aside.is_kept.sum(1).double()
    weights = picked.new_full((len(members), len(count)), 1 / len(members))
    for _ in range(MIXING_ROUNDS):
        shared = weights[..., None] * picked
        belongs = shared / shared.sum(0).clamp_min(1e-300) * aside.is_kept
        weights = (belongs.sum(2) + PSEUDO_COUNT / len(members)) / (count + PSEUDO_COUNT)
    return weights
