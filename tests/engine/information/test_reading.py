"""Readings from posteriors with known losses: bounds, caps, identities, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.information.quantised import bin_posterior, binned_information
from engine.information.reading import (
    MENDED,
    QUANTITIES,
    Reading,
    average,
    bootstrap_weights,
    label_entropy,
    parts,
    pool,
    read_classes,
    read_values,
)

SEEDS = st.integers(0, 10**6)
VIEWS = ("fused", "first", "second", "both")


def normalised(logits: np.ndarray) -> np.ndarray:
    return logits - np.log(np.exp(logits).sum(1, keepdims=True))


def views(source: np.random.Generator, labels: np.ndarray, names: tuple[str, ...] = VIEWS) -> dict:
    """Log-probabilities of views that know more or less of the labels and trust themselves more or less."""
    c = int(labels.max()) + 1
    return {
        name: normalised(
            source.choice([0.05, 1.0, 4.0])
            * (4 * source.random() * np.eye(c)[labels] + source.standard_normal((len(labels), c)))
        )
        for name in names
    }


def classes(source: np.random.Generator, c: int, n: int = 300) -> tuple[np.ndarray, np.ndarray]:
    """Labels (n,) and the log-probabilities of their prior (n, c)."""
    labels = source.permutation(np.concatenate([np.arange(c), (c * source.random(n - c) ** 2).astype(int)]))
    return labels, np.tile(np.log(np.bincount(labels) / n), (n, 1))


def read(logs: dict, prior: np.ndarray, labels: np.ndarray, draws: int = 8) -> Reading:
    return read_classes(
        logs, prior, labels, bootstrap_weights(len(labels), draws, None, 0), ["first"], ["second"]
    )


def constant(p: float, n: int) -> np.ndarray:
    """Log-probabilities of a view of two classes that gives the first one p."""
    return np.tile(np.log([p, 1 - p]), (n, 1))


@settings(max_examples=25)
@given(SEEDS, st.integers(2, 5))
def test_identities_and_bounds_hold_in_every_draw(seed, c):
    source = np.random.default_rng(seed)
    labels, prior = classes(source, c)
    found = read(views(source, labels, (*VIEWS, "traced")), prior, labels).values
    assert set(found) == set(QUANTITIES)
    r, u1, u2, s = (found[name] for name in ("redundancy", "unique1", "unique2", "synergy"))
    assert r + u1 + u2 + s == pytest.approx(found["fused"], abs=1e-12)
    assert r + u1 == pytest.approx(found["first"], abs=1e-12)
    assert r + u2 == pytest.approx(found["second"], abs=1e-12)
    assert found["union"] + s == pytest.approx(found["fused"], abs=1e-12)
    assert found["gain"] == pytest.approx(found["fused"] - found["both"], abs=1e-12)
    assert np.min([r, u1, u2]) >= -1e-12
    informations = np.array([found[name] for name in VIEWS])
    assert informations.min() >= 0 and (informations <= found["entropy"] + 1e-12).all()
    assert (found["entropy"] <= np.log2(c) + 1e-12).all()


@settings(max_examples=25)
@given(SEEDS, st.integers(2, 5))
def test_bins_mend_up_to_half_as_much_again(seed, c):
    """Î = max(gain of cross-entropy, what bins tell and at most 1.5 of that gain), at most H(Y)."""
    source = np.random.default_rng(seed)
    labels, prior = classes(source, c)
    logs, rows = views(source, labels), np.arange(len(labels))
    found = read(logs, prior, labels, draws=1).values
    entropy = -prior[rows, labels].mean() / np.log(2)
    for name in VIEWS:
        gained = max(float((logs[name] - prior)[rows, labels].mean()) / np.log(2), 0.0)
        binned = float(binned_information(bin_posterior(logs[name]), labels, np.ones((1, len(labels))))[0])
        known = min(max(gained, min(binned, MENDED * gained)), entropy)
        assert found[name][0] == pytest.approx(known, abs=1e-9)


def test_a_hair_of_a_difference_is_not_made_a_bit():
    """Scores that part the classes without fault but say only .5 ± .001: their losses gain 4e-3 bit."""
    labels = np.arange(400) % 2
    hair = np.log(np.where(np.eye(2)[labels] > 0, 0.501, 0.499))
    logs = dict.fromkeys(VIEWS, constant(0.5, 400)) | {"fused": hair}
    found = read(logs, constant(0.5, 400), labels).values["fused"][0]
    assert found == pytest.approx(MENDED * np.log2(1.002), rel=1e-9)


def test_a_loss_of_calibration_is_mended_as_far_as_that():
    """Probabilities of .8 where all is known: log2 1.6 = .678 bit by losses, 1 in the bins, of which no more
    than H(Y) and 1.5 times the losses'; with .6 it is log2 1.2 · 1.5."""
    labels = np.arange(400) % 2
    for p, known in ((0.8, 1.0), (0.6, MENDED * np.log2(1.2))):
        sure = np.log(np.where(np.eye(2)[labels] > 0, p, 1 - p))
        logs = dict.fromkeys(VIEWS, constant(0.5, 400)) | {"fused": sure}
        assert read(logs, constant(0.5, 400), labels).values["fused"][0] == pytest.approx(known, rel=1e-9)


