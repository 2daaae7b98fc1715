"""Sequences whose rows have different lengths: which steps are there, and nothing behind them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DatasetError
from engine.files.arrays import COUNTED, Column


def with_lengths(column: Column, lengths: NDArray[np.int64], what: str, notes: list[str]) -> Column:
    """The column with its valid steps. Numbers (n, t) with nothing behind the lengths are a sequence of
    single values; of any other array but a sequence the lengths say nothing, and are left out with a note."""
    if lengths.ndim != 1 or lengths.dtype.kind not in "iu":
        raise DatasetError(
            f"{what} must hold one whole number a row; it is {lengths.dtype} of the shape {lengths.shape}"
        )
    values = column.values
    if values.ndim == 2 and _is_padded(values, lengths):
        return Column(values[:, :, None], lengths.astype(np.int64))
    if values.ndim != 3:
        notes.append(f"{what} is not used: arrays of the shape {values.shape} have no steps")
        return column
    return column._replace(lengths=lengths.astype(np.int64))


def _is_padded(values: NDArray[Any], lengths: NDArray[np.int64]) -> bool:
    """Whether some of the rows (n, t) are shorter than t, and all hold nothing, 0 or NaN, behind their
    length."""
    behind = np.arange(values.shape[1]) >= lengths[:, None]
    rest = values[behind]
    return bool(len(rest) and lengths.min() >= 1 and ((rest == 0) | np.isnan(rest)).all())


def without_padding(column: Column) -> Column:
    """What stands behind the valid steps is 0, whatever it was: padding with NaN is padding too."""
    if column.lengths is None:
        return column
    behind = np.arange(column.values.shape[1]) >= column.lengths[:, None]
    if not column.values[behind].any():
        return column
    values = column.values.copy()
    values[behind] = 0
    return column._replace(values=values)


def check_lengths(column: Column, what: str) -> None:
    """Raises `DatasetError` for a length that the column has no steps for, or none at all."""
    if column.lengths is None:
        return
    steps = column.values.shape[1]
    bad = np.flatnonzero((column.lengths < 1) | (column.lengths > steps))
    if len(bad):
        raise DatasetError(
            f"{what} says {column.lengths[bad[0]]} steps in row {bad[0]} ({COUNTED}); allowed are 1 to "
            f"{steps}"
        )


def lengthened(column: Column, longest: int) -> Column:
    """The sequences (n, t, …) filled up with zeros to `longest` steps, with their lengths."""
    rows, steps = column.values.shape[:2]
    lengths = np.full(rows, steps) if column.lengths is None else column.lengths
    missing = ((0, 0), (0, longest - steps), *((0, 0),) * (column.values.ndim - 2))
    return column._replace(values=np.pad(column.values, missing), lengths=lengths)
