"""What shows whether a reading can be believed: refits on permuted labels, and what fewer samples would have told."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine.information.features import Directions
from engine.information.folds import Fold, divide
from engine.information.probes import Array, Prepared, entries_of, posterior
from engine.information.reading import Reading, read_classes
from engine.information.results import Control, LearningPoint
from engine.settings.decomposition import EstimatorSettings

Rows = NDArray[np.int64]
SHARES = (0.25, 0.5)
FEWEST_FOR_A_POINT = 50
MOST_FOR_CONTROLS = 3000


def permuted_labels(
    views: Mapping[str, Prepared],
    labels: Rows,
    groups: Rows | None,
    settings: EstimatorSettings,
    seed: int,
    first: list[str],
    second: list[str],
) -> Control:
    """Refit on permuted labels, `settings.controls` times, each scored on one fold; from MOST_FOR_CONTROLS samples at most."""
    generator = np.random.default_rng([seed, 4])
    if len(labels) > MOST_FOR_CONTROLS:  # fewer samples let a probe read more from nothing: the control errs on the strict side
        rows = np.sort(generator.choice(len(labels), MOST_FOR_CONTROLS, replace=False))
        views, labels, groups = _some(views, rows), labels[rows], None if groups is None else groups[rows]
    permuted = [generator.permutation(labels) for _ in range(settings.controls)]
    folds = [divide(own, groups, settings.folds, seed * 1000 + 900 + number)[0] for number, own in enumerate(permuted)]
    readings = [
        read_classes(one.logs, one.log_prior, own[one.rows], np.ones((1, len(one.rows))), first, second)
        for own, one in zip(permuted, _read_folds(views, permuted, folds, settings, seed), strict=True)
    ]
    information, synergy, gain = (np.array([one.values[name][0] for one in readings]) for name in ("fused", "synergy", "gain"))
    return Control(
        information=float(information.mean()),
        information_high=float(information.max()),
        synergy=float(synergy.mean()),
        synergy_high=float(synergy.max()),
        gain=float(gain.mean()),
        gain_high=float(gain.max()),
        refits=len(readings),
    )


def learning_curve(
    views: Mapping[str, Prepared],
    labels: Rows,
    groups: Rows | None,
    settings: EstimatorSettings,
    seed: int,
    first: list[str],
    second: list[str],
    whole: Reading,
) -> tuple[LearningPoint, ...]:
    """Readings of a quarter and a half of the samples, and of all; one division into folds each. Groups stay whole."""
    generator = np.random.default_rng([seed, 5])
    n = len(labels)
    owner = np.arange(n) if groups is None else groups
    order = generator.permutation(int(owner.max()) + 1)[owner]
    points = []
    for share in SHARES:
        rows = np.sort(np.argsort(order, kind="stable")[: round(share * n)])
        own = labels[rows]
        counts = np.bincount(own, minlength=int(labels.max()) + 1)
        if len(rows) < FEWEST_FOR_A_POINT or counts.min() < settings.folds:
            continue
        folds = divide(own, None if groups is None else groups[rows], settings.folds, seed * 1000)
        if len(rows) > MOST_FOR_CONTROLS // 2:  # two folds hold enough samples to tell whether the curve still rises
            folds = folds[:2]
        readings = _read_folds(_some(views, rows), [own] * len(folds), folds, settings, seed)
        logs, prior, scored = _joined(readings)
        reading = read_classes(logs, prior, own[scored], np.ones((1, len(scored))), first, second)
        points.append(_point(len(rows), reading))
    return (*points, _point(n, whole))


class _Scored(NamedTuple):
    """One fold's scored rows, and log-probabilities for them of every view and of the prior."""

    rows: Rows
    logs: dict[str, Array]
    log_prior: Array


def _read_folds(
    views: Mapping[str, Prepared], labels: Sequence[Rows], folds: Sequence[Fold], settings: EstimatorSettings, seed: int
) -> list[_Scored]:
    """Fit one entry a fold, each with its own labels (n,)."""
    entries = entries_of(folds, labels, next(iter(views.values())).scores.even.device)
    found: dict[str, Array] = {}
    for name, view in views.items():
        if view.same_as in found:
            found[name] = found[view.same_as]
        elif name != "shuffled":
            found[name] = posterior(view.scores, entries, settings.probe, seed).double().cpu().numpy()
    scored = []
    for number, (own, fold) in enumerate(zip(labels, folds, strict=True)):
        rows = np.flatnonzero(fold.scored)
        shares = np.bincount(own[fold.fitted], minlength=entries.classes) + 0.5
        prior = np.tile(np.log(shares / shares.sum()), (len(rows), 1))
        scored.append(_Scored(rows, {name: values[rows, number] for name, values in found.items()}, prior))
    return scored


def _joined(parts: Sequence[_Scored]) -> tuple[dict[str, Array], Array, Rows]:
    """Log-probabilities, prior and rows of several folds, one after the other."""
    logs = {name: np.concatenate([part.logs[name] for part in parts]) for name in parts[0].logs}
    return logs, np.concatenate([part.log_prior for part in parts]), np.concatenate([part.rows for part in parts])


def _some(views: Mapping[str, Prepared], rows: Rows) -> dict[str, Prepared]:
    """These rows of the views; "shuffled" is no part of a reading and left out."""
    chosen = torch.as_tensor(rows)
    return {
        name: Prepared(Directions(*(part[chosen.to(part.device)] for part in view.scores)), view.same_as)
        for name, view in views.items()
        if name != "shuffled"
    }


def _point(n: int, reading: Reading) -> LearningPoint:
    values = {name: float(reading.values[name][0]) for name in ("fused", "synergy", "gain")}
    return LearningPoint(n=n, information=values["fused"], synergy=values["synergy"], gain=values["gain"])
