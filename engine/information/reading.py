"""From held-out losses and posteriors to Î, the union and its parts, for the sample and for every bootstrap
draw at once."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from engine.information.quantised import LN2, bin_posterior, binned_information, union_excess

Array = NDArray[np.float64]
QUANTITIES = (
    "redundancy",
    "unique1",
    "unique2",
    "synergy",
    "gain",
    "fused",
    "first",
    "second",
    "both",
    "union",
    "excess",
    "entropy",
)


MENDED = 1.5


class Reading(NamedTuple):
    """Each quantity as (draws + 1,) bits, the sample itself first; which view each modality was read from;
    the solver's gap."""

    values: dict[str, Array]
    chosen: tuple[str, str]
    gap: float


def bootstrap_weights(n: int, draws: int, groups: NDArray[np.int64] | None, seed: int) -> Array:
    """(draws + 1, n): ones, then how often each sample is in a resample; groups are drawn whole."""
    generator = np.random.default_rng([seed, 2])
    owner = np.arange(n) if groups is None else groups
    count = int(owner.max()) + 1
    drawn = generator.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float64)[:, owner]
    drawn *= n / drawn.sum(1, keepdims=True)
    return np.concatenate([np.ones((1, n)), drawn])


def read_classes(
    log_posterior: Mapping[str, Array],
    log_prior: Array,
    labels: NDArray[np.int64],
    weights: Array,
    first: list[str],
    second: list[str],
) -> Reading:
    """Read a classification from out-of-fold log-probabilities (n, c) of the views "fused", "both", `first`
    and `second`.

    Î(A) = max(H0 − CE(A), binned information − bias, 0), of which the second counts up to MENDED times the
    first: bins mend what a probe's calibration lost. They must not make another probe of it: four clusters
    whose scores differ by a hair would let a linear probe read an exclusive or.
    """
    rows = np.arange(len(labels))
    entropy = -(weights @ log_prior[rows, labels]) / weights.sum(1) / LN2
    bins = {name: bin_posterior(logs) for name, logs in log_posterior.items()}
    told = {}
    for name, logs in log_posterior.items():
        surprise = -(weights @ logs[rows, labels]) / weights.sum(1) / LN2
        gained = np.maximum(entropy - surprise, 0.0)
        told[name] = np.maximum(
            gained, np.minimum(binned_information(bins[name], labels, weights), MENDED * gained)
        )
    one, two = (max(names, key=lambda name: told[name][0]) for names in (first, second))
    excess, gap = union_excess(bins[one], bins[two], labels, weights)
    return Reading(parts(told["fused"], told[one], told[two], told["both"], excess, entropy), (one, two), gap)


def read_values(
    errors: Mapping[str, Array], prior_errors: Array, weights: Array, first: list[str], second: list[str]
) -> list[Reading]:
    """Read a regression, one reading a value, from squared errors (n, k) of views and of the out-of-fold
    mean.

    Î(A) = ½ log2(Var Y / held-out mean squared error), floored at 0; the union is the larger single one
    (Barrett 2015).
    """
    total = weights.sum(1, keepdims=True)
    variance = weights @ prior_errors / total
    told = {
        name: np.maximum(0.5 * np.log2(variance / np.maximum(weights @ own / total, 1e-300)), 0.0)
        for name, own in errors.items()
    }
    readings = []
    for k in range(prior_errors.shape[1]):
        one, two = (max(names, key=lambda name: told[name][0, k]) for names in (first, second))
        nothing = np.zeros(len(weights))
        values = (told["fused"][:, k], told[one][:, k], told[two][:, k], told["both"][:, k])
        readings.append(Reading(parts(*values, nothing, nothing), (one, two), 0.0))
    return readings


def parts(
    fused: Array, first: Array, second: Array, both: Array, excess: Array, entropy: Array
) -> dict[str, Array]:
    """All quantities from Î of the views and the excess e: Î∪ = min(max(Î1, Î2) + e, Î1 + Î2), and what
    follows from it."""
    union = np.minimum(np.maximum(first, second) + excess, first + second)
    values = (
        first + second - union,
        union - second,
        union - first,
        fused - union,
        fused - both,
        fused,
        first,
        second,
        both,
        union,
        union - np.maximum(first, second),
        entropy,
    )
    return dict(zip(QUANTITIES, values, strict=True))


def average(readings: list[Reading]) -> Reading:
    """The mean over labels or values, draw by draw."""
    values = {name: np.mean([one.values[name] for one in readings], 0) for name in QUANTITIES}
    return Reading(values, readings[0].chosen, max(one.gap for one in readings))


def pool(logs: Array) -> Array:
    """Log of the mean probability over fold seeds, (s, n, c) → (n, c): each of them was out of fold."""
    pooled: Array = logsumexp(logs, axis=0) - np.log(len(logs))
    return pooled
