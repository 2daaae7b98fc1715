"""Intervals and their p-values are one construction."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from engine.information.significance import Margin, margin, p_above_zero, permutation_p

BITS = st.floats(-1, 1, allow_subnormal=False)


@given(BITS, st.floats(0, 1), st.floats(0, 0.1))
def test_p_is_below_its_level_exactly_where_the_interval_is_above_zero(value, below, blur):
    p = p_above_zero(value, Margin(below, below, blur), 200)
    low = value - blur - below
    if abs(low) > 1e-9:
        assert (p < 0.05) == (low > 0)
    assert 1 / 201 <= p <= 1


def test_p_is_that_of_the_normal_law():
    deviation = 0.1
    known = Margin(float(norm.ppf(0.975)) * deviation, 0.0, 0.05)
    assert p_above_zero(0.25, known, 10_000) == pytest.approx(2 * norm.sf(2.0))
    assert p_above_zero(0.05, known, 200) == 1.0
    assert p_above_zero(0.3, Margin(0.0, 0.0), 200) == pytest.approx(1 / 201)


def test_the_margin_holds_resampling_and_the_spread_over_folds():
    values = np.concatenate([[0.0], np.random.default_rng(0).standard_normal(20_000)])
    alone = margin(values, [0.0])
    assert alone.below == pytest.approx(1.96, abs=0.05) and alone.above == pytest.approx(1.96, abs=0.05)
    spread = margin(values, [-1.0, 0.0, 1.0], blur=0.2)
    assert spread.below == pytest.approx(np.hypot(alone.below, 1.96), abs=0.01)
    assert spread.blur == 0.2
    assert margin(np.ones(201), [1.0, 1.0]) == Margin(0.0, 0.0, 0.0)


def test_permutations_tell_a_probe_that_knows_from_one_that_does_not():
    source = np.random.default_rng(1)
    labels, folds = source.integers(0, 2, 300), np.arange(300) % 5
    knows = np.where(np.eye(2)[labels] > 0, 0.3, -0.5)
    assert permutation_p(knows, labels, folds, None, 99, 0) == pytest.approx(0.01)
    rates = [
        permutation_p(source.standard_normal((300, 2)), labels, folds, None, 99, seed) <= 0.05
        for seed in range(60)
    ]
    assert sum(rates) <= 9
