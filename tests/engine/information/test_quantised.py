"""Posteriors as bins: how many there are, what they tell of known tables, and that nothing tells nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.information import quantised
from engine.information.quantised import (
    LN2,
    SAMPLES_A_BIN,
    TWO_CLASS_BINS,
    bin_posterior,
    binned_information,
    union_excess,
)
from engine.information.reading import bootstrap_weights

SEEDS = st.integers(0, 10**6)


def whole(n: int) -> np.ndarray:
    """The weights of the sample itself."""
    return np.ones((1, n))


def posterior(source: np.random.Generator, labels: np.ndarray, knowledge: float) -> np.ndarray:
    """Log-probabilities (n, c) that know so much of these labels."""
    c = int(labels.max()) + 1
    logits = knowledge * np.eye(c)[labels] + source.standard_normal((len(labels), c))
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


@settings(max_examples=40)
@given(SEEDS, st.integers(10, 600), st.integers(2, 12), st.sampled_from([0.0, 1.0, 8.0]))
def test_there_are_no_more_bins_than_samples_can_fill(seed, n, classes, knowledge):
    source = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), source.integers(0, classes, n)])
    bins = bin_posterior(posterior(source, labels, knowledge))
    most = min(TWO_CLASS_BINS if classes == 2 else 2 * classes, max(len(labels) // SAMPLES_A_BIN, 1))
    assert bins.shape == labels.shape and bins.min() >= 0
    assert len(np.unique(bins)) <= most and bins.max() <= most - 1 + (classes == 2)


def test_two_classes_are_cut_at_quantiles_of_the_probability():
    p = np.random.default_rng(0).permutation(np.linspace(0.01, 0.99, 800))
    bins = bin_posterior(np.log(np.stack([1 - p, p], 1)))
    assert np.bincount(bins).tolist() == [100] * TWO_CLASS_BINS
    assert (np.diff(bins[np.argsort(p)]) >= 0).all()
    steeper = np.log(np.stack([(1 - p) ** 3, p**3], 1))
    assert (bin_posterior(steeper) == bins).all()  # only the order of the scores counts


def test_many_classes_that_are_told_apart_have_bins_of_their_own():
    labels = np.arange(3000) % 30
    source = np.random.default_rng(1)
    bins = bin_posterior(posterior(source, labels, 12.0))
    assert len(np.unique(bins)) <= 60
    assert binned_information(bins, labels, whole(3000))[0] > np.log2(30) - 0.1
    few = bin_posterior(posterior(source, labels[:500], 12.0))
    assert len(np.unique(few)) == 500 // SAMPLES_A_BIN


@settings(max_examples=20)
@given(SEEDS, st.integers(3, 6))
def test_the_order_of_rows_does_not_matter_to_bins(seed, classes):
    source = np.random.default_rng(seed)
    labels = source.integers(0, classes, 400)
    labels[:classes] = np.arange(classes)
    logs = posterior(source, labels, 2.0)
    order = source.permutation(400)
    assert (bin_posterior(logs[order]) == bin_posterior(logs)[order]).all()


def test_the_information_of_a_table_less_its_bias_by_hand():
    """p(0|bin 0) = 3/4, p(0|bin 1) = 1/4: 1 − h(1/4) bits; 4 cells, 2 bins, 2 classes, 400 rows."""
    bins, labels = np.repeat([0, 1], 200), np.tile(np.repeat([0, 1], 50), 4)
    labels[:50], labels[50:100], labels[150:200] = 0, 0, 1
    labels[100:150] = 0
    labels[200:350], labels[350:] = 1, 0
    known = 1 + 0.75 * np.log2(0.75) + 0.25 * np.log2(0.25) - 1 / (2 * 400 * LN2)
    assert binned_information(bins, labels, whole(400)) == pytest.approx([known], abs=1e-12)
    empty = bins * 3  # bins 1 and 2 hold nothing, and count for no bias
    assert binned_information(empty, labels, whole(400)) == pytest.approx([known], abs=1e-12)
    assert binned_information(labels, labels, whole(400)) == pytest.approx([1.0], abs=1e-12)


@pytest.mark.parametrize(("b", "c", "n"), [(8, 2, 200), (8, 2, 1000), (6, 3, 300), (20, 10, 3000)])
def test_independent_bins_tell_nothing_on_average(b, c, n):
    """The plug-in would tell (B − 1)(c − 1) / (2 N ln 2); less its bias, the mean of 300 draws is 0 to
    within a tenth of that where cells are filled, and a resample's is too."""
    source = np.random.default_rng([b, c, n])
    told = []
    for seed in range(300):
        bins, labels = source.integers(0, b, n), source.integers(0, c, n)
        told.append(binned_information(bins, labels, bootstrap_weights(n, 1, None, seed)))
    plug_in = (b - 1) * (c - 1) / (2 * n * LN2)
    of_sample, of_resample = np.mean(told, 0)
    assert abs(of_sample) < 0.15 * plug_in
    assert abs(of_resample) < 0.3 * plug_in


