"""What a chart of the Curves tab is given: few points with all extremes, and a count of what is not there."""

import numpy as np

from app.curves.frames import MOST_A_LINE, ROWS_A_VIEW, drawn, points_a_line
from app.curves.means import MeanCurve, RunCurve, mean_curve


def mean(values: np.ndarray, seeds: int = 1) -> MeanCurve:
    x = np.arange(values.size, dtype=float)
    found = mean_curve([RunCurve(seed, x, values + seed) for seed in range(seeds)], 0.0)
    assert found is not None
    return found


PLAIN = {"banded": True, "recorded": False, "stretch": None, "logs": (False, False), "most": 100}


def test_a_spike_of_one_step_survives_and_the_band_with_it() -> None:
    values = np.zeros(50_000)
    values[33_333] = 9.0
    frames = drawn({"a": mean(values, 2)}, {}, **PLAIN)
    assert frames.lines.height <= 100
    assert frames.lines["mean"].max() == 9.5
    top = frames.lines.filter(frames.lines["mean"] == 9.5)
    assert top["low"][0] < 9.5 < top["high"][0]


def test_a_view_holds_no_more_points_than_a_message_may() -> None:
    assert points_a_line(1) == MOST_A_LINE
    for lines in (12, 96, 500):
        assert lines * points_a_line(lines) <= ROWS_A_VIEW


def test_a_stretch_is_shown_in_the_points_that_are_stored_there() -> None:
    values = np.sin(np.arange(20_000) / 50)
    whole = drawn({"a": mean(values)}, {}, **PLAIN).lines
    part = drawn({"a": mean(values)}, {}, **(PLAIN | {"stretch": (5_000.0, 5_060.0)})).lines
    assert part["x"].to_list() == [float(x) for x in range(4_999, 5_062)], "with one more on either side"
    assert whole.filter((whole["x"] > 5_000) & (whole["x"] < 5_060)).height < 10
    assert (
        drawn({"a": mean(values)}, {}, **(PLAIN | {"stretch": (19_998.0, None)})).lines["x"].max() == 19_999
    )


def test_logarithmic_axes_count_what_they_leave_out() -> None:
    values = np.array([1.0, 0.0, -2.0, 4.0, 5.0])
    frames = drawn({"a": mean(values)}, {}, **(PLAIN | {"logs": (True, True)}))
    assert frames.lines["x"].to_list() == [3.0, 4.0]
    assert (frames.not_positive, frames.at_zero) == (2, 1)
    plain = drawn({"a": mean(values)}, {}, **PLAIN)
    assert (plain.lines.height, plain.not_positive, plain.at_zero) == (5, 0, 0)


def test_a_band_that_reaches_zero_ends_at_its_line_on_a_logarithmic_axis() -> None:
    curve = MeanCurve(
        np.arange(2.0), np.ones(2), np.array([-1.0, 0.5]), np.full(2, 3.0), np.ones(2), 2, (1.0, 1.0)
    )
    frames = drawn({"a": curve}, {}, **(PLAIN | {"logs": (False, True)}))
    assert frames.lines["low"].to_list() == [1.0, 0.5]


def test_faint_lines_are_the_recorded_mean_and_single_runs() -> None:
    members = [RunCurve(number, np.arange(4.0), np.ones(4)) for number in (7, 8)]
    frames = drawn({"a": mean(np.ones(4))}, {"a": members}, **(PLAIN | {"recorded": True}))
    assert frames.thin["part"].unique().sort().to_list() == [-1, 7, 8]
    assert frames.thin.height == 12


def test_bands_are_left_out_where_they_would_not_be_seen() -> None:
    frames = drawn({"a": mean(np.ones(4), 3)}, {}, **(PLAIN | {"banded": False}))
    assert frames.lines["low"].null_count() == 4
