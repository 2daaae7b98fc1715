"""Bits: symbols, labels and observations carry exactly the information that is stated."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from engine.datasets import bits
from engine.datasets.bits import draw_latents, labels_of, load, synergy_alphabet, tasks
from engine.datasets.common.mixture_information import integrate
from engine.errors import DatasetError
from engine.information.entropy import binary_entropy
from engine.randomness import numpy_generator
from engine.settings.dataset import BitsSettings

HOME = Path("unused")
PROBES = ("probe_train", "probe_validation", "probe_test")
SPLITS = ("train", "validation", *PROBES)


def latents(n=200_000, biased=False, **changes):
    settings = BitsSettings(**changes)
    pairing = numpy_generator(0, "π").permutation(synergy_alphabet(settings))
    drawn = draw_latents(settings, pairing, n, biased, numpy_generator(0, "symbols"))
    return settings, drawn, labels_of(settings, pairing, drawn)


def plug_in_information(x, y):
    """Mutual information of two columns of symbols, in bits."""
    joint = np.histogram2d(x, y, bins=(int(x.max()) + 1, int(y.max()) + 1))[0] / len(x)
    independent = joint.sum(1, keepdims=True) * joint.sum(0)
    return float((joint[joint > 0] * np.log2(joint[joint > 0] / independent[joint > 0])).sum())


@pytest.mark.parametrize(
    "changes", [{}, {"synergy": "xor"}, {"redundant_symbols": 4, "unique_symbols": 3, "synergy_symbols": 2}]
)
def test_the_stated_information_is_in_the_symbols(changes):
    settings, drawn, labels = latents(**changes)
    pair = drawn.a * synergy_alphabet(settings) + drawn.b
    for task in tasks(settings):
        known, label = task.information, labels[task.name]
        alone1 = sum(
            plug_in_information(symbol, label) for symbol in (drawn.redundant, drawn.unique1, drawn.a)
        )
        alone2 = sum(
            plug_in_information(symbol, label) for symbol in (drawn.redundant, drawn.unique2, drawn.b)
        )
        assert alone1 == pytest.approx(known.redundancy + known.unique1, abs=0.01)
        assert alone2 == pytest.approx(known.redundancy + known.unique2, abs=0.01)
        assert plug_in_information(pair, label) == pytest.approx(known.synergy, abs=0.01)


@pytest.mark.parametrize(("noise", "synergy"), [(2.0, 0.239), (3.0, 0.057)])
def test_the_stated_information_is_that_of_the_observations(noise, synergy):
    """The figures were integrated by other code, on other maps."""
    share, unique1, unique2, pairing = (task.information for task in tasks(BitsSettings(noise=noise)))
    assert pairing.synergy == pytest.approx(synergy, abs=0.02)
    assert (pairing.redundancy, pairing.unique1, pairing.unique2) == (0, 0, 0)
    assert 0 < pairing.error < 0.01
    for known in (unique1.unique1, unique2.unique2, share.redundancy):
        assert 1 < known < math.log2(10) - 0.5
    assert 0 < unique1.synergy < 0.1  # knowing r, the other modality helps to tell u1
    whole = share.redundancy + share.unique1 + share.unique2 + share.synergy
    assert whole < math.log2(10) and share.synergy > 0.1  # two noisy looks at one symbol add up
    assert share.error < 0.5


def test_integration_without_blur_is_exact():
    """Where every symbol is seen the integral is the symbols' own information."""
    settings = BitsSettings(redundant_symbols=4, unique_symbols=3, synergy_symbols=4, noise=0.3)
    means = tuple(bits._means(bits._observation_map(settings, number)) for number in (1, 2))
    label = np.eye(4, dtype=np.int64)
    found = integrate(means, 0.3, label, 1000, np.random.default_rng(0))
    expected = [(2, 0, 0, 0), (0, math.log2(3), 0, 0), (0, 0, math.log2(3), 0), (0, 0, 0, 0.811278)]
    for atoms, known in zip(found, expected, strict=True):
        assert atoms[:4] == pytest.approx(known, abs=1e-3)
        assert atoms.error < 1e-3


def test_what_cannot_be_integrated_is_not_stated():
    settings = BitsSettings(redundant_symbols=64, unique_symbols=64, synergy_symbols=64, noise=3.0)
    assert [task.information for task in tasks(settings)] == [None] * 4
    assert tasks(settings.model_copy(update={"noise": 0.1}))[3].information.error == 0