def test_an_excess_that_is_known():
    """Two bits, each told by one modality, make the four classes: 2 bits together, 1 each. A copy has none,
    nor has what knows nothing beside what knows all."""
    a, b = np.repeat([0, 0, 1, 1], 100), np.repeat([0, 1, 0, 1], 100)
    label, nothing = 2 * a + b, np.zeros(400, int)
    for one, other, known in ((a, b, 1.0), (a, a, 0.0), (label, label, 0.0), (label, nothing, 0.0)):
        for first, second in ((one, other), (other, one)):
            excess, gap, _ = union_excess(first, second, label, whole(400))
            assert excess[0] == pytest.approx(known, abs=2e-4) and 0 <= gap < 2e-4


@settings(max_examples=10)
@given(SEEDS, st.integers(2, 4))
def test_an_excess_is_at_most_the_smaller_information(seed, classes):
    source = np.random.default_rng(seed)
    labels = np.arange(500) % classes
    bins = [bin_posterior(posterior(source, labels, 3 * source.random())) for _ in range(2)]
    weights = bootstrap_weights(500, 20, None, seed)
    excess = union_excess(*bins, labels, weights).draws
    plain = [binned_information(own, labels, weights) for own in bins]
    bias = 2 * (len(np.unique(bins[0])) - 1) * (classes - 1) / (2 * 500 * LN2)
    assert excess.shape == (21,) and (excess >= 0).all()
    assert (excess <= np.minimum(*plain) + bias + 1e-3).all()


def test_bins_that_know_nothing_have_no_excess():
    source = np.random.default_rng(2)
    found = [
        union_excess(*source.integers(0, 8, (2, 500)), source.integers(0, 2, 500), whole(500))[0][0]
        for _ in range(40)
    ]
    assert (
        min(found) == 0 and np.mean(found) < 0.01
    )  # the plug-in's would be about (8 − 1) / (2 N ln 2) = .01


def test_tables_of_many_classes_are_bracketed_and_later_draws_are_used_again():
    """36 classes of two parts, each modality telling one: log2 6 bits beside the other's log2 6. Its six bins
    are cut in eight by what tells nothing: 6 · 48 cells, 48 bins, 36 classes for the bias."""
    labels = np.arange(1800) % 36
    nothing = np.arange(1800) // 36 % 8
    weights = bootstrap_weights(1800, 30, None, 0)
    many = [6 * nothing + part for part in (labels // 6, labels % 6)]
    assert quantised.MOST_SOLVES < 48 * 48 * 36 * 36
    excess, gap, rows = union_excess(*many, labels, weights)
    assert excess.shape == (31,) and gap < 0.01
    bias = (6 * 48 - 48 - 36 + 1) / (2 * 1800 * LN2)
    assert excess[0] == pytest.approx(np.log2(6) - bias, abs=1e-3 + gap)
    assert rows.mean() - bias == pytest.approx(excess[0], abs=gap + 1e-9)
    assert len(np.unique(excess[1:])) == quantised.FEWEST_SOLVES - 1


def test_bracketed_and_exact_excess_agree(monkeypatch):
    source = np.random.default_rng(3)
    labels = source.integers(0, 4, 600)
    bins = [bin_posterior(posterior(source, part, 2.0)) for part in (labels // 2, labels % 2)]
    exact, _, exact_rows = union_excess(*bins, labels, whole(600))
    monkeypatch.setattr(quantised, "MOST_SOLVES", 1)
    bracketed, gap, rows = union_excess(*bins, labels, whole(600))
    assert exact[0] > 0.05
    assert exact[0] - 2e-4 <= bracketed[0] <= exact[0] + gap + 2e-4
    assert rows.mean() == pytest.approx(exact_rows.mean(), abs=gap + 2e-4)
    assert np.corrcoef(rows, exact_rows)[0, 1] > 0.99
