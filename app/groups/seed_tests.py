"""Whether seeds decide a difference: paired t-tests, corrected for as many differences as are shown together.

The one place that says who is ahead. Of each difference that has two pairs or more:

- p: the paired t-test over seeds, t = mean / (s / √n), n − 1 degrees of freedom, two-sided;
- p with the samples: the level at which the interval that is shown (`seed_statistics`) would just reach zero.
  It is p where the error of the test samples is not known, and larger where it is;
- p of the sign flips: the share of all 2ⁿ ways to sign the n differences whose sum lies as far from zero. It
  assumes no normal law, and is never below 2 / 2ⁿ.

Differences that are shown together are a family. Both of the first are corrected for its size by Holm's
method, and a difference is decided when the second is then at most .05. So of a hundred families without any
difference at most five show one as decided; what is decided has a paired t-test that is significant after
the correction; and its interval leaves zero out.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from app.groups.seed_statistics import LEVEL, PairedDifference
from engine.information.holm import holm

ALPHA = 1 - LEVEL
"""A corrected p up to this decides."""
MOST_SEEDS = 100
"""Further seeds that are looked at before it is said that not even these would decide."""
MOST_FLIPPED = 32
"""Pairs whose signs can be flipped in all ways within a second."""
_SMALLEST = 1e-300

Verdict = Literal["ahead", "behind", "undecided", "equal", "one pair", "no pair"]
DECIDED: tuple[Verdict, ...] = ("ahead", "behind")


class Decision(NamedTuple):
    """A difference within its family.

    p, p_holm: of the paired t-test, as it is and corrected. p_samples, p_samples_holm: the same with the
    error of the test samples, by which it is decided. All are None for less than two pairs. family: how many
    differences were tested together. level: the p at which an open one would be decided, if the others of its
    family stay: .05 / (as many as are open), for Holm's method takes the smallest of these next.
    """

    difference: PairedDifference
    verdict: Verdict
    family: int
    level: float = ALPHA
    p: float | None = None
    p_holm: float | None = None
    p_samples: float | None = None
    p_samples_holm: float | None = None

    @property
    def decided(self) -> bool:
        """Whether one of the two is ahead."""
        return self.verdict in DECIDED

    @property
    def left_open_by_samples(self) -> bool:
        """Whether the seeds alone would decide, and only the number of test samples speaks against it."""
        return self.verdict == "undecided" and self.p_holm is not None and self.p_holm <= ALPHA

    @property
    def p_flip(self) -> float | None:
        """p of the sign flips; None for less than two pairs, or too many."""
        return sign_flip_p(self.difference.values) if len(self.difference.seeds) > 1 else None

    @property
    def least_p_flip(self) -> float | None:
        """The smallest p that sign flips of so many pairs can have: 2 / 2ⁿ."""
        n = len(self.difference.seeds)
        return 2.0 ** (1 - n) if n > 1 else None

    @property
    def more_seeds(self) -> float | None:
        """`more_seeds` at this difference's level; None where it is decided or has no interval."""
        value = self.difference.estimate
        if self.verdict != "undecided" or value is None or value.low is None:
            return None
        return more_seeds(self.difference, self.level)


def decide(family: Sequence[PairedDifference]) -> list[Decision]:
    """Who is ahead in each difference of a family, in the order given."""
    tested = [difference for difference in family if len(difference.seeds) > 1]
    plain, wide = [t_p(difference) for difference in tested], interval_p_values(tested)
    plain_holm, wide_holm = holm(plain), holm(wide)
    level = ALPHA / max(sum(p > ALPHA for p in wide_holm), 1)
    figures = iter(zip(plain, plain_holm, wide, wide_holm, strict=True))
    return [
        _decision(difference, len(tested), level, next(figures))
        if len(difference.seeds) > 1
        else Decision(difference, "one pair" if difference.seeds else "no pair", len(tested), level)
        for difference in family
    ]


def _decision(
    difference: PairedDifference, family: int, level: float, figures: tuple[float, float, float, float]
) -> Decision:
    """figures: p and p with the samples, each as it is and corrected."""
    return Decision(difference, _verdict(difference, figures[3]), family, level, *figures)


def _verdict(difference: PairedDifference, corrected: float) -> Verdict:
    if difference.equal:
        return "equal"
    value = difference.estimate
    if value is None or value.low is None or value.high is None or value.low <= 0 <= value.high:
        return "undecided"
    if corrected > ALPHA:
        return "undecided"
    return "ahead" if (value.mean > 0) == difference.higher_is_better else "behind"


