"""Held-out posteriors as a few bins: what the union information is computed from, and a second reading of Î
(docs/synergy.md)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from engine.information.alternating import bracket_marginals
from engine.information.table import information_terms, union_information

Array = NDArray[np.float64]
Bins = NDArray[np.int64]
LN2 = float(np.log(2.0))
TWO_CLASS_BINS = 8
SAMPLES_A_BIN = 25
LLOYD_ROUNDS = 12
MOST_SOLVES = 1_000_000
"""Cells times tables that are solved exactly in one bootstrap; past it, fewer draws of the excess are made
and used again. A single table past it is bracketed (`alternating.py`)."""
FEWEST_SOLVES = 12


def bin_posterior(log_posterior: Array) -> Bins:
    """The bin (n,) of each sample: quantiles of p(y=1) for two classes, else k-means with 2c centres on
    square-root posteriors.

    The k-means starts from the predicted classes, each cut at its median confidence, so that no random choice
    enters.
    """
    n, c = log_posterior.shape
    most = max(n // SAMPLES_A_BIN, 1)
    if c == 2:
        score = log_posterior[:, 1] - log_posterior[:, 0]
        edges = np.unique(np.quantile(score, np.linspace(0, 1, min(TWO_CLASS_BINS, most) + 1)[1:-1]))
        return np.searchsorted(edges, score, side="right").astype(np.int64)
    points = np.exp(0.5 * log_posterior)
    predicted, confidence = points.argmax(1), points.max(1)
    medians = np.array(
        [np.median(confidence[predicted == k]) if (predicted == k).any() else 1.0 for k in range(c)]
    )
    bins = 2 * predicted + (confidence > medians[predicted])
    sizes = np.bincount(bins, minlength=2 * c)
    kept = np.sort(np.argsort(-sizes, kind="stable")[: min(2 * c, most)])
    centres = np.stack([points[bins == k].mean(0) for k in kept if sizes[k]])
    for _ in range(LLOYD_ROUNDS):
        near = (points @ centres.T - 0.5 * (centres**2).sum(1)).argmax(1)
        centres = np.stack(
            [points[near == k].mean(0) if (near == k).any() else centres[k] for k in range(len(centres))]
        )
    nearest: Bins = (points @ centres.T - 0.5 * (centres**2).sum(1)).argmax(1)
    return nearest


def binned_information(bins: Bins, labels: Bins, weights: Array) -> Array:
    """Information (draws,) in bits between bin and label, less its Miller–Madow bias.

    weights: (draws, n), rows sum to n, the first one the sample itself. A resample's plug-in has the sample's
    bias and once more its own, so that the draws are corrected twice.
    """
    b, c = int(bins.max()) + 1, int(labels.max()) + 1
    counts = _counts(bins * c + labels, b * c, weights).reshape(len(weights), b, 1, c)
    total = counts.sum((1, 2, 3), keepdims=True)
    return information_terms(counts / total).information1 - _times(counts) * _bias(counts[:1, :, 0])


class Excess(NamedTuple):
    """draws: e (draws,) in bits, floored at 0, the union information of two binned posteriors above the
    larger single one, less bias; gap: the largest bracket of the solves; rows: (n,) of each sample, the
    forecast of the union above the one of the larger single table, in bits."""

    draws: Array
    gap: float
    rows: Array


def union_excess(bins1: Bins, bins2: Bins, labels: Bins, weights: Array) -> Excess:
    """The excess for every draw; where the tables are large, later draws use earlier ones' values again."""
    b1, b2, c = (int(values.max()) + 1 for values in (bins1, bins2, labels))
    size = b1 * b2 * c * c
    solved = min(len(weights), max(MOST_SOLVES // size, FEWEST_SOLVES))
    if size > MOST_SOLVES:
        excess, gap, rows = _large_excess(bins1, bins2, labels, weights[:solved])
    else:
        tables = _counts((bins1 * b2 + bins2) * c + labels, b1 * b2 * c, weights[:solved])
        tables = tables.reshape(solved, b1, b2, c)
        bias = _times(tables) * np.minimum(_bias(tables[:1].sum(2)), _bias(tables[:1].sum(1)))
        tables /= tables.sum((1, 2, 3), keepdims=True)
        terms = information_terms(tables)
        low, high, forecast = union_information(tables)
        excess = (low + high) / 2 - np.maximum(terms.information1, terms.information2) - bias
        gap = float((high - low).max())
        larger = _larger(bins1, bins2, labels, terms.information2[0] > terms.information1[0])
        rows = forecast[bins1, bins2, labels] - larger
    floored = np.maximum(excess, 0.0)
    again = np.concatenate([floored[:1], np.resize(floored[1:] if solved > 1 else floored, len(weights) - 1)])
    return Excess(again, gap, rows)


def _larger(bins1: Bins, bins2: Bins, labels: Bins, is_second: bool) -> Array:
    """log2 t(y | bin) (n,) of the samples, t the table of the more informative posterior."""
    bins, c = bins2 if is_second else bins1, int(labels.max()) + 1
    counts = np.bincount(bins * c + labels, minlength=(int(bins.max()) + 1) * c).reshape(-1, c)
    return np.asarray(np.log2(counts[bins, labels] / counts.sum(1)[bins]))


def _large_excess(bins1: Bins, bins2: Bins, labels: Bins, weights: Array) -> Excess:
    """The same before it is floored, of tables for which Newton's method has no memory. The union's upper
    bound counts: what is not known of it is not called synergy."""
    c = int(labels.max()) + 1
    first, second = (
        _counts(bins * c + labels, (int(bins.max()) + 1) * c, weights).reshape(len(weights), -1, c)
        for bins in (bins1, bins2)
    )
    bias = _times(weights) * min(float(_bias(table[:1])[0]) for table in (first, second))
    brackets = [
        bracket_marginals(table1 / table1.sum(), table2 / table2.sum())
        for table1, table2 in zip(first, second, strict=True)
    ]
    low, high = np.array([bracket[:2] for bracket in brackets]).T
    single = [
        information_terms((tables / tables.sum((1, 2), keepdims=True))[:, :, None]).information1
        for tables in (first, second)
    ]
    is_second = bool(single[1][0] > single[0][0])
    if (
        brackets[0].forecast is None
    ):  # bounds alone are known: what the other posterior tells, as far as it counts
        other = _larger(bins1, bins2, labels, not is_second)
        rows = other + label_surprise(labels)
    else:
        first_logs, second_logs = brackets[0].forecast
        forecast = (first_logs[bins1, labels] + second_logs[bins2, labels]) / LN2
        rows = forecast - _larger(bins1, bins2, labels, is_second)
    return Excess(high - np.max(single, 0) - bias, float((high - low).max()), rows)


def label_surprise(labels: Bins) -> Array:
    """−log2 p(y) (n,) of each sample's label, p its share among the labels."""
    counts = np.bincount(labels)
    return np.asarray(-np.log2(counts[labels] / len(labels)))


def _counts(cells: Bins, size: int, weights: Array) -> Array:
    n = len(cells)
    one_hot = sparse.csr_matrix((np.ones(n), (np.arange(n), cells)), shape=(n, size))
    return np.asarray((one_hot.T @ weights.T).T, np.float64)


def _times(tables: Array) -> Array:
    times = np.full(len(tables), 2.0)
    times[0] = 1.0
    return times


def _bias(counts: Array) -> Array:
    """Miller–Madow: (nonzero cells − rows − columns + 1) / (2 N ln 2) of counts (draws, rows, columns); empty
    rows count not."""
    cells = (counts > 0).sum((1, 2))
    rows, columns = (counts.sum(2) > 0).sum(1), (counts.sum(1) > 0).sum(1)
    return np.asarray(np.maximum(cells - rows - columns + 1, 0) / (2 * counts.sum((1, 2)) * LN2))
