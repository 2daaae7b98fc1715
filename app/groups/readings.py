"""Estimates and differences in words: the interval, "at least", and who is ahead. Pure functions."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.groups.seed_statistics import ROUNDING, Estimate, PairedDifference, Verdict
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


def show_estimate(value: Estimate, unit: Unit) -> str:
    """The mean with its interval: "77.2 % [75.0, 79.3]"."""
    return f"{unit.show(value.mean)} {show_interval(value, unit)}"


def reading(ours: str, baseline: str, difference: PairedDifference, unit: Unit) -> Reading:
    """Who is ahead of whom, by how much and how sure that is, in one plain sentence."""
    names, value = f"{ours} − {baseline}", difference.estimate
    if value is None:
        return Reading(names, "", "no seed in common, so they cannot be compared in pairs")
    words = _WORDS[difference.verdict].format(ours=ours, baseline=baseline)
    unit = _fine_enough(unit, [value.mean, value.low or 0.0, value.high or 0.0])
    size = unit.signed(value.mean) + unit.points
    if difference.verdict == "one pair":
        return Reading(names, f"{size}, n = 1 pair", words)
    if value.low is None or value.high is None:
        why = "" if difference.verdict == "equal" else ", no interval (no spread)"
        return Reading(names, f"{size}{why}, n = {value.n} pairs", words)
    limits = f"[{unit.signed(value.low)}, {unit.signed(value.high)}]"
    return Reading(names, f"{size} {limits}, n = {value.n} pairs", words)


def _fine_enough(unit: Unit, values: Sequence[float]) -> Unit:
    """The unit with a decimal more where a figure that is not zero would be shown as zero, so that signs can
    be read."""
    vanishes = any(
        abs(value) > ROUNDING and not round(value * unit.scale, unit.places(value)) for value in values
    )
    return unit._replace(decimals=unit.decimals + 1) if vanishes else unit
