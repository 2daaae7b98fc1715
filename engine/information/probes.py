"""Cross-fitted, calibrated probes: what a probe family can say of each sample's label without having seen the
sample.

Family "linear": multinomial logistic regression. Family "mlp": a mixture of that with a small multilayer
perceptron, for raw inputs. Both are calibrated by a temperature and mixed with the class prior, on training
rows set aside (`folds.py`), so that an over-confident probe costs little: the worst a probe can read is about
what the prior says.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.information.calibration import Calibration, mixture
from engine.information.entries import Entries, class_shares, entries_of, pick
from engine.information.features import Directions, directions
from engine.information.folds import Fold, Layout, Rows, divide
from engine.information.interactions import interactions
from engine.information.kernel_features import kernel_features
from engine.information.linear_probe_path import descend
from engine.information.mlp_probe import train
from engine.information.students import TAUGHT, Side, side_of, teach
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]
Features = NDArray[np.floating]


class OutOfFold(NamedTuple):
    """Natural logarithms of out-of-fold probabilities of the s samples that folds score: of each view
    (fold seeds, s, classes), and of the class prior."""

    log_posterior: dict[str, Array]
    log_prior: Array
    folds: Rows
    """The fold (fold seeds, s) in which each of them was scored."""


class Prepared(NamedTuple):
    """A view's directions, drawn once for all tasks; `same_as` names an earlier view with equal features."""

    scores: Directions
    same_as: str | None

    def some(self, rows: Rows) -> "Prepared":
        """The same view of these samples only."""
        return Prepared(self.scores.some(rows), self.same_as)


class Sources(NamedTuple):
    """Names of the views of the first and of the second modality, from which students learn."""

    first: tuple[str, ...]
    second: tuple[str, ...]

    def sides(self, views: Mapping[str, Prepared]) -> tuple[Side, Side]:
        """Directions of both modalities; equal views count once."""
        first, second = (
            side_of([views[name].scores for name in names if views[name].same_as not in names])
            for names in self
        )
        return first, second


class Scored(NamedTuple):
    """An entry's scored rows (s,) and the log-probabilities (s, c) that it gives their classes."""

    rows: Rows
    log_posterior: Array


def prepare(views: Mapping[str, Features], probe: str, device: str = "cpu") -> dict[str, Prepared]:
    """Directions of every view (n, d); equal views are computed once."""
    prepared: dict[str, Prepared] = {}
    for name, features in views.items():
        same = next((other for other in prepared if np.array_equal(views[other], features)), None)
        if same is None:
            scores = directions(features, torch.device(device))
            scores = scores._replace(kernels=kernel_features(scores.plain) if probe == "mlp" else ())
        prepared[name] = Prepared(scores if same is None else prepared[same].scores, same)
    return prepared


def cross_fit(
    views: Mapping[str, Prepared],
    labels: Rows,
    layout: Layout,
    settings: EstimatorSettings,
    seed: int,
    fold_seeds: int,
    sources: Sources | None = None,
) -> OutOfFold:
    """Score every sample by probes that were fitted without it. labels: (n,) in 0 … classes − 1; with
    `sources`, students of the view "fused" too."""
    divisions = [divide(labels, layout, settings.folds, seed * 1000 + number) for number in range(fold_seeds)]
    folds = [fold for division in divisions for fold in division]
    posteriors, prior = fit_folds(views, [labels] * len(folds), folds, settings.probe, seed, sources)
    rows = layout.scored(len(labels))
    numbers = np.stack([np.argmax([fold.scored[rows] for fold in division], 0) for division in divisions])
    log_posterior = {name: collect(scored, fold_seeds) for name, scored in posteriors.items()}
    return OutOfFold(log_posterior, collect(prior, fold_seeds), numbers)