def test_what_is_worse_than_the_prior_tells_nothing():
    """Also where its bins would tell all: it is misled, and nobody knew how to turn it round."""
    labels = np.arange(400) % 2
    misled = np.log(np.where(np.eye(2)[labels] > 0, 0.2, 0.8))
    found = read(dict.fromkeys(VIEWS, misled), constant(0.5, 400), labels).values
    assert all(found[name][0] == 0 for name in QUANTITIES if name != "entropy")


def test_exclusive_or_from_its_losses():
    """Nothing by one, one bit by both: S = G = 1. Lost in the fusion, S = −1 of a union of one bit."""
    labels = np.arange(400) % 2
    knows, nothing = np.log(np.where(np.eye(2)[labels] > 0, 1 - 1e-9, 1e-9)), constant(0.5, 400)
    logs = {"fused": knows, "first": nothing, "second": nothing, "both": nothing}
    found = read(logs, nothing, labels).values
    assert (found["synergy"][0], found["gain"][0]) == pytest.approx((1, 1), abs=1e-6)
    lost = {"fused": nothing, "first": knows, "second": nothing, "both": knows}
    found = read(lost, nothing, labels).values
    assert [found[name][0] for name in ("redundancy", "unique1", "unique2", "synergy", "gain")] == (
        pytest.approx([0, 1, 0, -1, -1], abs=1e-6)
    )


@settings(max_examples=15)
@given(SEEDS, st.integers(2, 4))
def test_swapped_modalities_and_renamed_classes(seed, c):
    source = np.random.default_rng(seed)
    labels, prior = classes(source, c)
    logs = views(source, labels)
    base = read(logs, prior, labels, draws=2).values
    swapped = read(logs | {"first": logs["second"], "second": logs["first"]}, prior, labels, draws=2).values
    for name, other in (("unique1", "unique2"), ("redundancy", "redundancy"), ("synergy", "synergy")):
        assert swapped[other] == pytest.approx(base[name], abs=3e-4)  # two brackets of the union
    order = source.permutation(c)
    renamed = {name: own[:, np.argsort(order)] for name, own in logs.items()}
    other = read(renamed, prior[:, np.argsort(order)], order[labels], draws=2).values
    for name in ("entropy", *(VIEWS if c > 2 else ())):  # ties at quantiles of two classes fall either way
        assert other[name] == pytest.approx(base[name], abs=1e-9)


def test_the_view_that_tells_most_stands_for_its_modality():
    labels = np.arange(400) % 2
    logs = dict.fromkeys(("fused", "both", "first", "second"), constant(0.5, 400))
    logs["wider"] = np.log(np.where(np.eye(2)[labels] > 0, 0.9, 0.1))
    found = read_classes(
        logs, constant(0.5, 400), labels, np.ones((1, 400)), ["first", "wider", "absent"], ["second"]
    )
    assert found.chosen == ("wider", "second")
    assert found.values["first"][0] == pytest.approx(1.0) and found.values["unique1"][0] == pytest.approx(1.0)


def test_entropies_of_labels():
    labels = np.array([0, 0, 1, 2])
    weights = np.array([[1.0, 1, 1, 1], [2, 2, 0, 0], [0, 0, 2, 2]])
    assert label_entropy(labels, weights) == pytest.approx([1.5, 0.0, 1.0])


