"""Intervals over seeds: known values, honesty for one seed, and coverage on drawn samples."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.groups.seed_statistics import Estimate, estimate, paired_difference, reading, show_interval
from app.wording.units import PERCENT, PLAIN, lower_is_better, unit_of

values = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)


@given(values)
def test_interval_is_scipys_t_interval(drawn: list[float]) -> None:
    result = estimate(drawn)
    assert result.n == len(drawn)
    assert result.mean == pytest.approx(np.mean(drawn), abs=1e-9)
    half = stats.t.ppf(0.975, len(drawn) - 1) * np.std(drawn, ddof=1) / math.sqrt(len(drawn))
    assert result.high - result.low == pytest.approx(2 * half, abs=1e-6)


def test_interval_covers_the_mean_in_95_of_100_draws() -> None:
    rng = np.random.default_rng(7)
    inside = [(e := estimate(rng.normal(0.7, 0.05, 3))).low <= 0.7 <= e.high for _ in range(4000)]
    assert 0.935 < np.mean(inside) < 0.965


def test_one_seed_has_no_interval() -> None:
    assert estimate([0.5]) == Estimate(1, 0.5, None, None, None)
    assert show_interval(estimate([0.5]), PERCENT) == "no interval (n = 1)"


@pytest.mark.parametrize("bad", [[], [math.nan], [0.1, math.inf]])
def test_refuses_what_has_no_mean(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        estimate(bad)


@given(values, st.floats(-5, 5))
def test_pairing_takes_out_what_a_seed_shares(drawn: list[float], shift: float) -> None:
    baseline = dict(enumerate(drawn))
    ours = {seed: value + shift for seed, value in baseline.items()}
    result = paired_difference(ours, baseline)
    assert result.estimate is not None
    assert result.estimate.mean == pytest.approx(shift, abs=1e-9)
    assert result.estimate.deviation == pytest.approx(0, abs=1e-9)


def test_only_common_seeds_are_paired() -> None:
    result = paired_difference({0: 0.8, 1: 0.9, 5: 0.1}, {0: 0.7, 1: 0.75, 9: 0.99})
    assert result.seeds == (0, 1)
    assert result.estimate is not None
    assert result.estimate.mean == pytest.approx(0.125)


def test_verdicts() -> None:
    base = {0: 0.5, 1: 0.52, 2: 0.51}
    better = {0: 0.7, 1: 0.73, 2: 0.70}
    assert paired_difference(better, base).verdict == "ahead"
    assert paired_difference(base, better).verdict == "behind"
    assert paired_difference(better, base, higher_is_better=False).verdict == "behind"
    assert paired_difference({0: 0.5, 1: 0.6}, {0: 0.55, 1: 0.5}).verdict == "undecided"
    assert paired_difference(base, base).verdict == "equal"
    assert paired_difference({0: 0.9}, {0: 0.1}).verdict == "one pair"
    assert paired_difference({0: 0.9}, {1: 0.1}).verdict == "no pair"


def test_readings_are_plain_and_claim_no_more_than_shown() -> None:
    base, better = {0: 0.5, 1: 0.52, 2: 0.51}, {0: 0.7, 1: 0.73, 2: 0.70}
    line = reading("InfMasking", "CoMM", paired_difference(better, base), PERCENT)
    assert line == "InfMasking − CoMM: +20.0 points [+17.5, +22.5], n = 3 pairs: InfMasking is ahead"
    assert reading("A", "B", paired_difference(base, better), PERCENT).endswith("B is ahead")
    assert reading("A", "B", paired_difference({0: 0.5, 1: 0.6}, {0: 0.55, 1: 0.5}), PERCENT).endswith(
        "n = 2 pairs: not decided"
    )
    assert "not decided" in reading("A", "B", paired_difference({0: 0.9}, {0: 0.1}), PERCENT)
    assert "no seed in common" in reading("A", "B", paired_difference({0: 0.9}, {1: 0.1}), PERCENT)


def test_units() -> None:
    assert unit_of("accuracy") is PERCENT
    assert unit_of("mse") is PLAIN
    assert lower_is_better("mse")
    assert not lower_is_better("accuracy")
    assert PERCENT.signed(-0.0001) == "+0.0"
    assert PERCENT.signed(-0.021) == "−2.1"
    assert PERCENT.show(0.7716) == "77.2 %"
