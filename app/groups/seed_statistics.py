"""What repeated runs say: mean, standard deviation and interval over seeds, and differences paired by seed.

Everything is honest about small numbers: one run has no deviation and no interval, and a comparison whose
interval meets zero is told as not decided.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import stdtrit

from app.wording.units import Unit

LEVEL = 0.95
"""Confidence level of every interval that the studio shows."""

Verdict = Literal["ahead", "behind", "undecided", "equal", "one pair", "no pair"]


class Estimate(NamedTuple):
    """Mean over n repetitions; deviation (n − 1 in the denominator), low and high are None where n = 1."""

    n: int
    mean: float
    deviation: float | None
    low: float | None
    high: float | None


class PairedDifference(NamedTuple):
    """Difference over the seeds that both sides have; `estimate` is None where there is no such seed."""

    seeds: tuple[int, ...]
    estimate: Estimate | None
    verdict: Verdict


def estimate(values: Sequence[float]) -> Estimate:
    """Mean and the two-sided 95 % t-interval mean ± t(n − 1) · sd / √n of one value a repetition.

    The interval assumes independent, roughly normal repetitions. Raises `ValueError` for no value, or one
    that is not finite.
    """
    array = np.asarray(values, dtype=float)
    if array.size == 0 or not np.isfinite(array).all():
        raise ValueError(f"an estimate needs at least one value, all finite; got {list(values)}")
    n, mean = array.size, float(array.mean())
    if n == 1:
        return Estimate(1, mean, None, None, None)
    deviation = float(array.std(ddof=1))
    half = half_width(n) * deviation
    return Estimate(n, mean, deviation, mean - half, mean + half)


def half_width(n: int) -> float:
    """t(n − 1) / √n: half the width of the 95 % interval of a mean over n ≥ 2 repetitions, in standard
    deviations."""
    return float(stdtrit(n - 1, 0.5 + LEVEL / 2)) / math.sqrt(n)


def paired_difference(
    ours: Mapping[int, float], baseline: Mapping[int, float], *, higher_is_better: bool = True
) -> PairedDifference:
    """ours − baseline over common seeds, with its interval and who is ahead.

    ours, baseline: seed → value. Pairing takes out what the seed decides for both sides (data order, initial
    weights).
    """
    seeds = tuple(sorted(ours.keys() & baseline.keys()))
    if not seeds:
        return PairedDifference((), None, "no pair")
    difference = estimate([ours[seed] - baseline[seed] for seed in seeds])
    return PairedDifference(seeds, difference, _verdict(difference, higher_is_better))


def _verdict(difference: Estimate, higher_is_better: bool) -> Verdict:
    if difference.low is None or difference.high is None:
        return "one pair"
    if difference.deviation == 0 and difference.mean == 0:
        return "equal"
    if difference.low <= 0 <= difference.high:
        return "undecided"
    return "ahead" if (difference.mean > 0) == higher_is_better else "behind"


def show_interval(value: Estimate, unit: Unit) -> str:
    """ "[75.0, 79.3]", or why there is none."""
    if value.low is None or value.high is None:
        return "no interval (n = 1)"
    return f"[{unit.number(value.low, value.mean)}, {unit.number(value.high, value.mean)}]"


_READINGS: Mapping[Verdict, str] = {
    "ahead": "{ours} is ahead",
    "behind": "{baseline} is ahead",
    "undecided": "not decided",
    "equal": "equal on every seed",
}


def reading(ours: str, baseline: str, difference: PairedDifference, unit: Unit) -> str:
    """One plain sentence: "InfMasking − CoMM: +2.1 points [−1.0, 5.2], n = 3 pairs: not decided"."""
    value = difference.estimate
    if value is None:
        return f"{ours} − {baseline}: no seed in common, so they cannot be compared in pairs"
    unit = _fine_enough(unit, [value.mean, value.low or 0.0, value.high or 0.0])
    head = f"{ours} − {baseline}: {unit.signed(value.mean)}{unit.points}"
    if value.low is None or value.high is None:
        return f"{head}, n = 1 pair: no interval from one seed, so not decided"
    words = _READINGS[difference.verdict].format(ours=ours, baseline=baseline)
    return f"{head} [{unit.signed(value.low)}, {unit.signed(value.high)}], n = {value.n} pairs: {words}"


def _fine_enough(unit: Unit, values: Sequence[float]) -> Unit:
    """The unit with a decimal more where a figure that is not zero would be shown as zero, so that signs can
    be read."""
    vanishes = any(value and not round(value * unit.scale, unit.places(value)) for value in values)
    return unit._replace(decimals=unit.decimals + 1) if vanishes else unit