@settings(max_examples=20)
@given(SEEDS, st.integers(20, 60))
def test_resamples_have_the_size_of_the_sample_and_whole_groups(seed, n):
    groups = np.unique(np.random.default_rng(seed).integers(0, n // 3, n), return_inverse=True)[1]
    for layout in (None, groups):
        weights = bootstrap_weights(n, 400, layout, seed)
        assert weights.shape == (401, n) and (weights[0] == 1).all() and (weights >= 0).all()
        assert weights.sum(1) == pytest.approx(np.full(401, n))
        assert weights[1:].mean(0) == pytest.approx(np.ones(n), abs=0.5)
        assert (weights == bootstrap_weights(n, 400, layout, seed)).all()
        assert (weights[1:] != bootstrap_weights(n, 400, layout, seed + 1)[1:]).any()
    for group in range(int(groups.max()) + 1):
        assert np.ptp(weights[:, groups == group], 1).max() == 0
    assert all(np.ptp(weights[1:, [i, j]], 1).max() > 0 for i, j in [(groups.argmin(), groups.argmax())])


def test_values_are_read_from_their_errors():
    """Variance 4: errors of 1 are ½ log2 4 = 1 bit, of 2 half a bit, of 8 none; the union is the larger."""
    errors = {"fused": 0.25, "first": 1.0, "second": 2.0, "both": 1.0, "wider": 8.0}
    found = read_values(
        {name: np.full((10, 1), own) for name, own in errors.items()},
        np.full((10, 1), 4.0),
        bootstrap_weights(10, 5, None, 0),
        ["first", "wider"],
        ["second"],
    )
    assert len(found) == 1 and found[0].chosen == ("first", "second")
    got = [found[0].values[name] for name in ("redundancy", "unique1", "unique2", "synergy", "gain", "fused")]
    for own, known in zip(got, [0.5, 0.5, 0, 1, 1, 2], strict=True):
        assert own == pytest.approx(np.full(6, known))
    assert found[0].values["excess"].tolist() == [0] * 6


def test_worse_errors_than_the_mean_are_no_information_and_none_are_finite():
    errors = dict.fromkeys(VIEWS, np.full((10, 2), 9.0)) | {"fused": np.zeros((10, 2))}
    for one in read_values(errors, np.full((10, 2), 4.0), np.ones((1, 10)), ["first"], ["second"]):
        assert one.values["first"][0] == 0 and one.values["union"][0] == 0
        assert np.isfinite(one.values["synergy"][0]) and one.values["synergy"][0] > 100


def test_an_excess_never_lifts_the_union_above_both_together():
    told = {name: np.array([own]) for name, own in zip(VIEWS, (0.9, 0.3, 0.2, 0.6), strict=True)}
    for excess, union in ((0.0, 0.3), (0.1, 0.4), (0.7, 0.5)):
        found = parts(told, "first", "second", np.array([excess]), np.ones(1))
        assert found["union"][0] == pytest.approx(union)
        assert found["excess"][0] == pytest.approx(union - 0.3)
        assert found["traced"][0] == found["synergy"][0] == pytest.approx(0.9 - union)
    traced = parts(told | {"traced": np.array([0.5])}, "first", "second", np.zeros(1), np.ones(1))
    assert traced["traced"][0] == pytest.approx(0.2) and traced["synergy"][0] == pytest.approx(0.6)


def test_averages_are_draw_by_draw_and_keep_the_widest_gap():
    readings = [
        Reading(dict.fromkeys(QUANTITIES, draws), ("a", "b"), gap, {"fused": draws[:1]})
        for draws, gap in ((np.array([0.0, 1.0]), 0.1), (np.array([1.0, 3.0]), 0.3))
    ]
    found = average(readings)
    assert found.gap == 0.3 and all(found.values[name].tolist() == [0.5, 2.0] for name in QUANTITIES)
    assert found.rows["fused"].tolist() == [0.5]


def test_pooled_posteriors_are_the_mean_of_probabilities():
    p = np.array([[[0.5, 0.5], [1e-300, 1.0]], [[0.9, 0.1], [0.5, 0.5]]])
    assert np.exp(pool(np.log(p))) == pytest.approx(p.mean(0))
    assert pool(np.full((3, 2, 2), -2000.0)) == pytest.approx(np.full((2, 2), -2000.0))
