"""Intervals over seeds: known values, honesty for few seeds and small test sets, and coverage on drawn
samples."""

import math
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from app.groups.readings import Reading, reading, show_estimate, show_interval
from app.groups.seed_statistics import (
    UNBOUNDED,
    Estimate,
    Measured,
    estimate,
    half_width,
    paired_difference,
    share_of,
)
from app.groups.seed_tests import decide
from app.wording.units import BITS, PERCENT, PLAIN, Unit, lower_is_better, unit_of

values = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12)
shares = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(values)
def test_interval_is_scipys_t_interval(drawn: list[float]) -> None:
    result = estimate(drawn, within=UNBOUNDED)
    assert result.n == len(drawn)
    assert result.mean == pytest.approx(np.mean(drawn), abs=1e-9)
    half = stats.t.ppf(0.975, len(drawn) - 1) * np.std(drawn, ddof=1) / math.sqrt(len(drawn))
    if result.low is None:
        assert half == pytest.approx(0, abs=1e-4)
    else:
        assert result.high - result.low == pytest.approx(2 * half, abs=1e-6)


@given(shares, st.integers(1, 10_000))
def test_intervals_of_shares_hold_the_mean_and_stay_within_0_and_1(drawn: list[float], samples: int) -> None:
    for result in (estimate(drawn), estimate([share_of(samples, one) for one in drawn], step=1 / samples)):
        if result.low is not None:
            assert 0 <= result.low <= result.mean + 1e-12 and result.mean - 1e-12 <= result.high <= 1


def test_two_seeds_near_the_top_do_not_reach_beyond_it() -> None:
    assert estimate([0.896, 0.917]).high == 1.0


def test_a_share_has_the_score_interval() -> None:
    """9 of 10: 0.596 to 0.982 (Newcombe 1998, table I); 0 of 10: 0 to 0.278."""
    nine, none = share_of(10, 0.9), share_of(10, 0.0)
    assert (0.9 - nine.below, 0.9 + nine.above) == pytest.approx((0.5958, 0.9821), abs=1e-4)
    assert (none.below, none.above) == pytest.approx((0.0, 0.2775), abs=1e-4)


def test_the_error_of_the_measurement_does_not_average_out() -> None:
    alike = [Measured(0.3 + 1e-4 * number, 0.03, 0.05) for number in range(20)]
    result = estimate(alike)
    assert result.mean - result.low == pytest.approx(0.03, rel=0.01)
    assert result.high - result.mean == pytest.approx(0.05, rel=0.01)
    one = estimate(alike[:1])
    assert (one.low, one.high) == pytest.approx((0.27, 0.35))


def test_both_kinds_of_doubt_are_added_in_quadrature() -> None:
    runs = [Measured(0.3, 0.04, 0.04), Measured(0.4, 0.04, 0.04), Measured(0.5, 0.04, 0.04)]
    half = math.hypot(half_width(3) * 0.1, 0.04)
    result = estimate(runs)
    assert (result.low, result.high) == pytest.approx((0.4 - half, 0.4 + half))


def test_interval_covers_the_mean_in_95_of_100_draws() -> None:
    rng = np.random.default_rng(7)
    inside = [(e := estimate(rng.normal(0.7, 0.05, 3))).low <= 0.7 <= e.high for _ in range(4000)]
    assert 0.935 < np.mean(inside) < 0.965


def _accuracies(rng: np.random.Generator, difficulty: np.ndarray, seeds: int) -> list[float]:
    """Accuracies of as many seeds on one test set, whose samples have their own chance to be told right."""
    chances = [np.clip(difficulty + rng.normal(0, 0.01), 0, 1) for _ in range(seeds)]
    return [float((rng.random(len(difficulty)) < chance).mean()) for chance in chances]


@pytest.mark.parametrize("samples", [60, 500])
def test_intervals_cover_and_differences_do_not_alarm_on_one_small_test_set(samples: int) -> None:
    """Seeds share the test samples: the spread over seeds alone covers the truth in 67 of 100 draws with 10
    seeds on 60 samples."""
    rng = np.random.default_rng(3)
    covered, alarms, by_spread = [], [], []
    for _ in range(400):
        difficulty = rng.beta(2, 0.7, samples)
        ours, others = _accuracies(rng, difficulty, 10), _accuracies(rng, difficulty, 10)
        found = estimate([share_of(samples, one) for one in ours], step=1 / samples)
        covered.append(found.low <= 2 / 2.7 <= found.high)
        by_spread.append(abs(found.mean - 2 / 2.7) <= half_width(10) * found.deviation)
        paired = paired_difference(dict(enumerate(ours)), dict(enumerate(others)), samples=samples)
        alarms.append(decide([paired])[0].decided)
    assert np.mean(covered) > 0.95 > 0.85 > np.mean(by_spread)
    assert np.mean(alarms) < 0.05


