"""Curves of a study's runs, and their mean over the seeds of a group. Arrays in, arrays out; no Streamlit.

A run's curve is smoothed at full resolution (`charts.smoothing`). The mean of a group is taken where all of
its runs have been, at every position at which one of them has a point; the others are interpolated between
their points there, which changes nothing where all recorded at the same steps, as seeds of one configuration
do. Its band is the 95 % t-interval of the mean over runs at each position.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np

from app.charts.smoothing import Reals, half_life_mean
from app.groups.seed_statistics import half_width
from storage.queries import Curve
from storage.run import Run

Axis = Literal["step", "epoch", "time"]
AXES: Mapping[Axis, str] = {"step": "step", "epoch": "epoch", "time": "minutes since its first point"}
"""What the horizontal axis can be, and its title."""


class RunCurve(NamedTuple):
    """One run's finite points: positions x on the chosen axis (n,), ascending, and values (n,)."""

    run_id: int
    x: Reals
    values: Reals


class MeanCurve(NamedTuple):
    """A group's curve at positions x (n,): the mean of its smoothed runs, its 95 % interval (None for one
    run), and the mean of the runs as recorded. runs: how many; ends: last position of each run."""

    x: Reals
    mean: Reals
    low: Reals | None
    high: Reals | None
    recorded: Reals
    runs: int
    ends: tuple[float, ...]


def run_curves(
    curves: Mapping[int, Curve], runs: Mapping[int, Run], axis: Axis, factor: float = 1.0
) -> dict[int, RunCurve]:
    """Each run's curve on the axis, its values times `factor`, by run; runs without a finite point are left
    out."""
    found = {}
    for run_id, curve in curves.items():
        finite = np.isfinite(curve.values)
        if finite.any():
            x = positions(runs[run_id], curve, axis)
            found[run_id] = RunCurve(run_id, x[finite], factor * curve.values[finite])
    return found


def positions(run: Run, curve: Curve, axis: Axis) -> Reals:
    """Where a run's points stand: at their step, the epochs done by then, or the minutes since the first of
    them, pauses included."""
    if axis == "epoch":
        return np.asarray(curve.steps * (run.epochs / run.steps if run.steps else 0.0), dtype=np.float64)
    if axis == "time":
        return np.maximum.accumulate((curve.times - curve.times[0]) / 60_000)
    return curve.steps.astype(np.float64)


def longest(curves: Sequence[RunCurve]) -> float:
    """The length of the longest curve on its axis; 0 where there is none."""
    return max((float(curve.x[-1] - curve.x[0]) for curve in curves), default=0.0)


def mean_curve(curves: Sequence[RunCurve], half_life: float) -> MeanCurve | None:
    """The mean of one or more runs; None where there is no position at which all of them have been.

    half_life: of the smoothing, in the unit of the axis.
    """
    first = max(float(curve.x[0]) for curve in curves)
    last = min(float(curve.x[-1]) for curve in curves)
    x = np.unique(np.concatenate([curve.x for curve in curves]))
    x = x[(x >= first) & (x <= last)]
    if x.size == 0:
        return None
    smooth = [half_life_mean(curve.x, curve.values, half_life) for curve in curves]
    rows = np.stack([np.interp(x, curve.x, values) for curve, values in zip(curves, smooth, strict=True)])
    recorded = np.mean([np.interp(x, curve.x, curve.values) for curve in curves], axis=0)
    mean, low, high = rows.mean(axis=0), None, None
    if len(curves) > 1:
        half = half_width(len(curves)) * rows.std(axis=0, ddof=1)
        low, high = mean - half, mean + half
    return MeanCurve(x, mean, low, high, recorded, len(curves), tuple(float(c.x[-1]) for c in curves))
