"""Cross-fitted ridge regression for values to predict: what is predicted of every sample, out of fold."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from engine.information.features import directions
from engine.information.folds import Fold, Layout, divide
from engine.information.probes import Prepared, Sources
from engine.information.students import TAUGHT, Side, teach
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]
STRENGTHS = tuple(10.0**exponent for exponent in range(-6, 4))
"""Ridge penalties tried, relative to the number of fitted rows times a direction's variance of about 1."""
STRATA = 10


class Predicted(NamedTuple):
    """Errors (fold seeds, s, k) of the s samples that folds score: value less prediction, of each view and of
    the mean of the training rows."""

    errors: dict[str, Array]
    prior: Array


def fit_values(
    views: Mapping[str, Prepared],
    values: Array,
    layout: Layout,
    settings: EstimatorSettings,
    seed: int,
    fold_seeds: int,
    sources: Sources | None = None,
) -> Predicted:
    """Predict values (n, k) by each view's ridge, by students of the view "fused" where `sources` are given,
    and by the mean of the training rows."""
    strata = _strata(values)
    errors = {name: np.zeros((fold_seeds, *values.shape)) for name in views}
    prior = np.zeros((fold_seeds, *values.shape))
    divisions = [divide(strata, layout, settings.folds, seed * 1000 + number) for number in range(fold_seeds)]
    said = []
    for number, division in enumerate(divisions):
        for fold in division:
            seen = fold.fitted | fold.chosen_on
            prior[number][fold.scored] = values[fold.scored] - values[seen].mean(0)
            for name, view in views.items():
                predicted = _ridge(view, values, fold.fitted, fold.chosen_on)
                errors[name][number][fold.scored] = (values - predicted)[fold.scored]
                if name == "fused":
                    said.append(predicted)
    if sources is not None:
        for name, answers in _students(np.stack(said), values, sources.sides(views), divisions).items():
            parts = answers.reshape(fold_seeds, len(divisions[0]), *values.shape)
            errors[name] = np.zeros_like(prior)
            for number, division in enumerate(divisions):
                for fold, answer in zip(division, parts[number], strict=True):
                    errors[name][number][fold.scored] = (values - answer)[fold.scored]
    scored = layout.scored(len(values))
    return Predicted({name: error[:, scored] for name, error in errors.items()}, prior[:, scored])


def predict_late(
    predictions: Array, values: Array, layout: Layout, settings: EstimatorSettings, seed: int
) -> Array:
    """Errors (fold seeds, n, k) of the late probe of values (n, k): ridge regressions on what both modalities
    predict, held out too, (fold seeds, n, 2 k). layout: of these samples."""
    strata, within = _strata(values), Layout(layout.groups)
    errors = np.zeros((len(predictions), *values.shape))
    for number, features in enumerate(predictions):
        view = Prepared(directions(features, torch.device("cpu")), None)
        for fold in divide(strata, within, settings.folds, seed * 1000 + number):
            predicted = _ridge(view, values, fold.fitted, fold.chosen_on)
            errors[number][fold.scored] = (values - predicted)[fold.scored]
    return errors


def _strata(values: Array) -> NDArray[np.int64]:
    """Values (n, k) by the rank of their mean, in STRATA equal parts."""
    ranks = np.argsort(np.argsort(values.mean(1), kind="stable"), kind="stable")
    return ranks * STRATA // len(values)


def _students(
    said: Array, values: Array, sides: tuple[Side, Side], divisions: Sequence[Sequence[Fold]]
) -> dict[str, Array]:
    """Predictions (m, n, k) of students of what the fused view's ridge said (m, n, k) in each fold; of both
    modalities, for each value the student that its rows set aside like best."""
    folds = [fold for division in divisions for fold in division]
    device = sides[0].linear.device
    fitted, chosen_on = (
        torch.as_tensor(np.stack([getattr(fold, part) for fold in folds]), device=device)
        for part in ("fitted", "chosen_on")
    )
    centre, scale = values.mean(0), values.std(0)
    scores = torch.as_tensor((said - centre) / scale, dtype=torch.float32, device=device).mT
    predictions = [
        answer.mT.double().cpu().numpy() * scale + centre
        for answer in teach(scores, *sides, fitted, chosen_on)
    ]
    asides = np.stack([fold.chosen_on for fold in folds])[..., None]
    losses = np.stack([((values - answer) ** 2 * asides).sum(1) for answer in predictions])
    best = np.take_along_axis(np.stack(predictions), losses.argmin(0)[None, :, None], 0)[0]
    return dict(zip(TAUGHT, (*predictions[:2], best), strict=True))


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
