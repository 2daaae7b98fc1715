"""A regression, from prepared views to readings: ridge probes, and the late probe."""

import numpy as np
from numpy.typing import NDArray

from engine.information.class_task import TaskReading, fold_seeds_of
from engine.information.folds import Layout
from engine.information.late import split
from engine.information.pointwise import value_rows
from engine.information.reading import Reading, average, informed, read_values
from engine.information.values import fit_values, predict_late
from engine.information.views import Views
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]


def read_value_task(
    views: Views, values: Array, layout: Layout, settings: EstimatorSettings, seed: int, weights: Array
) -> TaskReading:
    """Read a regression of values (n, k). weights: (draws + 1, s) of the samples that folds score."""
    fold_seeds = fold_seeds_of(layout, settings)
    fitted = fit_values(views.prepared, values, layout, settings, seed, fold_seeds, views.taught)
    squared = {name: error**2 for name, error in fitted.errors.items()}
    prior = fitted.prior**2
    pooled = {name: by_seed.mean(0) for name, by_seed in squared.items()}
    readings = read_values(pooled, prior.mean(0), weights, views.first, views.second)
    scored = layout.scored(len(values))
    chosen = [reading.chosen for reading in readings]
    sides = [
        np.stack([values[scored, k] - fitted.errors[pair[side]][..., k] for k, pair in enumerate(chosen)], -1)
        for side in (0, 1)
    ]
    late = predict_late(np.concatenate(sides, 2), values[scored], layout.some(scored), settings, seed) ** 2
    alone = np.ones((1, weights.shape[1]))
    per_seed = [
        average(
            _with_late(
                read_values(
                    {name: by_seed[number] for name, by_seed in squared.items()},
                    prior[number],
                    alone,
                    views.first,
                    views.second,
                ),
                late[number],
                prior[number],
                alone,
            )
        )
        for number in range(fold_seeds)
    ]
    gained = (prior.mean(0) - pooled["fused"]).mean(1)
    return TaskReading(
        average(_with_late(readings, late.mean(0), prior.mean(0), weights)),
        per_seed,
        float((1 + (weights[1:] @ gained <= 0).sum()) / len(weights)),
        (weights @ (pooled["shuffled"] - pooled["fused"]).mean(1)) if "shuffled" in pooled else None,
    )


def _with_late(readings: list[Reading], late: Array, prior: Array, weights: Array) -> list[Reading]:
    """Readings of each value with the late probe, from squared errors (n, k) of it and of the mean."""
    told = informed(late, prior, weights)
    return [
        reading._replace(
            values=reading.values | split(reading.values, told[:, k]),
            rows=reading.rows | {"late": value_rows(late[:, k], prior[:, k], float(told[0, k]))},
        )
        for k, reading in enumerate(readings)
    ]
