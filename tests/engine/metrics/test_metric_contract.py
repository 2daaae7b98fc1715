"""What every metric promises, for every kind of task it is for; they are found in `engine/metrics`."""

import math
import pkgutil
from typing import get_args, get_type_hints

import numpy as np
import pytest

import engine.metrics
from engine.dataset import Task
from engine.metric import all_metrics, metrics_for, selecting_metric

NAMES = sorted(found.name for found in pkgutil.iter_modules(engine.metrics.__path__) if not found.ispkg)
KINDS = get_args(get_type_hints(Task)["kind"])
CASES = [(name, kind) for kind in KINDS for name in metrics_for(kind)]
N = 120


def targets(kind):
    """Labels as a probe's test split has them, none alike."""
    draw = np.random.default_rng(0)
    return {
        "classification": np.arange(N) % 4,
        "multilabel": draw.integers(0, 2, (N, 3)),
        "regression": draw.standard_normal(N),
    }[kind]


def measured(name, kind, target, predicted):
    return metrics_for(kind)[name].measure(target, predicted)


def spoilt(target, share, seed=1):
    """Predictions that are right but for a share of the rows, which have those of other rows."""
    draw = np.random.default_rng(seed)
    predicted, rows = target.copy(), draw.permutation(N)[: int(share * N)]
    predicted[rows] = target[np.roll(rows, 1)]
    return predicted


def test_every_file_is_a_metric_of_some_kind_of_task():
    assert NAMES == sorted(all_metrics()) == sorted({name for name, _ in CASES})
    for name, metric in all_metrics().items():
        assert metric.tasks and metric.tasks <= set(KINDS), name
        assert metric.label and metric.unit in ("share", "plain")


def test_labels_are_told_apart():
    labels = [metric.label for metric in all_metrics().values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_task_has_one_metric_that_chooses(kind):
    assert selecting_metric(kind) in metrics_for(kind).values()


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_it_is_a_finite_number_that_the_order_of_rows_does_not_change(name, kind):
    target = targets(kind)
    predicted = spoilt(target, 0.5)
    value = measured(name, kind, target, predicted)
    assert isinstance(value, float) and math.isfinite(value)
    order = np.random.default_rng(2).permutation(N)
    assert measured(name, kind, target[order], predicted[order]) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_nothing_given_is_changed(name, kind):
    target = targets(kind)
    predicted = spoilt(target, 0.5)
    kept = target.copy(), predicted.copy()
    measured(name, kind, target, predicted)
    assert np.array_equal(target, kept[0]) and np.array_equal(predicted, kept[1])


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_the_more_is_wrong_the_worse_it_is_in_its_own_direction(name, kind):
    target, metric = targets(kind), metrics_for(kind)[name]
    better = 1 if metric.higher_is_better else -1
    good = [
        better * np.mean([measured(name, kind, target, spoilt(target, share, seed)) for seed in range(20)])
        for share in (0, 0.1, 0.4, 0.9)
    ]
    assert good[0] >= good[1] >= good[2] >= good[3] and good[0] > good[3]  # a median may not see the first
    perfect = measured(name, kind, target, target)
    assert perfect == pytest.approx(1.0 if metric.higher_is_better else 0.0)
    if metric.unit == "share":
        assert all(0 <= better * value <= 1 for value in good)


@pytest.mark.parametrize(("name", "kind"), CASES)
def test_a_class_or_column_without_samples_is_no_error(name, kind):
    target = targets(kind)
    predicted = target.copy()
    if kind == "classification":
        predicted[predicted == 3] = 2  # never predicted
    elif kind == "multilabel":
        target[:, 0] = predicted[:, 0] = 0  # never there, never predicted
    else:
        target[:] = 1.0
    assert math.isfinite(measured(name, kind, target, predicted))
