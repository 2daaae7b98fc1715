"""Noise and dropped steps: how often, how many, where, and what never changes."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.augmentations.noise import add_noise_and_drop, draw_noise, dropped_steps
from engine.dataset import Samples
from engine.randomness import torch_generator
from engine.settings.augmentation import NoiseAugmentation


def generator(seed=0):
    return torch_generator(seed, "test")


def augment(values, is_padding=None, seed=0, **settings):
    source = generator(seed)
    draws = draw_noise(values.shape[0], values.shape[1], source)
    return add_noise_and_drop(Samples(values, is_padding), NoiseAugmentation(**settings), draws, source)


def test_noise_has_its_probability_and_deviation():
    changed = augment(torch.zeros(4000, 50), noise=0.3, noise_probability=0.4, drop=0.0).values
    noisy = changed.abs().sum(1) > 0
    assert noisy.float().mean() == pytest.approx(0.4, abs=0.03)
    assert changed[noisy].std() == pytest.approx(0.3, rel=0.02) and changed[noisy].mean().abs() < 0.01


@pytest.mark.parametrize("shape", [(6000, 20), (6000, 20, 3)])
def test_the_number_of_dropped_steps_is_uniform_up_to_the_largest_share(shape):
    values = augment(torch.ones(shape), noise=0.0, drop=0.5, drop_probability=0.8).values
    zeros = (values == 0).flatten(2).all(2).sum(1) if len(shape) == 3 else (values == 0).sum(1)
    counts = torch.bincount(zeros, minlength=21) / shape[0]
    assert counts[11:].sum() == 0
    assert counts[1:11].tolist() == pytest.approx([0.8 / 11] * 10, abs=0.015)
    assert counts[0] == pytest.approx(0.2 + 0.8 / 11, abs=0.02)
    assert ((values == 0) | (values == 1)).all()
    where = (values == 0).float().mean(0)
    assert where.flatten().tolist() == pytest.approx([0.2] * where.numel(), abs=0.02)


def test_a_dropped_step_is_zero_even_with_noise():
    values = augment(
        torch.ones(200, 10, 4), noise=1.0, noise_probability=1.0, drop=1.0, drop_probability=1.0
    ).values
    dropped = (values == 0).all(2)
    assert 0.4 < dropped.float().mean() < 0.6
    assert ((values == 0).any(2) == dropped).all()


@given(st.integers(1, 6), st.integers(1, 9), st.floats(0, 1), st.integers(0, 2**31))
def test_padding_stays_padding(b, steps, drop, seed):
    lengths = torch.randint(1, steps + 1, (b,), generator=generator(seed))
    is_padding = torch.arange(steps) >= lengths[:, None]
    values = torch.randn(b, steps, 2, generator=generator(seed)).masked_fill(is_padding[..., None], 0.0)
    settings = NoiseAugmentation(noise=1.0, noise_probability=1.0, drop=drop, drop_probability=1.0)
    source = generator(seed)
    draws = draw_noise(b, steps, source)
    changed = add_noise_and_drop(Samples(values, is_padding), settings, draws, source)
    assert torch.equal(changed.is_padding, is_padding)
    assert (changed.values[is_padding] == 0).all() and changed.values.isfinite().all()
    dropped = dropped_steps(settings, draws, steps, is_padding)
    assert not (dropped & is_padding).any()
    assert (dropped.sum(1) <= (drop * lengths).floor()).all()


def test_zero_probabilities_change_nothing():
    values = torch.randn(20, 8, generator=generator())
    changed = augment(values, noise=1.0, noise_probability=0.0, drop=1.0, drop_probability=0.0).values
    assert torch.equal(changed, values)


def test_the_input_is_left_as_it_was():
    values = torch.ones(10, 8)
    augment(values, noise=1.0, noise_probability=1.0, drop=1.0, drop_probability=1.0)
    assert (values == 1).all()


def test_the_same_generator_gives_the_same_noise():
    values = torch.ones(10, 8, 2)
    settings = {"noise": 0.5, "drop": 0.5}
    assert torch.equal(augment(values, seed=4, **settings).values, augment(values, seed=4, **settings).values)
    assert not torch.equal(
        augment(values, seed=4, **settings).values, augment(values, seed=5, **settings).values
    )
