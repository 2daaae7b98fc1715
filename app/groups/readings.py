"""Estimates and differences in words: the interval, "at least", who is ahead, and what it would take to tell.
Pure functions."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.groups.seed_statistics import ROUNDING, Estimate
from app.groups.seed_tests import MOST_SEEDS, Decision, Verdict
from app.wording.figures import show_count
from app.wording.units import Unit

_WORDS: Mapping[Verdict, str] = {
    "ahead": "{ours} is ahead",
    "behind": "{baseline} is ahead",
    "undecided": "not decided",
    "equal": "equal on every seed",
    "one pair": "no interval from one seed, so not decided",
}
INTERVAL = (
    "95 % interval (the spread over seeds, and how much other samples would have changed what was measured, "
    "which more seeds do not mend)"
)
"""What an interval is, for captions; `seed_statistics` has the formula."""


class Reading(NamedTuple):
    """A difference in words: who is compared ("InfMasking − CoMM"), by how much ("+2.1 points [−1.0, +5.2], n
    = 3 pairs"; empty where there is nothing to measure), and the answer ("not decided")."""

    names: str
    figures: str
    verdict: str

    @property
    def head(self) -> str:
        """All but the answer."""
        return f"{self.names}: {self.figures}" if self.figures else self.names

    def __str__(self) -> str:
        return f"{self.head}: {self.verdict}"


def show_interval(value: Estimate, unit: Unit) -> str:
    """ "[75.0, 79.3]", with a word where it is of one seed."""
    limits = show_limits(value, unit)
    return f"{limits} (one seed)" if value.n == 1 and value.low is not None else limits


def show_limits(value: Estimate, unit: Unit) -> str:
    """ "[75.0, 79.3]", or why there is no interval."""
    if value.low is None or value.high is None:
        return "no interval (n = 1)" if value.n == 1 else "no interval (no spread)"
    return f"[{unit.number(value.low, value.mean)}, {unit.number(value.high, value.mean)}]"


def show_plus_minus(value: Estimate, unit: Unit) -> str:
    """The mean with half its interval, "77.2 ± 2.1"; with both ends where these lie unequally far, by more
    than a tenth; alone where there is no interval."""
    mean = unit.number(value.mean)
    if value.low is None or value.high is None:
        return mean
    near, far = sorted((value.mean - value.low, value.high - value.mean))
    even = near >= 0.9 * far
    return f"{mean} ± {unit.number(far, value.mean)}" if even else f"{mean} {show_limits(value, unit)}"


def show_estimate(value: Estimate, unit: Unit) -> str:
    """The mean with its interval: "77.2 % [75.0, 79.3]"."""
    return f"{unit.show(value.mean)} {show_interval(value, unit)}"


def reading(ours: str, baseline: str, decision: Decision, unit: Unit) -> Reading:
    """Who is ahead of whom, by how much and how sure that is, in one plain sentence."""
    names, value = f"{ours} − {baseline}", decision.difference.estimate
    if value is None:
        return Reading(names, "", "no seed in common, so they cannot be compared in pairs")
    words = _WORDS[decision.verdict].format(ours=ours, baseline=baseline)
    return Reading(names, f"{show_difference(value, unit)}, n = {show_count(value.n, 'pair')}", words)


def show_difference(value: Estimate, unit: Unit) -> str:
    """A difference with its interval: "+2.1 points [−1.0, +5.2]"."""
    unit = _fine_enough(unit, [value.mean, value.low or 0.0, value.high or 0.0])
    size = unit.signed(value.mean) + unit.points
    if value.low is not None and value.high is not None:
        return f"{size} [{unit.signed(value.low)}, {unit.signed(value.high)}]"
    return size if value.n == 1 or abs(value.mean) <= ROUNDING else f"{size}, no interval (no spread)"


def show_p(p: float | None) -> str:
    """A p-value to three decimals: "0.021", "< 0.001"."""
    return "–" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"


def show_flip(decision: Decision) -> str:
    """The sign flips' p with the smallest that there can be: "0.500 (≥ 0.250)"."""
    if decision.least_p_flip is None:
        return "–"
    return f"{show_p(decision.p_flip)} (≥ {show_p(decision.least_p_flip)})"


def show_verdict(reading_: Reading, decision: Decision) -> str:
    """The answer for a cell: "not decided", for example, with the reason where the seeds alone would."""
    if decision.left_open_by_samples:
        return f"{reading_.verdict}: the test samples leave it open"
    return reading_.verdict


def takes_in_short(decision: Decision) -> str:
    """What would decide an open difference, for a cell: "≈ 4 more seeds"; a dash where it is decided."""
    if decision.verdict in ("one pair", "no pair"):
        return "a second seed" if decision.verdict == "one pair" else "common seeds"
    more = decision.more_seeds
    if more is None:
        return "a further seed" if decision.verdict == "undecided" else "–"
    if math.isinf(more):
        return "more test samples"
    return f"> {MOST_SEEDS} more seeds" if more > MOST_SEEDS else f"≈ {show_count(int(more), 'more seed')}"


def what_it_takes(decision: Decision) -> str:
    """What would decide an open difference, a sentence without its full stop; empty where it is decided."""
    if decision.verdict == "one pair":
        return "one pair shows no spread: a second seed is the least that a decision takes"
    if decision.verdict == "no pair":
        return "runs of both with the same seed are the least that a decision takes"
    more = decision.more_seeds
    if more is None:
        alike = decision.verdict == "undecided"
        return "all pairs differ alike: a further seed would show a spread" if alike else ""
    if math.isinf(more):
        return "no number of seeds would decide this, if the difference stays: it takes more test samples"
    if more > MOST_SEEDS:
        return f"not even {MOST_SEEDS} more seeds would decide this, if the difference stays"
    return f"about {show_count(int(more), 'more seed')} would decide this, if the difference stays"


def _fine_enough(unit: Unit, values: Sequence[float]) -> Unit:
    """The unit with a decimal more where a figure that is not zero would be shown as zero, so that signs can
    be read."""
    vanishes = any(
        abs(value) > ROUNDING and not round(value * unit.scale, unit.places(value)) for value in values
    )
    return unit._replace(decimals=unit.decimals + 1) if vanishes else unit
