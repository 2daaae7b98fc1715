"""From held-out losses and posteriors to Î, the union and its parts, for the sample and for every bootstrap
draw at once."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, xlogy

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
    "traced",
)
MENDED = 1.5
"""Times the information by losses that the binned posterior may count for."""


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
    and `second`, of which those are used that are there; "traced", if there, are the students of both.

    Î(A) = max(H0 − CE(A), binned information − bias, 0), at most H(Y). H0 is the cross-entropy of the class
    prior, out of fold too; the second counts up to MENDED times the first: bins mend what a probe's
    calibration lost. They must not make another probe of it: four clusters whose scores differ by a hair
    would let a linear probe read an exclusive or.
    """
    rows = np.arange(len(labels))
    unseen = -(weights @ log_prior[rows, labels]) / weights.sum(1) / LN2
    entropy = label_entropy(labels, weights)
    bins = {name: bin_posterior(logs) for name, logs in log_posterior.items()}
    told = {}
    for name, logs in log_posterior.items():
        surprise = -(weights @ logs[rows, labels]) / weights.sum(1) / LN2
        gained = np.maximum(unseen - surprise, 0.0)
        mended = np.minimum(binned_information(bins[name], labels, weights), MENDED * gained)
        told[name] = np.minimum(np.maximum(gained, mended), entropy)
    view1, view2 = (
        _most({name: told[name][0] for name in names if name in told}) for names in (first, second)
    )
    excess, gap = union_excess(bins[view1], bins[view2], labels, weights)
    return Reading(parts(told, view1, view2, excess, entropy), (view1, view2), gap)


def label_entropy(labels: NDArray[np.int64], weights: Array) -> Array:
    """H(Y) in bits of the labels (n,) under each row of weights (draws, n)."""
    shares = weights @ np.eye(int(labels.max()) + 1)[labels] / weights.sum(1, keepdims=True)
    entropy: Array = -xlogy(shares, shares).sum(1) / LN2
    return entropy


def _most(told: Mapping[str, float]) -> str:
    return max(told, key=told.__getitem__)


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
        name: np.maximum(0.5 * np.log2(variance / np.maximum(weights @ squared / total, 1e-300)), 0.0)
        for name, squared in errors.items()
    }
    readings = []
    for k in range(prior_errors.shape[1]):
        here = {name: columns[:, k] for name, columns in told.items()}
        view1, view2 = (
            _most({name: here[name][0] for name in names if name in here}) for names in (first, second)
        )
        nothing = np.zeros(len(weights))
        readings.append(Reading(parts(here, view1, view2, nothing, nothing), (view1, view2), 0.0))
    return readings


def parts(
    told: Mapping[str, Array], view1: str, view2: str, excess: Array, entropy: Array
) -> dict[str, Array]:
    """All quantities from Î of the views, of which `one` and `two` stand for the modalities, and from the
    excess e.

    Î∪ = min(max(Î1, Î2) + e, Î1 + Î2); what is traced is Î of the students of both − Î∪, or S itself where
    there are none.
    """
    fused, first, second, both = (told[name] for name in ("fused", view1, view2, "both"))
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
        told.get("traced", fused) - union,
    )
    return dict(zip(QUANTITIES, values, strict=True))


def average(readings: list[Reading]) -> Reading:
    """The mean over labels or values, draw by draw."""
    values = {name: np.mean([reading.values[name] for reading in readings], 0) for name in QUANTITIES}
    return Reading(values, readings[0].chosen, max(reading.gap for reading in readings))


def pool(logs: Array) -> Array:
    """Log of the mean probability over fold seeds, (s, n, c) → (n, c): each of them was out of fold."""
    pooled: Array = logsumexp(logs, axis=0) - np.log(len(logs))
    return pooled
