"""Rounding by the interval, as papers print figures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.groups.seed_statistics import Estimate
from app.report.rounding import Rounded, decimals, rounded
from app.wording.units import BITS, PERCENT, PLAIN, Unit

ONE = Unit(1.0, 4, "", "")


@pytest.mark.parametrize(
    ("half_width", "places"),
    [(0.5, 1), (0.14, 2), (0.3, 1), (0.29, 2), (3.2, 0), (1.4, 1), (12.3, 0), (34.0, -1), (350.0, -2)],
)
def test_a_half_width_keeps_one_digit_or_two_after_1_and_2(half_width: float, places: int) -> None:
    assert decimals(half_width) == places


@pytest.mark.parametrize(
    ("estimate", "unit", "expected"),
    [
        (Estimate(3, 0.77162, 0.01, 0.75062, 0.79262), PERCENT, Rounded("77.2", "2.1", "2.1")),
        (Estimate(3, 0.77162, 0.01, 0.73, 0.813), PERCENT, Rounded("77", "4", "4")),
        (Estimate(3, 0.98, 0.01, 0.94, 1.0), PERCENT, Rounded("98", "4", "2")),
        (Estimate(1, 0.77162, None, None, None), PERCENT, Rounded("77.2")),
        (Estimate(3, -0.0004, 0.1, -0.0504, 0.0496), BITS, Rounded("0.00", "0.05", "0.05")),
        (Estimate(3, 1234.0, 1.0, 884.0, 1584.0), ONE, Rounded("1200", "400", "400")),
        (Estimate(3, 0.000423, 1e-5, 0.00041, 0.000436), PLAIN, Rounded("0.000423", "0.000013", "0.000013")),
    ],
)
def test_the_mean_is_cut_where_its_interval_is(estimate: Estimate, unit: Unit, expected: Rounded) -> None:
    shown = rounded(estimate, unit)
    if expected.mean == "0.00":
        assert shown.mean.strip("0.") == ""
    else:
        assert shown == expected


def test_differences_have_a_sign() -> None:
    assert rounded(Estimate(3, 0.021, 0.01, 0.011, 0.031), PERCENT, signed=True).mean in ("+2.1", "+2")
    assert rounded(Estimate(3, -0.021, 0.01, -0.0353, -0.0067), PERCENT, signed=True).mean == "−2.1"


@given(st.floats(-1e6, 1e6, allow_nan=False), st.floats(1e-3, 1e5), st.floats(1e-3, 1e5))
def test_what_is_printed_is_near_what_was_measured(mean: float, below: float, above: float) -> None:
    low, high = mean - below, mean + above
    widest = max(mean - low, high - mean)
    shown = rounded(Estimate(3, mean, 1.0, low, high), ONE)
    assert abs(float(shown.mean.replace("−", "-")) - mean) <= 0.18 * widest + 1e-9 * abs(mean)
    assert max(float(shown.below or 0), float(shown.above or 0)) == pytest.approx(widest, rel=0.18)
