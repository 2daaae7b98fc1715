"""Fewer points of a line, with its ends and extremes."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.charts.curves import POINTS
from app.charts.thinning import MOST_POINTS, extremes, thinned


def line(values: list[float], label: str = "loss") -> pl.DataFrame:
    return pl.DataFrame(
        {"line": [label] * len(values), "step": range(len(values)), "value": values}, schema=POINTS
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.sampled_from([8, 40, 100]))
def test_thinning_keeps_ends_and_extremes(values: list[float], most: int) -> None:
    whole = line(values)
    kept = thinned(whole, most=most)
    assert kept.height <= most
    assert kept["step"].is_sorted()
    assert kept.join(whole, on=["step", "value"]).height == kept.height, "no point is invented"
    assert kept["value"].max() == whole["value"].max() and kept["value"].min() == whole["value"].min()
    assert (kept["step"][0], kept["step"][-1]) == (0, len(values) - 1)


def test_a_spike_of_one_step_is_still_drawn() -> None:
    values = [0.0] * 100_000
    values[54_321] = 9.0
    kept = thinned(line(values))
    assert kept.height <= MOST_POINTS
    assert 54_321 in kept["step"]


def test_each_line_is_thinned_on_its_own() -> None:
    both = pl.concat([line([1.0] * 5_000, "long"), line([2.0] * 10, "short")])
    counts = dict(thinned(both).group_by("line").len().iter_rows())
    assert counts["short"] == 10 and counts["long"] <= MOST_POINTS


@pytest.mark.parametrize("most", [8, 100])
def test_several_columns_keep_the_extremes_of_each(most: int) -> None:
    x = np.arange(5_000.0)
    mean, low = np.zeros(5_000), np.zeros(5_000)
    mean[1_234], low[4_321] = 5.0, -7.0
    kept = extremes(x, [mean, low], most)
    assert {0, 1_234, 4_321, 4_999} <= set(kept.tolist())
    assert len(kept) <= 2 * most and (np.diff(kept) > 0).all()
