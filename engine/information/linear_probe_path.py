"""Multinomial logistic regression of many entries at once: one matrix product serves every fold, seed and label vector.

Accelerated gradient descent (Nesterov 1983) from zero weights; the step is the one that Böhning's bound on the Hessian, half the
covariance of the directions, allows. Stopping early is how the weights are kept small: for linear models that acts as an L2
penalty does (Ali, Kolter & Tibshirani 2019), and one descent yields the whole path of strengths.
"""

from typing import NamedTuple

import torch
from torch import Tensor

STEPS = 40
PATIENCE = 4
"""Steps without a lower cross-entropy on the rows set aside, for every entry, before the descent ends."""
TEMPERATURES = (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 3.0, 5.0, 8.0, 12.0)
"""Factors for logits that are tried at every step: a stopped descent has the direction before it has the length."""


class Entries(NamedTuple):
    """What is fitted at once: for each of m entries, rows to fit and to choose on (n, m), and labels (n, m) in 0 … c − 1."""

    fitted: Tensor
    chosen_on: Tensor
    labels: Tensor
    classes: int


class Path(NamedTuple):
    """Calibrated logits (n, m, c) at each entry's best step, and the cross-entropy in nats (m,) there on the rows set aside."""

    logits: Tensor
    chosen_loss: Tensor


class SetAside(NamedTuple):
    """Rows (m, v) on which each entry's choices are made, filled up with weight 0, and their labels and weights (m, v)."""

    rows: Tensor
    labels: Tensor
    weights: Tensor

    def losses(self, raw: Tensor, prior: Tensor) -> tuple[Tensor, Tensor]:
        """The lowest cross-entropy (m,) over temperatures, and which. raw: (m, v, c) logits without the prior's (m, c)."""
        tried = []
        for factor in TEMPERATURES:
            logs = torch.log_softmax(raw * factor + prior[:, None], -1)
            tried.append(-(logs.gather(2, self.labels[..., None])[..., 0] * self.weights).sum(1))
        least, which = torch.stack(tried).min(0)
        return least, which


def set_aside(entries: Entries) -> SetAside:
    """The rows set aside of every entry."""
    chosen = entries.chosen_on.T
    rows = chosen.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, : int(chosen.sum(1).max())]
    weights = chosen.gather(1, rows).float()
    return SetAside(rows, entries.labels.T.gather(1, rows), weights / weights.sum(1, keepdim=True))


def descend(scores: Tensor, entries: Entries, steps: int = STEPS) -> Path:
    """Logits of all rows for every entry. scores: (n, r) directions of about unit variance."""
    n, r = scores.shape
    m, c = entries.labels.shape[1], entries.classes
    share = entries.fitted.float() / entries.fitted.float().sum(0)  # a row's weight in the mean
    prior = class_shares(entries).log()
    weights, ahead = scores.new_zeros(r, m, c), scores.new_zeros(r, m, c)
    step = 2.0 / max(float((scores.square().mean(0)).max()), 1e-12)
    best = Path(prior.expand(n, m, c).clone(), scores.new_full((m,), torch.inf))
    idle = torch.zeros(m, dtype=torch.long, device=scores.device)
    aside = set_aside(entries)
    seen = scores[aside.rows]
    factors = torch.tensor(TEMPERATURES, device=scores.device)
    for number in range(1, steps + 1):
        logits = (scores @ ahead.view(r, m * c)).view(n, m, c) + prior
        gap = torch.softmax(logits, -1)
        gap.scatter_add_(2, entries.labels[..., None], gap.new_full((n, m, 1), -1.0))
        gap *= share[..., None]
        stepped = ahead - step * (scores.T @ gap.view(n, m * c)).view(r, m, c)
        ahead = stepped + (number - 1) / (number + 2) * (stepped - weights)
        weights = stepped
        loss, temperature = aside.losses(torch.bmm(seen, weights.transpose(0, 1)), prior)
        better = loss < best.chosen_loss - 1e-4
        if better.any():
            factor = factors[temperature[better]]
            chosen = (scores @ weights[:, better].reshape(r, -1)).view(n, -1, c)
            best.logits[:, better] = chosen * factor[:, None] + prior[better]
            best.chosen_loss[better] = loss[better]
        idle = torch.where(better, 0, idle + 1)
        if (idle >= PATIENCE).all():
            break
    return best


def class_shares(entries: Entries) -> Tensor:
    """Shares of the classes (m, c) among the fitted rows, a half counted extra in each so that none is zero."""
    truth = torch.nn.functional.one_hot(entries.labels, entries.classes)
    counts = (truth * entries.fitted[..., None]).sum(0).float() + 0.5
    return counts / counts.sum(-1, keepdim=True)