def test_one_bit_for_xor_and_the_entropy_of_a_tenth_for_pairing():
    assert tasks(BitsSettings(synergy="xor"))[3].information.synergy == pytest.approx(1.0)
    assert tasks(BitsSettings())[3].information.synergy == pytest.approx(0.4689955936)
    assert tasks(BitsSettings())[0].information.redundancy == pytest.approx(math.log2(10))


@given(st.floats(0, 1))
def test_binary_entropy(p):
    assert 0 <= binary_entropy(p) <= 1 + 1e-12
    assert binary_entropy(p) == pytest.approx(binary_entropy(1 - p), abs=1e-9)


@pytest.mark.parametrize("kind", ["pairing", "xor"])
def test_biased_samples_all_have_a_positive_label(kind):
    _, drawn, labels = latents(n=5000, biased=True, synergy=kind)
    assert (labels["synergy"] == 1).all()
    if kind == "xor":
        assert (drawn.a ^ drawn.b == 1).all()
    assert np.bincount(drawn.a).min() > 0.7 * 5000 / (2 if kind == "xor" else 10)
    _, _, natural = latents(n=50_000, biased=False, synergy=kind)
    assert natural["synergy"].mean() == pytest.approx(0.5 if kind == "xor" else 0.1, abs=0.01)


def test_splits_have_their_sizes_and_all_have_labels():
    data = load(BitsSettings(samples=1000, probe_samples=500, test_samples=300), HOME)
    assert [len(getattr(data, name)) for name in SPLITS] == [1000, 100, 450, 50, 300]
    for name in SPLITS:
        split = getattr(data, name)
        assert list(split.labels) == ["share", "unique1", "unique2", "synergy"]
        assert all(len(values) == len(split) for values in split.labels.values())
    assert [m.name for m in data.modalities] == ["x1", "x2"] and data.modalities[0].shape == (128,)
    batch = data.train.batch(torch.tensor([3, 1]))
    assert torch.equal(batch["x1"].values, data.train.items["x1"][[3, 1]])


def test_the_seed_decides_everything():
    def x1(seed, name, **changes):
        return getattr(
            load(BitsSettings(samples=200, probe_samples=200, test_samples=100, seed=seed, **changes), HOME),
            name,
        ).items["x1"]

    for name in SPLITS:
        assert torch.equal(x1(0, name), x1(0, name)) and not torch.equal(x1(0, name), x1(1, name))
    assert not torch.equal(x1(0, "train")[:20], x1(0, "validation")[:20])
    assert torch.equal(x1(0, "probe_test"), x1(0, "probe_test", biased=False)), (
        "the bias touches training only"
    )


def test_each_modality_shows_its_own_symbols_and_not_the_other_s():
    data = load(
        BitsSettings(
            probe_samples=3000, test_samples=1000, unique_symbols=4, redundant_symbols=4, synergy_symbols=4
        ),
        HOME,
    )

    def accuracy(name, task):
        x, y = data.probe_train.items[name].numpy(), data.probe_train.labels[task].numpy()
        model = LogisticRegression(max_iter=200).fit(x, y)
        return model.score(data.probe_test.items[name].numpy(), data.probe_test.labels[task].numpy())

    assert min(accuracy(name, "share") for name in ("x1", "x2")) > 0.99
    assert accuracy("x1", "unique1") > 0.99 and accuracy("x2", "unique2") > 0.99
    assert accuracy("x2", "unique1") < 0.33 and accuracy("x1", "unique2") < 0.33
    assert abs(accuracy("x1", "synergy") - 0.75) < 0.03, "no better than the commoner label"


def test_noise_is_added_to_every_feature():
    def items(noise):
        return load(BitsSettings(samples=9000, noise=noise), HOME).train.items["x1"]

    difference = items(0.5) - items(0.0)
    assert difference.std(0).min() > 0.45 and difference.std(0).max() < 0.55
    assert 0.5 < items(0.0).std() < 1.0


def test_more_than_the_machine_holds_is_told_in_one_line():
    with pytest.raises(DatasetError, match=r"samples of 4,096 features take .* GB; this machine allows"):
        load(BitsSettings(samples=5_000_000, features=4096), HOME)
