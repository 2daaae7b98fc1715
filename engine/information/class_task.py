"""A classification, from prepared views to readings: probes, the late probe, tests and controls."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.information.controls import learning_curve, permuted_labels
from engine.information.folds import Layout
from engine.information.late import forecast_late, with_late
from engine.information.probes import cross_fit
from engine.information.reading import Reading, pool, read_classes
from engine.information.results import Control, LearningPoint
from engine.information.significance import permutation_p
from engine.information.views import Views
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]


def fold_seeds_of(layout: Layout, settings: EstimatorSettings) -> int:
    """How often samples are divided: a split that was given is the same every time."""
    return settings.fold_seeds if layout.parts is None else 1


class TaskReading(NamedTuple):
    """What was read of one classification, or of a regression: pooled over divisions into folds, and of each
    division; whether the fused view tells anything at all, by permuted labels; and the controls."""

    reading: Reading
    per_seed: list[Reading]
    p_information: float
    pairing: Array | None
    permuted: Control | None = None
    curve: tuple[LearningPoint, ...] = ()


def read_class_task(
    views: Views,
    labels: NDArray[np.int64],
    layout: Layout,
    settings: EstimatorSettings,
    seed: int,
    weights: Array,
) -> TaskReading:
    """Read a classification. labels: (n,) in 0 … classes − 1; weights: (draws + 1, s) of the samples that
    folds score."""
    fold_seeds = fold_seeds_of(layout, settings)
    fitted = cross_fit(views.prepared, labels, layout, settings, seed, fold_seeds, views.taught)
    logs = {name: pool(by_seed) for name, by_seed in fitted.log_posterior.items()}
    prior = pool(fitted.log_prior)
    scored = layout.scored(views.n)
    seen, groups = labels[scored], layout.some(scored).groups
    read = {name: posterior for name, posterior in logs.items() if name != "shuffled"}
    reading = read_classes(read, prior, seen, weights, views.first, views.second)
    forecasts = np.concatenate([fitted.log_posterior[name] for name in reading.chosen], 2)
    late = forecast_late(forecasts, seen, layout.some(scored), settings, seed)
    reading = with_late(reading, pool(late), prior, seen, weights)
    alone = np.ones((1, len(scored)))
    per_seed = [
        with_late(
            read_classes(
                {name: fitted.log_posterior[name][k] for name in read},
                fitted.log_prior[k],
                seen,
                alone,
                views.first,
                views.second,
            ),
            late[k],
            fitted.log_prior[k],
            seen,
            alone,
        )
        for k in range(len(fitted.log_prior))
    ]
    rows = np.arange(len(scored))
    pairing = None
    if "shuffled" in logs:
        gained = (logs["fused"] - logs["shuffled"])[rows, seen]
        pairing = weights @ gained
    gained = fitted.log_posterior["fused"][0] - fitted.log_prior[0]
    return TaskReading(
        reading,
        per_seed,
        permutation_p(gained, seen, fitted.folds[0], groups, settings.permutations, seed),
        pairing,
        permuted_labels(views.prepared, labels, layout, settings, seed, views.first, views.second)
        if settings.controls
        else None,
        learning_curve(
            views.prepared,
            labels,
            layout,
            settings,
            seed,
            views.first,
            views.second,
            per_seed[0],
            views.taught,
        )
        if settings.curve
        else (),
    )
