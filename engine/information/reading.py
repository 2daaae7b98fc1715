"""From held-out losses and posteriors to Î, the union and its parts, for the sample and for every bootstrap
draw at once."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, xlogy

from engine.information.pointwise import binned_rows, gained_rows, scaled_to, union_rows, value_rows
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
LATE_QUANTITIES = ("late", "interaction", "complementarity", "interaction_traced")
"""Quantities that are read where the forecasts of the single modalities were combined (`late.py`)."""
MENDED = 1.5
"""Times the information by losses that the binned posterior may count for."""


class Reading(NamedTuple):
    """Each quantity as (draws + 1,) bits, the sample itself first; which view each modality was read from;
    the solver's gap; and, of what was read of the views, the sample's rows (n,) in bits."""

    values: dict[str, Array]
    chosen: tuple[str, str]
    gap: float
    rows: dict[str, Array]


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
    entropy = label_entropy(labels, weights)
    bins = {name: bin_posterior(logs) for name, logs in log_posterior.items()}
    read = {
        name: read_view(logs, bins[name], log_prior, labels, weights, entropy)
        for name, logs in log_posterior.items()
    }
    told = {name: view.told for name, view in read.items()}
    view1, view2 = (
        _most({name: told[name][0] for name in names if name in told}) for names in (first, second)
    )
    excess = union_excess(bins[view1], bins[view2], labels, weights)
    values = parts(told, view1, view2, excess.draws, entropy)
    rows = {"fused": read["fused"].rows, "both": read["both"].rows}
    rows |= {"first": read[view1].rows, "second": read[view2].rows}
    rows["union"] = union_rows(rows["first"], rows["second"], float(values["union"][0]), excess.rows)
    return Reading(values, (view1, view2), excess.gap, rows)


class ViewReading(NamedTuple):
    """Î of a view (draws,) and its rows (n,) of the sample itself, whose mean is the first of them; bits."""

    told: Array
    rows: Array


def read_view(
    log_posterior: Array,
    bins: NDArray[np.int64],
    log_prior: Array,
    labels: NDArray[np.int64],
    weights: Array,
    entropy: Array,
) -> ViewReading:
    """Î of one view from its log-probabilities (n, c) and their bins (n,), as `read_classes` says."""
    rows, total = np.arange(len(labels)), weights.sum(1)
    unseen = -(weights @ log_prior[rows, labels]) / total / LN2
    surprise = -(weights @ log_posterior[rows, labels]) / total / LN2
    gained = np.maximum(unseen - surprise, 0.0)
    binned = binned_information(bins, labels, weights)
    mended = np.minimum(binned, MENDED * gained)
    told = np.minimum(np.maximum(gained, mended), entropy)
    sample = (
        gained_rows(log_posterior, log_prior, labels)
        if gained[0] >= mended[0]
        else binned_rows(bins, labels, float(binned[0]))
    )
    return ViewReading(told, scaled_to(sample, float(told[0])))


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
    told = {name: informed(squared, prior_errors, weights) for name, squared in errors.items()}
    readings = []
    for k in range(prior_errors.shape[1]):
        here = {name: columns[:, k] for name, columns in told.items()}
        view1, view2 = (
            _most({name: here[name][0] for name in names if name in here}) for names in (first, second)
        )
        nothing = np.zeros(len(weights))
        values = parts(here, view1, view2, nothing, nothing)
        chosen = {"fused": "fused", "both": "both", "first": view1, "second": view2}
        rows = {
            part: value_rows(errors[name][:, k], prior_errors[:, k], float(here[name][0]))
            for part, name in chosen.items()
        }
        rows["union"] = union_rows(rows["first"], rows["second"], float(values["union"][0]), nothing[:1])
        readings.append(Reading(values, (view1, view2), 0.0, rows))
    return readings


def informed(squared: Array, prior: Array, weights: Array) -> Array:
    """Î (draws, k) in bits from squared errors (n, k) of predictions and of the mean."""
    total = weights.sum(1, keepdims=True)
    variance = weights @ prior / total
    told: Array = np.maximum(0.5 * np.log2(variance / np.maximum(weights @ squared / total, 1e-300)), 0.0)
    return told


def parts(
    told: Mapping[str, Array], view1: str, view2: str, excess: Array, entropy: Array
) -> dict[str, Array]:
    """All quantities from Î of the views, of which `view1` and `view2` stand for the modalities, and from the
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
    values, rows = (
        {name: np.mean([getattr(reading, kept)[name] for reading in readings], 0) for name in names}
        for kept, names in (("values", readings[0].values), ("rows", readings[0].rows))
    )
    return Reading(values, readings[0].chosen, max(reading.gap for reading in readings), rows)


def pool(logs: Array) -> Array:
    """Log of the mean probability over fold seeds, (s, n, c) → (n, c): each of them was out of fold."""
    pooled: Array = logsumexp(logs, axis=0) - np.log(len(logs))
    return pooled
