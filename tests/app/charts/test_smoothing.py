"""Smoothing by half-life, against the definition written out."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.charts.smoothing import half_life_mean, smoothed


def written_out(x: np.ndarray, values: np.ndarray, half_life: float) -> list[float]:
    """The definition, one term after the other."""
    means = []
    for place in range(len(x)):
        weights = [0.5 ** min((x[place] - x[before]) / half_life, 1_000.0) for before in range(place + 1)]
        means.append(sum(w * v for w, v in zip(weights, values, strict=False)) / sum(weights))
    return means


@given(
    st.lists(st.tuples(st.floats(0, 1_000), st.floats(-1e6, 1e6)), min_size=1, max_size=60),
    st.floats(0.01, 1e4),
)
def test_it_is_the_weighted_mean_of_the_past(points: list[tuple[float, float]], half_life: float) -> None:
    x, values = np.array(sorted(x for x, _ in points)), np.array([value for _, value in points])
    expected = written_out(x, values, half_life)
    assert half_life_mean(x, values, half_life) == pytest.approx(expected, rel=1e-9, abs=1e-6)


@pytest.mark.parametrize("half_life", [0.5, 3.0, 200.0])
def test_long_curves_are_summed_in_stretches_that_show_no_seam(half_life: float) -> None:
    generator = np.random.default_rng(0)
    x, values = np.sort(generator.uniform(0, 2_000, 900)), generator.normal(size=900)
    assert half_life_mean(x, values, half_life) == pytest.approx(written_out(x, values, half_life), abs=1e-9)


def test_the_start_is_not_biased_and_a_constant_stays() -> None:
    x = np.arange(100.0)
    falling = half_life_mean(x, 10 - x, 5.0)
    assert falling[0] == 10.0
    assert falling[1] == pytest.approx((10 * 2**-0.2 + 9) / (2**-0.2 + 1))
    assert half_life_mean(x, np.full(100, 3.0), 7.0) == pytest.approx(np.full(100, 3.0))


def test_how_densely_points_were_recorded_does_not_move_a_level() -> None:
    x = np.concatenate([np.arange(0, 50, 0.1), np.arange(50, 100, 5.0)])
    values = np.where(x < 50, 1.0, 2.0)
    assert half_life_mean(x, values, 2.0)[-1] == pytest.approx(2.0, abs=1e-4)


def test_no_half_life_is_no_smoothing_and_a_negative_one_is_refused() -> None:
    x, values = np.arange(3.0), np.array([1.0, 5.0, 2.0])
    assert half_life_mean(x, values, 0.0).tolist() == values.tolist()
    with pytest.raises(ValueError, match="half-life -1"):
        half_life_mean(x, values, -1.0)


def test_lines_are_smoothed_each_on_its_own() -> None:
    lines = pl.DataFrame(
        {"line": ["low"] * 5 + ["high"] * 5, "step": [*range(5)] * 2, "value": [0.0] * 5 + [10.0] * 5}
    )
    both = smoothed(lines, share=0.5)
    assert both["value"].to_list() == pytest.approx([0.0] * 5 + [10.0] * 5)
    assert both["step"].to_list() == lines["step"].to_list()
