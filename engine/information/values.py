"""Cross-fitted ridge regression for values to predict: squared errors of every sample, out of fold."""

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from engine.information.folds import Rows, divide
from engine.information.probes import Prepared
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]
STRENGTHS = tuple(10.0**exponent for exponent in range(-6, 4))
"""Ridge penalties tried, relative to the number of fitted rows times a direction's variance of about 1."""
STRATA = 10


def fit_values(
    views: Mapping[str, Prepared],
    values: Array,
    groups: Rows | None,
    settings: EstimatorSettings,
    seed: int,
    fold_seeds: int,
) -> tuple[dict[str, Array], Array]:
    """Squared errors (fold seeds, n, k) of each view's ridge, and of the mean of the training rows. values:
    (n, k)."""
    ranks = np.argsort(np.argsort(values.mean(1), kind="stable"), kind="stable")
    strata = ranks * STRATA // len(values)
    errors = {name: np.zeros((fold_seeds, *values.shape)) for name in views}
    prior = np.zeros((fold_seeds, *values.shape))
    for number in range(fold_seeds):
        for fold in divide(strata, groups, settings.folds, seed * 1000 + number):
            seen = fold.fitted | fold.chosen_on
            prior[number][fold.scored] = (values[fold.scored] - values[seen].mean(0)) ** 2
            for name, view in views.items():
                predicted = _ridge(view, values, fold.fitted, fold.chosen_on)
                errors[name][number][fold.scored] = (values - predicted)[fold.scored] ** 2
    return errors, prior


def _ridge(view: Prepared, values: Array, fitted: NDArray[np.bool_], chosen_on: NDArray[np.bool_]) -> Array:
    """Predictions (n, k) of all rows, each value with the penalty that its rows set aside like best."""
    scores = view.scores.even.T.double()
    rows = torch.as_tensor(fitted, device=scores.device)
    mean = values[fitted].mean(0)
    targets = torch.as_tensor(values - mean, device=scores.device)
    inside = scores[rows]
    variances, axes = torch.linalg.eigh(inside.T @ inside / len(inside))
    seen = axes.T @ (inside.T @ targets[rows]) / len(inside)
    turned = scores @ axes
    best, least = np.tile(mean, (len(values), 1)), ((values - mean)[chosen_on] ** 2).mean(0)
    for strength in STRENGTHS:
        predicted = (turned @ (seen / (variances.clamp_min(0.0) + strength)[:, None])).cpu().numpy() + mean
        loss = ((values - predicted)[chosen_on] ** 2).mean(0)
        better = loss < least
        best[:, better], least[better] = predicted[:, better], loss[better]
    return best
