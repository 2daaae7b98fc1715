"""What shows whether a reading can be believed: refits on permuted labels, and what fewer samples would have
told."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from engine.information.folds import Layout, divide, exchanged
from engine.information.probes import Array, Prepared, Scored, Sources, fit_folds
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
    layout: Layout,
    settings: EstimatorSettings,
    seed: int,
    first: list[str],
    second: list[str],
) -> Control:
    """Refit on permuted labels, `settings.controls` times, each scored on one fold; from MOST_FOR_CONTROLS
    samples at most."""
    generator = np.random.default_rng([seed, 4])
    if len(labels) > MOST_FOR_CONTROLS:
        # fewer samples let a probe read more from nothing: the control errs on the strict side
        rows = np.sort(generator.choice(len(labels), MOST_FOR_CONTROLS, replace=False))
        views, labels, layout = _some(views, rows), labels[rows], layout.some(rows)
    permuted = [exchanged(labels, layout.groups, generator) for _ in range(settings.controls)]
    folds = [
        divide(relabelled, layout, settings.folds, seed * 1000 + 900 + number)[0]
        for number, relabelled in enumerate(permuted)
    ]
    posteriors, prior = fit_folds(_some(views), permuted, folds, settings.probe, seed)
    readings = []
    for number, relabelled in enumerate(permuted):
        logs, log_prior, scored = _joined(
            {name: [parts[number]] for name, parts in posteriors.items()}, [prior[number]]
        )
        readings.append(
            read_classes(logs, log_prior, relabelled[scored], np.ones((1, len(scored))), first, second)
        )
    information, synergy, gain = (
        np.array([reading.values[name][0] for reading in readings]) for name in ("fused", "synergy", "gain")
    )
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
    layout: Layout,
    settings: EstimatorSettings,
    seed: int,
    first: list[str],
    second: list[str],
    whole: Reading,
    sources: Sources | None = None,
) -> tuple[LearningPoint, ...]:
    """Readings of a quarter and a half of the samples, and of all; one division into folds each. Groups stay
    whole; of a split that the data came with, the training part is what shrinks."""
    generator = np.random.default_rng([seed, 5])
    n = len(labels)
    owner = np.arange(n) if layout.groups is None else layout.groups
    order = generator.permutation(int(owner.max()) + 1)[owner]
    always = np.zeros(n, bool) if layout.parts is None or layout.parts.all() else layout.parts > 0
    points = []
    for share in SHARES:
        listed = np.argsort(order, kind="stable")
        listed = listed[~always[listed]]
        rows = np.sort(np.concatenate([np.flatnonzero(always), listed[: round(share * len(listed))]]))
        fewer = labels[rows]
        counts = np.bincount(fewer, minlength=int(labels.max()) + 1)
        if len(rows) < FEWEST_FOR_A_POINT or counts.min() < settings.folds:
            continue
        folds = divide(fewer, layout.some(rows), settings.folds, seed * 1000)
        if len(rows) > MOST_FOR_CONTROLS // 2:
            folds = folds[:2]  # they hold enough samples to tell whether the curve still rises
        logs, prior, scored = _joined(
            *fit_folds(_some(views, rows), [fewer] * len(folds), folds, settings.probe, seed, sources)
        )
        reading = read_classes(logs, prior, fewer[scored], np.ones((1, len(scored))), first, second)
        points.append(_point(len(rows), reading))
    return (*points, _point(n, whole))


def _some(views: Mapping[str, Prepared], rows: Rows | None = None) -> dict[str, Prepared]:
    """These rows of the views, or all; "shuffled" is no part of a reading and left out."""
    return {
        name: view if rows is None else view.some(rows) for name, view in views.items() if name != "shuffled"
    }


def _joined(
    posteriors: Mapping[str, Sequence[Scored]], prior: Sequence[Scored]
) -> tuple[dict[str, Array], Array, Rows]:
    """Log-probabilities of the views and of the prior, and the scored rows, of several folds one after the
    other."""
    logs = {
        name: np.concatenate([part.log_posterior for part in parts]) for name, parts in posteriors.items()
    }
    return (
        logs,
        np.concatenate([part.log_posterior for part in prior]),
        np.concatenate([part.rows for part in prior]),
    )


def _point(n: int, reading: Reading) -> LearningPoint:
    values = {name: float(reading.values[name][0]) for name in ("fused", "synergy", "gain")}
    return LearningPoint(n=n, information=values["fused"], synergy=values["synergy"], gain=values["gain"])
