"""What each view told of each sample, in bits, so that the mean is the view's Î; and the same of the union
(`sample_rows.py`)."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.quantised import LN2, label_surprise
from engine.information.table import checked_table, union_information

Array = NDArray[np.float64]


class TablePoints(NamedTuple):
    """Of every cell (x1, x2, y) of a table, in bits: what both sources tell of y there, and what the union of
    them does; 0 where the cell has no mass. Weighted by the table they average to I(X1,X2;Y) and I∪."""

    information: Array
    union: Array

    @property
    def synergy(self) -> Array:
        """information − union, whose average is S."""
        return self.information - self.union


def pointwise_table(table: ArrayLike, tolerance: float = 1e-9) -> TablePoints:
    """What each cell of p(x1, x2, y) tells, split. What the union tells is exact but for its
    bracket, `tolerance` bits wide. Raises `InformationError` for what is no such table.

    >>> import numpy as np
    >>> both = np.zeros((2, 2, 2))
    >>> for a in (0, 1):
    ...     for b in (0, 1):
    ...         both[a, b, a & b] = 1 / 4
    >>> points = pointwise_table(both).synergy
    >>> [round(float(points[a, b, a & b]), 6) + 0.0 for a in (0, 1) for b in (0, 1)]
    [0.0, 0.5, 0.5, 1.0]
    """
    p = checked_table(table)
    there = p > 0
    of_y, of_pair = p.sum((0, 1)), p.sum(2, keepdims=True)
    surprise = -np.log2(np.where(of_y > 0, of_y, 1.0))
    told = np.log2(np.where(there, p, 1.0) / np.where(of_pair > 0, of_pair, 1.0)) + surprise
    union = union_information(p[None], tolerance).forecast + surprise
    return TablePoints(np.where(there, told, 0.0), np.where(there, union, 0.0))


def gained_rows(log_posterior: Array, log_prior: Array, labels: NDArray[np.int64]) -> Array:
    """log2 of posterior over prior of each sample's label; both (n, c), natural logarithms."""
    rows = np.arange(len(labels))
    told: Array = (log_posterior[rows, labels] - log_prior[rows, labels]) / LN2
    return told


def binned_rows(bins: NDArray[np.int64], labels: NDArray[np.int64], information: float) -> Array:
    """log2 t(y | bin) − log2 p(y) of each sample, t the table of bins and labels, less the bias that the
    binned information was corrected by."""
    c = int(labels.max()) + 1
    counts = np.bincount(bins * c + labels, minlength=(int(bins.max()) + 1) * c).reshape(-1, c)
    told = np.log2(counts[bins, labels] / counts.sum(1)[bins]) + label_surprise(labels)
    moved: Array = told - told.mean() + information
    return moved


def value_rows(squared: Array, prior: Array, information: float) -> Array:
    """log2 of the normal density of a value at its prediction over that at the mean, from squared errors (n,)
    of both, each with its mean for variance; none told where Î is floored."""
    if information <= 0:
        return np.zeros(len(squared))
    left, whole = max(float(squared.mean()), 1e-300), max(float(prior.mean()), 1e-300)
    told = (prior / whole - squared / left) / (2 * LN2)
    moved: Array = told + (information - told.mean())
    return moved


def scaled_to(rows: Array, value: float) -> Array:
    """Rows with this mean: stretched where theirs is above zero, as Î is capped or mended; none told where it
    is floored."""
    mean = float(rows.mean())
    if value <= 0 or mean <= 0:
        return np.full(len(rows), max(value, 0.0))
    scaled: Array = rows * (value / mean)
    return scaled


def union_rows(first: Array, second: Array, union: float, excess: Array) -> Array:
    """Rows of the union from those of both modalities, of its value and of the excess's rows, which count up
    to a number: max(Î1, Î2) + e, at most Î1 + Î2."""
    values = float(first.mean()), float(second.mean())
    larger = second if values[1] > values[0] else first
    above = union - max(values)
    if above <= 0:
        return larger + above
    if union >= sum(values):
        return first + second + (union - sum(values))
    together: Array = larger + excess - excess.mean() + above
    return together
