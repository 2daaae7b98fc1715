"""Linear probe on frozen representations (docs/method.md#linear-probe): fit on train, choose the cost on
validation, open test once.

Logistic regression with scikit-learn's objective (½‖w‖² + C Σ log-loss, L-BFGS); one classifier a label for
multi-label tasks; ridge for regression. Departure from the public code, whose regulariser is the unsquared
norm and which probes with random crops: here the representation of a sample is one fixed vector.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge

from engine.dataset import Task
from engine.metric import metrics_for, selecting_metric
from engine.settings.probe import ProbeSettings

Predict = Callable[[np.ndarray], np.ndarray]

COARSE = tuple(10.0**exponent for exponent in range(-6, 7, 2))
"""First costs tried, 1e-6 to 1e6 by hundreds."""
STEPS_PER_DECADE = 7
_FINER_STEPS = (7, 4, 2, 1)


class ProbeResult(NamedTuple):
    """values: metric name → figure on the test split; cost: what validation chose; n_*: samples used."""

    values: dict[str, float]
    cost: float
    n_train: int
    n_test: int


def effective_samples(classes: np.ndarray) -> int:
    """How many samples of balanced classes would tell the macro-averaged accuracy as surely as these do:
    C² / Σ_c 1 / n_c of the C classes that occur, rounded down. classes: (n,) integers, n ≥ 1.

    With a tenth of 4,000 samples in one of two classes 1,440: most of the doubt is that of the 400.
    """
    counts = np.unique(classes, return_counts=True)[1]
    return int(len(counts) ** 2 / np.sum(1 / counts) + 1e-9)


def chance_among(task: Task, classes: np.ndarray) -> float | None:
    """Macro-averaged accuracy of guessing among the classes that occur in a test split, over which accuracy
    is a mean too; None where the task has no chance. classes: (n,) integers."""
    return None if task.chance is None else 1 / len(np.unique(classes))


class LabelledFeatures(NamedTuple):
    """Representations (n, d) and a task's labels (n,) or (n, k) of one split."""

    x: np.ndarray
    y: np.ndarray


def probe(
    task: Task,
    train: LabelledFeatures,
    validation: LabelledFeatures,
    test: LabelledFeatures,
    settings: ProbeSettings,
) -> ProbeResult:
    """Choose the cost on validation, refit on train and validation together, measure on test.

    Of costs that do equally well the one nearest to 1 is taken. At the far end of the sweep a fit is all
    intercept: where the features are easy it may sort the validation samples by a hair, and after the refit
    call every sample the same class.
    """
    scores: dict[int, float] = {}

    def score(position: int) -> tuple[float, int]:
        """Validation score at cost 10^(position / STEPS_PER_DECADE), then nearness to 1; higher is better."""
        if position not in scores:
            predicted = _fit(task, train, _cost(position), settings.iterations)(validation.x)
            scores[position] = _selection_score(task, validation.y, predicted)
        return scores[position], -abs(position)

    best = max((round(np.log10(cost)) * STEPS_PER_DECADE for cost in COARSE), key=score)
    if settings.refine:
        for step in _FINER_STEPS:
            best = max((best, best - step, best + step), key=score)
    both = LabelledFeatures(np.concatenate([train.x, validation.x]), np.concatenate([train.y, validation.y]))
    predicted = _fit(task, both, _cost(best), settings.iterations)(test.x)
    values = {name: metric.measure(test.y, predicted) for name, metric in metrics_for(task.kind).items()}
    return ProbeResult(values, _cost(best), len(both.y), len(test.y))


def _cost(position: int) -> float:
    return float(10.0 ** (position / STEPS_PER_DECADE))


def _selection_score(task: Task, target: np.ndarray, predicted: np.ndarray) -> float:
    metric = selecting_metric(task.kind)
    return (1 if metric.higher_is_better else -1) * metric.measure(target, predicted)


def _fit(task: Task, features: LabelledFeatures, cost: float, iterations: int) -> Predict:
    """A fitted predictor: x (n, d) → classes (n,), 0/1 labels (n, k) or values like y."""
    if task.kind == "regression":
        # by singular values, in double precision: the normal equations lose what little the weakest penalties
        # leave to tell
        x, y = features.x.astype(np.float64), features.y.astype(np.float64)
        ridge = Ridge(alpha=1.0 / cost, solver="svd").fit(x, y)
        return lambda rows: np.reshape(
            ridge.predict(rows), (len(rows), *y.shape[1:])
        )  # scikit-learn makes (n, 1) to (n,)
    if task.kind == "classification":
        return _logistic(features.x, features.y, cost, iterations)
    columns = [_logistic(features.x, labels, cost, iterations) for labels in features.y.T]
    return lambda x: np.stack([predict(x) for predict in columns], axis=1)


def _logistic(x: np.ndarray, y: np.ndarray, cost: float, iterations: int) -> Predict:
    if (y == y[0]).all():  # a label that never varies in this split has nothing to fit
        return lambda rows: np.full(len(rows), y[0])
    with warnings.catch_warnings():  # the iteration limit is part of the protocol, not a fault
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted: Predict = LogisticRegression(C=cost, max_iter=iterations).fit(x, y).predict
    return fitted