def test_one_seed_has_no_interval() -> None:
    assert estimate([0.5]) == Estimate(1, 0.5, None, None, None)
    assert show_interval(estimate([0.5]), PERCENT) == "no interval (n = 1)"
    assert show_interval(estimate([Measured(0.5, 0.1, 0.1)]), PERCENT) == "[40.0, 60.0] (one seed)"


def test_one_pair_has_no_interval_however_large_the_test_set() -> None:
    found = paired_difference({0: 0.9}, {0: 0.1}, samples=4000)
    assert decide([found])[0].verdict == "one pair"
    assert found.estimate is not None and found.estimate.low is None and found.estimate.high is None


def test_figures_without_spread_do_not_show_how_sure_they_are() -> None:
    assert estimate([0.5, 0.5]).low is None
    assert show_estimate(estimate([0.5, 0.5]), PERCENT) == "50.0 % no interval (no spread)"
    known = estimate([share_of(60, 1.0)] * 2, step=1 / 60)
    assert known.low is not None and known.low < 0.85 and known.high == 1.0


@pytest.mark.parametrize("bad", [[], [math.nan], [0.1, math.inf]])
def test_refuses_what_has_no_mean(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        estimate(bad)


def test_refuses_what_is_out_of_range() -> None:
    with pytest.raises(ValueError, match="values lie within 0 and 1"):
        estimate([0.5, 1.2])


@given(values, st.floats(-5, 5))
def test_pairing_takes_out_what_a_seed_shares(drawn: list[float], shift: float) -> None:
    baseline = dict(enumerate(drawn))
    ours = {seed: value + shift for seed, value in baseline.items()}
    result = paired_difference(ours, baseline, within=UNBOUNDED)
    assert result.estimate is not None
    assert result.estimate.mean == pytest.approx(shift, abs=1e-9)
    assert result.estimate.deviation == pytest.approx(0, abs=1e-9)


def test_only_common_seeds_are_paired() -> None:
    result = paired_difference({0: 0.8, 1: 0.9, 5: 0.1}, {0: 0.7, 1: 0.75, 9: 0.99})
    assert result.seeds == (0, 1)
    assert result.estimate is not None
    assert result.estimate.mean == pytest.approx(0.125)


def test_errors_of_both_sides_are_in_a_difference_of_bits() -> None:
    ours = {seed: Measured(0.31, 0.03, 0.03) for seed in range(3)}
    base = {seed: Measured(0.24, 0.04, 0.04) for seed in range(3)}
    found = paired_difference(ours, base, within=UNBOUNDED).estimate
    assert (found.low, found.high) == pytest.approx((0.07 - 0.05, 0.07 + 0.05))


def told(ours: dict[int, float], baseline: dict[int, float], unit: Unit = PERCENT, **options: Any) -> Reading:
    """The difference of A to B in words, where nothing else is tested."""
    return reading("A", "B", decide([paired_difference(ours, baseline, **options)])[0], unit)


def test_readings_are_plain_and_claim_no_more_than_shown() -> None:
    base, better = {0: 0.5, 1: 0.52, 2: 0.51}, {0: 0.7, 1: 0.73, 2: 0.70}
    assert str(told(better, base)) == "A − B: +20.0 points [+17.5, +22.5], n = 3 pairs: A is ahead"
    assert told(base, better).verdict == "B is ahead"
    assert str(told({0: 0.5, 1: 0.6}, {0: 0.55, 1: 0.5})).endswith("n = 2 pairs: not decided")
    assert "not decided" in str(told({0: 0.9}, {0: 0.1}))
    assert "no seed in common" in str(told({0: 0.9}, {1: 0.1}))
    assert str(told({0: 0.75, 1: 0.7}, {0: 0.7, 1: 0.65})) == (
        "A − B: +5.0 points, no interval (no spread), n = 2 pairs: not decided"
    )


def test_nothing_has_no_sign() -> None:
    equal: tuple[dict[int, float], dict[int, float]] = ({0: 0.5, 1: 0.7}, {0: 0.5, 1: 0.7})
    assert str(told(*equal, BITS)) == "A − B: 0.000 bits, n = 2 pairs: equal on every seed"
    rounded: tuple[dict[int, float], dict[int, float]] = ({0: 0.1 + 0.2, 1: 0.7}, {0: 0.3, 1: 0.7})
    assert str(told(*rounded, BITS)).startswith("A − B: 0.000 bits, n")
    assert str(told(*rounded, PLAIN)).startswith("A − B: 0.000000000, n")
    tiny = told({0: 0.50001, 1: 0.7}, {0: 0.5, 1: 0.7}, BITS, within=UNBOUNDED)
    assert not re.search(r"[+−]0\.0+(?![0-9])", str(tiny))


def test_units() -> None:
    assert unit_of("accuracy") is PERCENT
    assert unit_of("mse") is PLAIN
    assert lower_is_better("mse")
    assert not lower_is_better("accuracy")
    assert PERCENT.signed(-0.0001) == PERCENT.number(-0.0001) == "0.0"
    assert PERCENT.signed(-0.021) == "−2.1"
    assert PERCENT.show(0.7716) == "77.2 %"
