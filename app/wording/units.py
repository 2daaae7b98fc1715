"""How metrics are shown: per cent and points, other figures with the digits that tell. Pure functions."""

import math
from typing import NamedTuple

from app.wording.figures import show_fixed
from engine.metric import all_metrics

MOST_DECIMALS = 9
"""Further ones would be the rounding of sums."""


class Unit(NamedTuple):
    """How a metric is shown: stored value × scale, then the decimals; `points` is the word for a difference.

    digits: significant ones that a small figure keeps, by more decimals; an error of 0.000423 is no 0.0004.
    """

    scale: float
    decimals: int
    suffix: str
    points: str
    digits: int = 0

    def number(self, value: float, beside: float | None = None) -> str:
        """0.7716 as "77.2"; with as many decimals as the figure that it stands beside."""
        return show_fixed(value * self.scale, self.places(value if beside is None else beside))

    def show(self, value: float) -> str:
        """0.7716 as "77.2 %"."""
        return self.number(value) + self.suffix

    def signed(self, value: float) -> str:
        """−0.021 as "−2.1", 0.021 as "+2.1", and what rounds to zero without a sign."""
        return show_fixed(value * self.scale, self.places(value), signed=True)

    def places(self, value: float) -> int:
        """Decimals that a value is shown with."""
        size = abs(value) * self.scale
        if not self.digits or not 0 < size < math.inf:
            return self.decimals
        return min(max(self.decimals, self.digits - 1 - math.floor(math.log10(size))), MOST_DECIMALS)


PERCENT = Unit(100.0, 1, " %", " points")
PLAIN = Unit(1.0, 4, "", "", digits=3)
BITS = Unit(1.0, 3, " bits", " bits")


def unit_of(metric: str) -> Unit:
    """Shares are stored as fractions and shown as per cent; other figures, such as a squared error, as they
    are; so is a metric that is not known any more."""
    known = all_metrics().get(metric)
    return PERCENT if known is not None and known.unit == "share" else PLAIN


def metric_label(metric: str) -> str:
    """What sentences and axes call a metric; one that is not known any more goes by its stored name."""
    known = all_metrics().get(metric)
    return metric if known is None else known.label


def lower_is_better(metric: str) -> bool:
    """True for errors; a metric that is not known any more is taken as one of which more is better."""
    known = all_metrics().get(metric)
    return known is not None and not known.higher_is_better
