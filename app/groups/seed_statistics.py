"""What repeated runs say: mean and interval over seeds, and differences paired by seed.

The one definition of an interval, which every page, chart, table, listing and export reads. For n runs that
differ in the seed and were measured on the same samples, the 95 % interval of their mean has the half-widths

    √( (t(n − 1) · s / √n)² + e² )

s: standard deviation over the runs; where the metric comes in steps, at least one step (`estimate`'s `step`).
e: mean half-width, to that side, of the 95 % intervals of the runs' own measurements, which tell how much
other samples would have changed them. All seeds are measured on the same samples, so e does not average out.
A single run has e alone.

An interval never leaves the range of what is measured, and figures that neither spread nor know their own
error have none: two equal figures do not show how sure they are. "At least" is always the lower end of this
interval. Of a difference between two groups the interval alone decides nothing: see `seed_tests`.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scipy.special import ndtri, stdtrit

LEVEL = 0.95
"""Confidence level of every interval that the studio shows."""
NORMAL = float(ndtri(0.5 + LEVEL / 2))
"""Half the width of such an interval in standard errors, 1.96."""
ROUNDING = 1e-9
"""A spread of this share of the figures is rounding of sums, not spread."""


class Range(NamedTuple):
    """Least and largest value that there can be."""

    low: float
    high: float


SHARE = Range(0.0, 1.0)
"""Accuracies and F1."""
UNBOUNDED = Range(-math.inf, math.inf)


class Measured(NamedTuple):
    """One run's figure, and how much further down and up its own 95 % interval reaches; both 0 where
    unknown."""

    value: float
    below: float = 0.0
    above: float = 0.0

    def minus(self, other: "Measured") -> "Measured":
        """The difference, with the errors of both as if they were independent."""
        below, above = math.hypot(self.below, other.above), math.hypot(self.above, other.below)
        return Measured(self.value - other.value, below, above)


class Estimate(NamedTuple):
    """Mean over n runs, their standard deviation (None for one run), and the 95 % interval (None where there
    is none)."""

    n: int
    mean: float
    deviation: float | None
    low: float | None
    high: float | None

    @property
    def at_least(self) -> float | None:
        """What can be claimed: the lower end of the interval; None without one."""
        return self.low


class PairedDifference(NamedTuple):
    """Difference over the seeds that both sides have, and what its test needs; `estimate` is None where there
    is no such seed.

    values: of each pair, by seed. spread_error: spread over pairs / √n, 0 for one pair and where there is
    none. sample_error: standard error that the test samples leave towards zero, 0 where it is not known.
    """

    seeds: tuple[int, ...]
    values: tuple[float, ...] = ()
    estimate: Estimate | None = None
    spread_error: float = 0.0
    sample_error: float = 0.0
    higher_is_better: bool = True

    @property
    def equal(self) -> bool:
        """Whether both sides are equal on every seed."""
        return bool(self.values) and max(map(abs, self.values)) <= ROUNDING


def share_of(samples: int, value: float) -> Measured:
    """A share of so many test samples, with its score interval (Wilson 1927), which stays within 0 and 1.

    Exact for plain accuracy; for macro averages and F1, whose samples weigh differently, an approximation.
    """
    squared = NORMAL**2 / samples
    middle = (value + squared / 2) / (1 + squared)
    half = NORMAL * math.sqrt(value * (1 - value) / samples + squared / samples / 4) / (1 + squared)
    return Measured(value, value - middle + half, middle + half - value)


def estimate(runs: Sequence[float | Measured], *, step: float = 0.0, within: Range = SHARE) -> Estimate:
    """Mean and interval of one figure a run, as defined above.

    step: least difference that the metric can tell, 0 for one without steps. within: the metric's range.
    Raises `ValueError` for no figure, one that is not finite, or one out of range.
    """
    measured = [_measured(run) for run in runs]
    values = [float(run.value) for run in measured]
    if not values or not all(map(math.isfinite, values)):
        raise ValueError(f"an estimate needs at least one value, all finite; got {values}")
    rounding = ROUNDING * max(1.0, *map(abs, values))
    if min(values) < within.low - rounding or max(values) > within.high + rounding:
        raise ValueError(f"values lie within {within.low:g} and {within.high:g}; got {values}")
    n, mean = len(values), math.fsum(values) / len(values)
    squares = math.fsum((value - mean) ** 2 for value in values)
    deviation = math.sqrt(squares / (n - 1)) if n > 1 else None
    spread = _counted(deviation, step, rounding) * (half_width(n) if n > 1 else 0.0)
    below = math.hypot(spread, sum(run.below for run in measured) / n)
    above = math.hypot(spread, sum(run.above for run in measured) / n)
    if max(below, above) <= rounding:
        return Estimate(n, mean, deviation, None, None)
    return Estimate(n, mean, deviation, max(mean - below, within.low), min(mean + above, within.high))


def _counted(deviation: float | None, step: float, rounding: float) -> float:
    """The spread that counts: at least a step, and none where it is only rounding."""
    spread = 0.0 if deviation is None else max(deviation, step)
    return 0.0 if spread <= rounding else spread


def half_width(n: int) -> float:
    """t(n − 1) / √n: half the width of the 95 % interval of a mean over n ≥ 2 runs, in standard
    deviations."""
    return float(stdtrit(n - 1, 0.5 + LEVEL / 2)) / math.sqrt(n)


def paired_difference(
    ours: Mapping[int, float | Measured],
    baseline: Mapping[int, float | Measured],
    *,
    higher_is_better: bool = True,
    samples: int | None = None,
    within: Range = SHARE,
) -> PairedDifference:
    """ours − baseline over common seeds, with its interval.

    ours, baseline: seed → figure. Pairing takes out what the seed decides for both sides (data order, initial
    weights). samples: for shares of the same test samples, their number. Two sides that differ by Δ then
    disagree on at least a share |Δ| of them, so that the difference has at least the standard error √((|Δ| −
    Δ²) / samples) of paired proportions (McNemar 1947), whatever the two have in common; the spread over
    seeds counts as no less than this, or one sample. Without `samples` the errors of both sides are added as
    if they were independent.
    """
    seeds = tuple(sorted(ours.keys() & baseline.keys()))
    if not seeds:
        return PairedDifference((), higher_is_better=higher_is_better)
    differences = [_measured(ours[seed]).minus(_measured(baseline[seed])) for seed in seeds]
    step = 0.0
    if samples:
        size = min(abs(sum(pair.value for pair in differences)) / len(seeds), 1.0)
        error = math.sqrt((size - size**2) / samples)
        step = max(error, 1 / samples)
        differences = [Measured(pair.value, NORMAL * error, NORMAL * error) for pair in differences]
    reach = within.high - within.low
    mean = estimate(differences, step=step, within=Range(-reach, reach))
    values, n = tuple(pair.value for pair in differences), len(seeds)
    # How much seeds differ is not known from one, and for methods that are compared it is what counts.
    mean = mean._replace(low=None, high=None) if n == 1 else mean
    rounding = ROUNDING * max(1.0, *map(abs, values))
    towards_zero = [pair.below if mean.mean > 0 else pair.above for pair in differences]
    return PairedDifference(
        seeds,
        values,
        mean,
        _counted(mean.deviation, step, rounding) / math.sqrt(n),
        sum(towards_zero) / n / NORMAL,
        higher_is_better,
    )


def _measured(run: float | Measured) -> Measured:
    return run if isinstance(run, Measured) else Measured(run)
