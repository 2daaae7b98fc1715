"""Centring and scaling of features: in float64, each column by its own figures over the training rows, then
float32."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

CHUNK = 2**22
"""Values that are held in float64 at a time."""
ROUNDING = {4: 1e-7, 8: 2e-16}
"""By bytes of a decimal number: a standard deviation below this share of the mean is rounding."""


class Scaling(NamedTuple):
    """(x − origin − mean) / deviation for each of d columns; a column that never varies has the deviation 0.

    origin: whole numbers are counted from it before they become float64, exactly.
    """

    origin: NDArray[Any]
    mean: NDArray[np.float64]
    deviation: NDArray[np.float64]


def fit_scaling(values: NDArray[Any], valid: NDArray[np.bool_] | None, rows: NDArray[np.int64]) -> Scaling:
    """Mean and standard deviation over the valid steps of the rows. values (n, d) or (n, t, d), valid (n,
    t)."""
    origin = _origin(values, valid)
    pieces = _Pieces(values, valid, rows, origin)
    low, high = np.full(pieces.width, np.inf), np.full(pieces.width, -np.inf)
    for piece in pieces:
        low, high = np.minimum(low, piece.min(axis=0)), np.maximum(high, piece.max(axis=0))
    largest = np.maximum(np.abs(low), np.abs(high))
    unit = np.where(largest > 0, largest, 1.0)
    mean = unit * (sum((piece / unit).sum(axis=0) for piece in pieces) / pieces.count)
    # a second pass takes away what rounding left of the mean; the unit keeps squares from over- and underflow
    spread = np.maximum(high - mean, mean - low)
    unit = np.where(spread > 0, spread, 1.0)
    rest = sum(((piece - mean) / unit).sum(axis=0) for piece in pieces) / pieces.count
    squares = sum((((piece - mean) / unit) ** 2).sum(axis=0) for piece in pieces) / pieces.count
    mean, deviation = mean + unit * rest, unit * np.sqrt(np.maximum(squares - rest**2, 0.0))
    rounding = ROUNDING.get(values.dtype.itemsize, 0.0) if values.dtype.kind == "f" else 0.0
    deviation[(low == high) | (deviation <= rounding * np.abs(mean))] = 0.0
    return Scaling(origin, mean, deviation)


def apply_scaling(values: NDArray[Any], scaling: Scaling) -> NDArray[np.float32]:
    """The scaled values as float32; a column that never varied over the fitted rows is 0 everywhere."""
    flat = values.reshape(-1, values.shape[-1])
    scaled = np.empty(flat.shape, np.float32)
    varies = scaling.deviation > 0
    deviation = np.where(varies, scaling.deviation, 1.0)
    most = float(np.finfo(np.float32).max)
    step = max(1, CHUNK // flat.shape[1])
    for start in range(0, len(flat), step):
        piece = (_counted(flat[start : start + step], scaling.origin) - scaling.mean) / deviation
        scaled[start : start + step] = np.where(varies, piece, 0.0).clip(-most, most)
    return scaled.reshape(values.shape)


class _Pieces:
    """The fitted steps as float64 (·, d), a chunk at a time."""

    def __init__(
        self,
        values: NDArray[Any],
        valid: NDArray[np.bool_] | None,
        rows: NDArray[np.int64],
        origin: NDArray[Any],
    ) -> None:
        self.values, self.valid, self.rows, self.origin = values, valid, rows, origin
        self.width = values.shape[-1]
        steps = 1 if values.ndim == 2 else values.shape[1]
        self.count = len(rows) * steps if valid is None else int(valid[rows].sum())
        self.step = max(1, CHUNK // (self.width * steps))

    def __iter__(self) -> Any:
        for start in range(0, len(self.rows), self.step):
            rows = self.rows[start : start + self.step]
            piece = self.values[rows] if self.valid is None else self.values[rows][self.valid[rows]]
            if piece.size:
                yield _counted(piece.reshape(-1, self.width), self.origin)


def _origin(values: NDArray[Any], valid: NDArray[np.bool_] | None) -> NDArray[Any]:
    """The least whole number of each column; decimals are counted from 0."""
    if values.dtype.kind not in "iu":
        return np.zeros(values.shape[-1])
    low: NDArray[Any] = values.reshape(-1, values.shape[-1]).min(axis=0)
    return low


def _counted(values: NDArray[Any], origin: NDArray[Any]) -> NDArray[np.float64]:
    """values − origin as float64: of whole numbers the difference is taken first, modulo 2⁶⁴, so that it is
    exact."""
    if values.dtype.kind not in "iu":
        return values.astype(np.float64)
    bits = np.int64 if values.dtype.kind == "i" else np.uint64
    difference = values.astype(bits).view(np.uint64) - origin.astype(bits).view(np.uint64)
    return difference.astype(np.float64)
