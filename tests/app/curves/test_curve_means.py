"""Curves of runs on each axis, and means over seeds with their band, against NumPy and SciPy."""

import math

import numpy as np
import pytest
from made_runs import make_run
from scipy import stats

from app.curves.means import RunCurve, longest, mean_curve, run_curves
from storage.queries import Curve

RUN = make_run(1, "comm", 0)


def stored(values: list[float], steps: list[int] | None = None) -> Curve:
    steps = steps or list(range(10, 10 * len(values) + 1, 10))
    return Curve(np.array(steps), np.array(values), 1_000 + 30_000 * np.arange(len(values)))


def curve(values: list[float], x: list[float] | None = None) -> RunCurve:
    return RunCurve(1, np.array(range(len(values)) if x is None else x, dtype=float), np.array(values))


@pytest.mark.parametrize(
    ("axis", "expected"),
    [("step", [10, 20, 30]), ("epoch", [10 * 6 / 840, 20 * 6 / 840, 30 * 6 / 840]), ("time", [0, 0.5, 1.0])],
)
def test_positions_on_each_axis(axis: str, expected: list[float]) -> None:
    found = run_curves({1: stored([3.0, 2.0, 1.0])}, {1: RUN}, axis)  # type: ignore[arg-type]
    assert found[1].x == pytest.approx(expected)


def test_what_is_not_finite_is_left_out_and_values_take_their_factor() -> None:
    curves = {1: stored([1.0, math.nan, 3.0, math.inf]), 2: stored([math.nan])}
    found = run_curves(curves, {1: RUN, 2: make_run(2, "comm", 1)}, "step", 100.0)
    assert found.keys() == {1}
    assert found[1].values.tolist() == [100.0, 300.0] and found[1].x.tolist() == [10.0, 30.0]


def test_the_band_is_the_t_interval_at_each_position() -> None:
    values = np.random.default_rng(1).normal(size=(5, 7))
    found = mean_curve([curve(list(row)) for row in values], 0.0)
    assert found is not None and found.low is not None and found.high is not None
    for place in range(7):
        low, high = stats.t.interval(0.95, 4, values[:, place].mean(), stats.sem(values[:, place]))
        assert (found.low[place], found.high[place]) == pytest.approx((low, high))
    assert found.mean == pytest.approx(values.mean(axis=0))


def test_means_go_as_far_as_all_runs_have_been() -> None:
    found = mean_curve([curve([1.0, 2.0, 3.0, 4.0]), curve([3.0, 4.0])], 0.0)
    assert found is not None
    assert found.x.tolist() == [0.0, 1.0] and found.mean.tolist() == [2.0, 3.0]
    assert found.ends == (3.0, 1.0)


def test_runs_at_other_positions_are_interpolated_and_no_peak_is_lost() -> None:
    found = mean_curve([curve([0.0, 0.0, 0.0], [0, 10, 20]), curve([0.0, 8.0, 0.0], [0, 11, 20])], 0.0)
    assert found is not None
    assert found.x.tolist() == [0.0, 10.0, 11.0, 20.0]
    assert found.mean[2] == 4.0
    assert found.mean[1] == pytest.approx(8 * 10 / 11 / 2)


def test_runs_that_never_were_at_the_same_place_have_no_mean() -> None:
    assert mean_curve([curve([1.0], [5]), curve([2.0], [9])], 0.0) is None


def test_one_run_has_no_band_and_smoothing_leaves_what_was_recorded() -> None:
    found = mean_curve([curve([0.0, 4.0, 0.0, 4.0])], 10.0)
    assert found is not None and found.low is None and found.high is None
    assert found.recorded.tolist() == [0.0, 4.0, 0.0, 4.0]
    assert 1.5 < found.mean[-1] < 2.6


def test_the_longest_curve() -> None:
    assert longest([curve([1.0, 2.0], [3, 10]), curve([1.0, 2.0], [0, 2])]) == 7.0
    assert longest([]) == 0.0
