"""Cross-fitted, calibrated probes: what a probe family can say of each sample's label without having seen the sample.

Family "linear": multinomial logistic regression. Family "mlp": a mixture of that with a small multilayer perceptron, for raw
inputs. Both are calibrated by a temperature and mixed with the class prior, on training rows set aside (`folds.py`), so that an
over-confident probe costs little: the worst a probe can read is about what the prior says.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.information.features import Directions, directions
from engine.information.folds import Fold, Rows, divide
from engine.information.linear_probe_path import Entries, class_shares, descend
from engine.information.mlp_probe import train
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]
Features = NDArray[np.floating]
MIXING_ROUNDS = 30


class OutOfFold(NamedTuple):
    """Natural logarithms of out-of-fold probabilities: of each view (fold seeds, n, classes), and of the class prior."""

    log_posterior: dict[str, Array]
    log_prior: Array
    folds: Rows
    """The fold (fold seeds, n) in which each sample was scored."""


class Prepared(NamedTuple):
    """A view's directions, drawn once for all tasks; `same_as` names an earlier view with equal features."""

    scores: Directions
    same_as: str | None


def prepare(views: Mapping[str, Features], device: str = "cpu") -> dict[str, Prepared]:
    """Directions of every view (n, d); equal views are computed once."""
    prepared: dict[str, Prepared] = {}
    for name, features in views.items():
        same = next((other for other in prepared if np.array_equal(views[other], features)), None)
        scores = prepared[same].scores if same else directions(features, torch.device(device))
        prepared[name] = Prepared(scores, same)
    return prepared


def cross_fit(
    views: Mapping[str, Prepared], labels: Rows, groups: Rows | None, settings: EstimatorSettings, seed: int, fold_seeds: int
) -> OutOfFold:
    """Score every sample by probes that were fitted without it. labels: (n,) in 0 … classes − 1."""
    divisions = [divide(labels, groups, settings.folds, seed * 1000 + number) for number in range(fold_seeds)]
    folds = [fold for division in divisions for fold in division]
    device = next(iter(views.values())).scores.even.device
    entries = entries_of(folds, [labels] * len(folds), device)
    scored = torch.as_tensor(np.stack([fold.scored for fold in folds], 1), device=device)
    found: dict[str, Array] = {}
    for name, view in views.items():
        if view.same_as is not None:
            found[name] = found[view.same_as]
            continue
        logs = posterior(view.scores, entries, settings.probe, seed)
        found[name] = _collect(logs, scored, fold_seeds)
    prior = class_shares(entries).log().expand(len(labels), -1, -1)
    numbers = np.stack([np.argmax([fold.scored for fold in division], 0) for division in divisions])
    return OutOfFold(found, _collect(prior, scored, fold_seeds), numbers)


def entries_of(folds: Sequence[Fold], labels: Sequence[Rows], device: torch.device) -> Entries:
    """One entry a fold, with labels of its own; classes are counted over all."""
    stacked = [np.stack([getattr(fold, part) for fold in folds], 1) for part in ("fitted", "chosen_on")]
    fitted, chosen_on, own = (torch.as_tensor(values, device=device) for values in (*stacked, np.stack(labels, 1)))
    return Entries(fitted, chosen_on, own, int(own.max()) + 1)


def posterior(scores: Directions, entries: Entries, probe: str, seed: int) -> Tensor:
    """Log-probabilities (n, m, c) of all rows, for every entry."""
    with torch.no_grad():
        members = [class_shares(entries).log().expand(len(scores.even), -1, -1), descend(scores.even, entries).logits]
    if probe == "mlp":
        members.append(train(scores.plain, entries, seed).logits)
    with torch.no_grad():
        return _mix([torch.log_softmax(member.double(), -1) for member in members], entries)


def _mix(members: Sequence[Tensor], entries: Entries) -> Tensor:
    """Σ_k w_k p_k with the weights, for each entry, that make the rows set aside likeliest (expectation maximisation)."""
    logs = torch.stack(list(members))
    rows = entries.chosen_on.any(1)
    picked = logs[:, rows].gather(3, entries.labels[rows][None, ..., None].expand(len(members), -1, -1, 1))[..., 0].exp()
    chosen = entries.chosen_on[rows].double()
    weights = picked.new_full((len(members), chosen.shape[1]), 1 / len(members))
    count = chosen.sum(0)
    for _ in range(MIXING_ROUNDS):
        shared = weights[:, None] * picked
        belongs = shared / shared.sum(0).clamp_min(1e-300) * chosen
        weights = (belongs.sum(1) + 1 / len(members)) / (count + 1)
    return torch.logsumexp(logs + weights.log()[:, None, :, None], 0)


def _collect(logs: Tensor, scored: Tensor, fold_seeds: int) -> Array:
    """(n, m, c) of all entries → (fold seeds, n, c) of the entry that scored each row."""
    n, m, c = logs.shape
    kept = torch.where(scored[..., None], logs.double(), 0.0).view(n, fold_seeds, m // fold_seeds, c).sum(2)
    collected: Array = kept.transpose(0, 1).cpu().numpy()
    return collected