def fit_folds(
    views: Mapping[str, Prepared],
    labels: Sequence[Rows],
    folds: Sequence[Fold],
    probe: str,
    seed: int,
    sources: Sources | None = None,
) -> tuple[dict[str, list[Scored]], list[Scored]]:
    """What the probes of each view, students of the view "fused" where `sources` are given, and the class
    prior say in each fold, which has labels (n,) of its own."""
    entries = entries_of(folds, labels, next(iter(views.values())).scores.even.device)
    posteriors: dict[str, list[Scored]] = {}
    for name, view in views.items():
        if view.same_as in posteriors:
            posteriors[name] = posteriors[view.same_as]
            continue
        members = _members(view.scores, entries, probe, seed)
        if name == "fused" and sources is not None:
            posteriors |= _with_students(list(members), sources.sides(views), entries)
        else:
            posteriors[name] = stacked(members, entries)[0]
    prior = class_shares(entries).log().double().cpu().numpy()
    rows = [np.flatnonzero(fold.scored) for fold in folds]
    return posteriors, [
        Scored(scored, np.tile(logs, (len(scored), 1))) for scored, logs in zip(rows, prior, strict=True)
    ]


def _with_students(
    members: Sequence[Tensor], sides: tuple[Side, Side], entries: Entries
) -> dict[str, list[Scored]]:
    """What the stack says of each scored row, and what its students say. They are taught the members' logits
    less the prior's, averaged by the stack's weights: of a linear probe, a linear function of the view."""
    scored, shares = stacked(members, entries)
    prior = members[0]
    scores = sum(
        (
            share[:, None, None] * (logits - prior)
            for share, logits in zip(shares.float(), members, strict=True)
        ),
        torch.zeros_like(prior),
    )
    answers = teach(scores, *sides, entries.fitted, entries.chosen_on)
    first, second, both = (calibrated(answer, entries) for answer in answers)
    stacks = ([prior, first], [prior, second], [prior, first, second, both])
    students = zip(TAUGHT, (stacked(stack, entries)[0] for stack in stacks), strict=True)
    return {"fused": scored, **dict(students)}


def calibrated(raw: Tensor, entries: Entries) -> Tensor:
    """Logits (m, c, n): scores without the prior's, at the temperature that the rows set aside like best."""
    calibration = Calibration(entries)
    seen = calibration.aside.of(raw)
    calibration.look(seen)
    return raw * calibration.settle(seen) + calibration.prior


def stacked(members: Iterable[Tensor], entries: Entries) -> tuple[list[Scored], Tensor]:
    """Probes' logits (m, c, n) mixed, for every entry by how likely each makes the rows set aside; and the
    mixture's weights (k, m)."""
    aside, scored = pick(entries.chosen_on), pick(entries.scored)
    on_aside: list[Tensor] = []
    on_scored: list[Tensor] = []
    for logits in members:
        for picked, kept in ((aside, on_aside), (scored, on_scored)):
            kept.append(torch.log_softmax(picked.of(logits).double(), 1))
    shares = mixture(on_aside, entries)
    mixed = torch.logsumexp(torch.stack(on_scored) + shares.log()[..., None, None], 0).mT
    return [
        Scored(rows[is_kept].cpu().numpy(), logs[is_kept].cpu().numpy())
        for rows, is_kept, logs in zip(*scored, mixed, strict=True)
    ], shares


def _members(scores: Directions, entries: Entries, probe: str, seed: int) -> Iterator[Tensor]:
    """Logits (m, c, n) of the class prior and of each probe of the family."""
    yield class_shares(entries).log()[..., None].expand(-1, -1, scores.even.shape[1])
    if not scores.varies:
        return
    yield descend(scores.even, entries)
    if probe == "mlp":
        for features in (*scores.kernels, interactions(scores.even, entries)):
            yield descend(features, entries)
        yield train(scores.plain, entries, seed)


def collect(scored: Sequence[Scored], fold_seeds: int) -> Array:
    """(fold seeds, s, c) of the entries that scored each of s rows, which are in ascending order."""
    folds = len(scored) // fold_seeds
    rows = np.sort(np.concatenate([answer.rows for answer in scored[:folds]]))
    collected = np.empty((fold_seeds, len(rows), scored[0].log_posterior.shape[1]))
    for number, answer in enumerate(scored):
        collected[number // folds, np.searchsorted(rows, answer.rows)] = answer.log_posterior
    return collected
