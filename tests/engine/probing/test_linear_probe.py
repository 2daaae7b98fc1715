"""The probe against hand-made cases and, for accuracy, against the stored results of the public protocol."""

import warnings

import numpy as np
import pytest
from golden_cases import flat_cases
from safetensors.numpy import load_file

from engine.dataset import Task
from engine.metric import metrics_for
from engine.probing.linear_probe import LabelledFeatures, chance_among, effective_samples, probe
from engine.settings.probe import ProbeSettings

CASES = flat_cases("probe")


def blobs(n: int, classes: int, distance: float, seed: int) -> LabelledFeatures:
    centres = np.random.default_rng(0).standard_normal((classes, 8)) * distance
    generator = np.random.default_rng(seed)
    y = generator.integers(0, classes, n)
    return LabelledFeatures(centres[y] + generator.standard_normal((n, 8)), y)


def test_separable_classes_are_read_and_noise_is_chance():
    task = Task("label", "classification", classes=4, chance=0.25)
    easy = [blobs(300, 4, 4.0, seed) for seed in range(3)]
    assert probe(task, *easy, ProbeSettings()).values["accuracy"] > 0.99
    noise = [
        LabelledFeatures(np.random.default_rng(9 + i).standard_normal((600, 8)), f.y)
        for i, f in enumerate(blobs(600, 4, 0, i) for i in range(3))
    ]
    assert abs(probe(task, *noise, ProbeSettings()).values["accuracy"] - 0.25) < 0.08


def test_the_test_split_does_not_choose_the_cost():
    task = Task("label", "classification", classes=2)
    train, validation, test = (blobs(200, 2, 0.5, seed) for seed in range(3))
    normal = probe(task, train, validation, test, ProbeSettings())
    swapped = probe(task, train, validation, LabelledFeatures(test.x, 1 - test.y), ProbeSettings())
    assert normal.cost == swapped.cost
    assert normal.values["accuracy"] + swapped.values["accuracy"] == pytest.approx(1)
    assert (normal.n_train, normal.n_test) == (400, 200)


def test_regression_and_multilabel():
    generator = np.random.default_rng(1)
    weights = generator.standard_normal((8, 2))

    def linear(n):
        x = generator.standard_normal((n, 8))
        return LabelledFeatures(x, x @ weights)

    assert (
        probe(Task("y", "regression"), linear(100), linear(50), linear(50), ProbeSettings()).values["mse"]
        < 1e-6
    )

    def labels(n):
        x = generator.standard_normal((n, 8))
        return LabelledFeatures(x, np.column_stack([x[:, 0] > 0, x[:, 1] > 0, np.zeros(n)]).astype(np.int64))

    values = probe(
        Task("y", "multilabel", classes=3), labels(400), labels(200), labels(200), ProbeSettings()
    ).values
    assert values["weighted_f1"] > 0.95
    assert values["macro_f1"] == pytest.approx(
        values["weighted_f1"] * 2 / 3, abs=0.02
    )  # the label that never occurs counts 0


def test_of_equal_costs_the_least_extreme_is_taken():
    """At 1e-6 the balanced training samples are sorted by a hair; with the validation samples the classes are
    out of balance, and the same cost would call everything the larger class."""
    generator = np.random.default_rng(3)

    def classes(first, second):
        y = np.repeat([0, 1], [first, second])
        return LabelledFeatures(2.0 * y[:, None] - 1 + 0.1 * generator.standard_normal((len(y), 3)), y)

    task = Task("label", "classification", classes=2)
    found = probe(task, classes(50, 50), classes(10, 30), classes(20, 20), ProbeSettings())
    assert (found.values["accuracy"], found.cost) == (1.0, 1.0)


def test_ridge_is_exact_where_features_nearly_depend_on_each_other():
    """Warnings are errors here: normal equations in single precision would be ill-conditioned."""
    generator = np.random.default_rng(2)

    def nearly_one(n):
        x = generator.standard_normal((n, 1)) * np.ones((1, 6)) + 1e-4 * generator.standard_normal((n, 6))
        return LabelledFeatures(x.astype(np.float32), (3 * x[:, :1] + 0.01).astype(np.float32))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = probe(
            Task("y", "regression", classes=1),
            nearly_one(40),
            nearly_one(20),
            nearly_one(20),
            ProbeSettings(),
        )
    assert found.values["mse"] < 1e-6


def test_macro_accuracy_does_not_reward_the_majority():
    measure = metrics_for("classification")["accuracy"].measure
    target = np.array([0] * 90 + [1] * 10)
    assert measure(target, np.zeros(100, dtype=int)) == 0.5
    assert measure(target, target) == 1.0


@pytest.mark.parametrize("refine", [False, True])
@pytest.mark.parametrize("case_id", CASES)
def test_golden_accuracy(case_id, refine):
    """The public protocol's scikit-learn probe: same costs tried, same choice on the coarse sweep, same
    accuracy.

    The finer search visits slightly other costs than the public one, so it is compared within two standard
    errors.
    """
    folder, case = CASES[case_id]
    stored = load_file(folder / case["file"])
    run = next(run for run in case["runs"] if run["key"] == ("sklearn_full" if refine else "sklearn_fast"))
    rows = [
        LabelledFeatures(stored["train/x"][index], stored["train/y"][index])
        for index in (stored["split/fit_idx"], stored["split/val_idx"])
    ]
    test = LabelledFeatures(stored["test/x"], stored["test/y"])
    task = Task("label", "classification", classes=case["n_classes"])
    found = probe(task, rows[0], rows[1], test, ProbeSettings(refine=refine))
    tolerance = 2 * np.sqrt(0.25 / case["n_test"]) if refine else 0.005
    assert found.values["accuracy"] == pytest.approx(run["acc1"], abs=tolerance)
    if not refine:
        assert found.cost == pytest.approx(run["chosen_cost"])


def test_unbalanced_classes_count_as_fewer_samples():
    """The variance of the macro average of drawn answers is p (1 − p) / n of as many balanced samples."""
    classes = np.repeat([0, 1], [3600, 400])
    n = effective_samples(classes)
    assert n == 1440 and effective_samples(np.arange(60) % 3) == 60
    generator = np.random.default_rng(0)
    right = generator.random((2000, len(classes))) < 0.75
    macro = (right[:, :3600].mean(axis=1) + right[:, 3600:].mean(axis=1)) / 2
    assert macro.var() == pytest.approx(0.75 * 0.25 / n, rel=0.1)


def test_chance_and_accuracy_are_over_the_classes_of_the_test_split():
    """A class of noise that is not in the test: guessing among the others is chance."""
    task = Task("label", "classification", classes=3, chance=1 / 3)
    parts = [
        LabelledFeatures(np.random.default_rng(seed).standard_normal((900, 8)), y)
        for seed, y in enumerate((np.arange(900) % 3, np.arange(900) % 3, np.arange(900) % 2))
    ]
    assert chance_among(task, parts[2].y) == 0.5 and chance_among(task, parts[0].y) == pytest.approx(1 / 3)
    assert probe(task, *parts, ProbeSettings(refine=False)).values["accuracy"] < 0.5
    seen = [LabelledFeatures(part.x, np.minimum(part.y, 1)) for part in parts]
    found = probe(task, *seen, ProbeSettings(refine=False)).values["accuracy"]
    assert found == pytest.approx(chance_among(task, seen[2].y), abs=0.06)
    assert chance_among(Task("label", "classification", classes=3), parts[2].y) is None