def t_p(difference: PairedDifference) -> float:
    """Two-sided p of the paired t-test over n ≥ 2 pairs: 0 where the differences are all alike, 1 where they
    are all zero."""
    value = difference.estimate
    if difference.equal or value is None or value.deviation is None:
        return 1.0
    if value.deviation == 0:
        return 0.0
    return float(2 * stdtr(value.n - 1, -abs(value.mean) / (value.deviation / math.sqrt(value.n))))


def interval_p_values(differences: Sequence[PairedDifference]) -> list[float]:
    """Of each difference the p at which √((t · spread_error)² + (z · sample_error)²) = |mean|, where t and z
    are the two-sided quantiles of p with n − 1 degrees of freedom and of the normal law; 1 where there is no
    interval. All are bisected together, fifty times on the scale of log p."""
    with_interval = [
        (place, value.n, abs(value.mean), difference.spread_error, difference.sample_error)
        for place, difference in enumerate(differences)
        if (value := difference.estimate) is not None and value.low is not None and not difference.equal
    ]
    p_values = [1.0] * len(differences)
    if not with_interval:
        return p_values
    places, n, size, spread, error = (np.array(column) for column in zip(*with_interval, strict=True))
    with np.errstate(over="ignore"):  # so far away that p is 0
        by_seeds = np.where(spread > 0, 2 * stdtr(n - 1, -size / np.where(spread > 0, spread, 1.0)), 0.0)
        by_samples = np.where(error > 0, 2 * ndtr(-size / np.where(error > 0, error, 1.0)), 0.0)
    low = np.log(np.maximum(np.maximum(by_seeds, by_samples), _SMALLEST))
    # With one kind of error that is it; with both, quantiles fall as p grows, so that there is one such p.
    high = np.where((spread > 0) & (error > 0), 0.0, low)
    for _ in range(50):
        middle = (low + high) / 2
        half = np.exp(middle) / 2
        wider = np.hypot(stdtrit(n - 1, half) * spread, ndtri(half) * error) > size
        low, high = np.where(wider, middle, low), np.where(wider, high, middle)
    for place, p in zip(places.tolist(), np.exp(high).tolist(), strict=True):
        p_values[place] = min(p, 1.0)
    return p_values


def sign_flip_p(values: Sequence[float]) -> float | None:
    """Exact two-sided p of the sign flips (Fisher 1935) of n differences: the share of the 2ⁿ sums ±d₁ … ±dₙ
    that lie at least as far from zero as theirs does. None for more than `MOST_FLIPPED`.

    The sums are those of a first half, each with every one of the second, counted in order: 2^(n/2) steps.
    """
    n = len(values)
    if n > MOST_FLIPPED:
        return None
    observed, rounding = abs(math.fsum(values)), 1e-9 * math.fsum(map(abs, values))
    if observed <= rounding:
        return 1.0
    first, second = _signed_sums(values[: n // 2]), np.sort(_signed_sums(values[n // 2 :]))
    far = second.size - np.searchsorted(second, observed - rounding - first, "left")
    return float(2 * far.sum() / 2**n)  # as many lie below, for each way has its opposite


def _signed_sums(values: Sequence[float]) -> np.ndarray:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums + value, sums - value])
    return sums


def more_seeds(difference: PairedDifference, level: float) -> float:
    """How many more pairs would decide, if the mean Δ and the spread s of the differences stay as they are:
    the least k with

        √( (t(n + k − 1) · s / √(n + k))² + (z · e)² ) < |Δ|

    t and z: two-sided quantiles of `level`; e: the error of the test samples, which more seeds do not mend.
    level: the two-sided p at which it is decided. Infinite where no number is enough, and `MOST_SEEDS` + 1
    for more than that many.

    Chances are even that this many suffice where Δ and s are the true ones.
    """
    value = difference.estimate
    if value is None or value.n < 2 or not difference.spread_error:
        return math.inf
    size, n, deviation = abs(value.mean), value.n, difference.spread_error * math.sqrt(value.n)
    if size > 0 and abs(ndtri(level / 2)) * difference.sample_error >= size:
        return math.inf
    counts, quantiles = _further(n, level)
    spread = quantiles * deviation / np.sqrt(counts)
    enough = np.hypot(spread, ndtri(level / 2) * difference.sample_error) < size
    return int(np.argmax(enough)) + 1 if enough.any() else MOST_SEEDS + 1


@lru_cache(maxsize=256)
def _further(n: int, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of pairs from n + 1 on, and t's quantile for each: the same for all open differences of a
    family."""
    counts = np.arange(n + 1, n + MOST_SEEDS + 1)
    return counts, stdtrit(counts - 1, level / 2)
