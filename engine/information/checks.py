"""What can be decomposed at all, told before anything is computed."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.results import InformationError

FEWEST = 50
"""Samples below which no probe tells anything."""
Features = NDArray[np.floating]


def check_features(name: str, features: ArrayLike, n: int | None = None) -> Features:
    """Features (n, d), finite and not all constant; (n,) becomes one column. Raises `InformationError` that
    names them."""
    values = np.asarray(features)
    if not (np.issubdtype(values.dtype, np.floating) or np.issubdtype(values.dtype, np.integer)):
        raise InformationError(f"{name} holds {values.dtype}; real numbers are needed")
    values = values.astype(
        np.float32
        if values.dtype == np.float16
        else np.float64
        if values.dtype.kind in "iu"
        else values.dtype
    )
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2 or values.shape[1] == 0:
        raise InformationError(
            f"{name} has shape {values.shape}; it needs one row a sample and at least one column"
        )
    if n is not None and len(values) != n:
        raise InformationError(
            f"{name} has {len(values):,} rows, but the first features have {n:,}; they must be of the same "
            "samples"
        )
    if len(values) < FEWEST:
        raise InformationError(f"{name} has {len(values)} samples; at least {FEWEST} are needed")
    wrong = ~np.isfinite(values)
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        count = f"{int(wrong.sum()):,} value{'s' if wrong.sum() > 1 else ''}"
        raise InformationError(
            f"{name} has {count} that are no finite numbers, the first in row {row}, column {column}"
        )
    if (values == values[0]).all():
        raise InformationError(f"{name} is constant: all {len(values):,} samples have the same features")
    return values


def check_classes(labels: ArrayLike, n: int, folds: int) -> tuple[NDArray[np.int64], int]:
    """Labels (n,) as 0 … classes − 1, with the number of classes.

    Raises `InformationError` for one class, a class with fewer samples than folds, or labels that are none.
    """
    values = _column(labels, n)
    if values.dtype.kind == "f":
        numbers = values.astype(np.float64)
        if not np.isfinite(numbers).all():
            raise InformationError(
                f"the labels hold {int((~np.isfinite(numbers)).sum()):,} values that are no finite numbers"
            )
        if (numbers != np.round(numbers)).any():
            raise InformationError(
                "the labels are not whole numbers; for values to predict, say kind='regression'"
            )
    names, ranks, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise InformationError(
            f"all {n:,} labels are {names[0]!s}: one class has no information; at least two are needed"
        )
    if counts.min() < folds:
        rare = names[counts.argmin()]
        raise InformationError(
            f"class {rare!s} has {counts.min()} sample{'s' if counts.min() > 1 else ''}, fewer than the "
            f"{folds} folds; "
            "leave it out, or choose fewer folds"
        )
    return ranks.astype(np.int64), len(names)


def check_values(values: ArrayLike, n: int) -> NDArray[np.float64]:
    """Values to predict (n, k), finite, none constant; raises `InformationError`."""
    targets = np.asarray(values)
    if targets.dtype.kind not in "iuf":
        raise InformationError(f"the values to predict are {targets.dtype}; real numbers are needed")
    targets = targets.astype(np.float64).reshape(len(targets), -1) if targets.ndim else targets.reshape(1, 1)
    if len(targets) != n:
        raise InformationError(f"there are {len(targets):,} values to predict for {n:,} samples")
    if not np.isfinite(targets).all():
        raise InformationError(
            f"{int((~np.isfinite(targets)).sum()):,} of the values to predict are no finite numbers"
        )
    if (targets == targets[0]).all(0).any():
        raise InformationError("a value to predict is the same in all samples: it has no information")
    return targets


def check_groups(groups: ArrayLike | None, n: int, folds: int) -> NDArray[np.int64] | None:
    """Group numbers (n,); raises `InformationError` for fewer groups than parts are cut."""
    if groups is None:
        return None
    numbers: NDArray[np.int64] = np.unique(_column(groups, n), return_inverse=True)[1].astype(np.int64)
    count = int(numbers.max()) + 1
    if count < 2 * folds:
        raise InformationError(f"there are {count} groups; {folds} folds need at least {2 * folds}")
    return numbers


def check_sources(views: Sequence[Features] | Features) -> list[Features]:
    """One view of a modality, or several, as a list."""
    several = isinstance(views, (list, tuple)) and len(views) > 0 and np.ndim(views[0]) == 2
    return list(views) if several else [np.asarray(views)]


def _column(labels: ArrayLike, n: int) -> NDArray[np.generic]:
    values = np.asarray(labels)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise InformationError(f"the labels have shape {values.shape}; one label a sample is needed")
    if len(values) != n:
        raise InformationError(f"there are {len(values):,} labels for {n:,} samples")
    if values.dtype.kind == "O":
        raise InformationError("the labels are objects; whole numbers or text are needed")
    return values
