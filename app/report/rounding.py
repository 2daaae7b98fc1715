"""Figures rounded as their intervals allow, as papers print them. Pure functions."""

import math
from typing import NamedTuple

from app.groups.seed_statistics import Estimate
from app.wording.figures import show_fixed
from app.wording.units import Unit

TWO_DIGITS_BELOW = 3
"""A first digit below this is followed by another: rounding 0.14 to 0.1 would change it by a third."""
EVEN = 0.9
"""Half-widths whose smaller is at least this share of the larger are told as one."""


class Rounded(NamedTuple):
    """A mean and how far its interval reaches to both sides, as texts with the same decimals; both None where
    there is no interval, and the same where it is even."""

    mean: str
    below: str | None = None
    above: str | None = None

    @property
    def even(self) -> bool:
        """Whether one half-width tells both."""
        return self.below == self.above


def rounded(value: Estimate, unit: Unit, *, signed: bool = False) -> Rounded:
    """The estimate in shown units. The wider side of the interval keeps its first digit, and a second one
    where the first is 1 or 2; the mean is cut at the same place. signed: with a plus, for differences."""
    mean = value.mean * unit.scale
    if value.low is None or value.high is None:
        return Rounded(show_fixed(mean, unit.places(value.mean), signed=signed))
    sides = [(value.mean - value.low) * unit.scale, (value.high - value.mean) * unit.scale]
    near, far = sorted(sides)
    if near >= EVEN * far:
        sides = [far, far]
    places = decimals(far)
    below, above = (_fixed(side, places) for side in sides)
    return Rounded(_fixed(mean, places, signed=signed), below, above)


def decimals(half_width: float) -> int:
    """Decimals that a half-width is printed with; below zero for tens and hundreds."""
    if not half_width > 0 or not math.isfinite(half_width):
        return 0
    mantissa, exponent = f"{half_width:.6e}".split("e")
    return (1 if float(mantissa) < TWO_DIGITS_BELOW else 0) - int(exponent)


def _fixed(value: float, places: int, *, signed: bool = False) -> str:
    return show_fixed(round(value, places), max(places, 0), signed=signed)
