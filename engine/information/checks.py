"""What can be decomposed at all, told before anything is computed."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from engine.information.results import InformationError

FEWEST = 50
"""Samples below which no probe tells anything."""
LONGEST_NAME = 60
"""Characters of a label that a message shows."""
Features = NDArray[np.floating]


def check_features(name: str, features: ArrayLike, n: int | None = None) -> Features:
    """Features (n, d) of 32 or 64 bits, finite; (n,) becomes one column, whole numbers are taken from their
    smallest. Raises `InformationError` that names them."""
    values = np.asarray(features)
    if values.dtype.kind not in "biuf":
        raise InformationError(f"{name} holds {values.dtype}; real numbers are needed")
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
    return _narrowed(values)


def _narrowed(values: NDArray[Any]) -> Features:
    """Numbers as float32 or float64, offsets that those cannot hold beside the signal taken away before."""
    if values.dtype.kind in "iu":  # of 64 bits: differences are exact where the numbers themselves are none
        smallest = values.min(0)
        offset: Features = (values.astype(np.uint64) - smallest.astype(np.uint64)).astype(np.float64)
        return offset
    if values.dtype in (np.dtype(np.float32), np.dtype(np.float64)):
        kept: Features = values
        return kept
    wide = values.dtype.itemsize > 8
    narrow: Features = (values - values[0]).astype(np.float64) if wide else values.astype(np.float32)
    return narrow


def constant_line(name: str, features: Features) -> str | None:
    """What to tell of features that never vary, or None."""
    if (features != features[0]).any():
        return None
    return f"{name} is constant: all {len(features):,} samples have the same features, which tell nothing"


class Classes(NamedTuple):
    """Labels (kept,) in 0 … classes − 1 of the rows (n,) that are kept, and what to tell of the others."""

    labels: NDArray[np.int64]
    kept: NDArray[np.bool_]
    said: tuple[str, ...]


def check_classes(labels: ArrayLike, n: int, folds: int) -> Classes:
    """Labels (n,) of a classification; classes with fewer samples than folds are left out.

    Raises `InformationError` for one class, no two classes with enough samples, or labels that are none.
    """
    values = _column("label", labels, n)
    if values.dtype.kind == "f" and (values != np.round(values)).any():
        raise InformationError(
            "the labels are not whole numbers; for values to predict, say kind='regression'"
        )
    names, ranks, counts = np.unique(values, return_inverse=True, return_counts=True)
    if len(names) < 2:
        raise InformationError(
            f"all {n:,} labels are {str(names[0])[:LONGEST_NAME]}: one class has no information; at least "
            "two are needed"
        )
    enough = counts >= folds
    if enough.sum() < 2:
        raise InformationError(
            f"of {len(names):,} classes {'one has' if enough.any() else 'none has'} {folds} samples or more, "
            f"one for each of the {folds} folds; at least two are needed"
        )
    kept = enough[ranks]
    if kept.all():
        return Classes(ranks.astype(np.int64), kept, ())
    rare = len(names) - int(enough.sum())
    said = (
        f"{_many(rare, 'class', 'classes')} with fewer than {folds} samples, one for each fold, left out: "
        f"{_many(int((~kept).sum()), 'sample', 'samples')}"
    )
    return Classes((np.cumsum(enough) - 1)[ranks[kept]].astype(np.int64), kept, (said,))


def check_values(values: ArrayLike, n: int) -> NDArray[np.float64]:
    """Values to predict (n, k), finite, none constant; raises `InformationError`."""
    targets = np.asarray(values)
    if targets.dtype.kind not in "iuf":
        raise InformationError(f"the values to predict are {targets.dtype}; real numbers are needed")
    targets = targets.reshape(len(targets), -1) if targets.ndim else targets.reshape(1, 1)
    if len(targets) != n:
        raise InformationError(f"there are {len(targets):,} values to predict for {n:,} samples")
    if not np.isfinite(targets).all():
        raise InformationError(
            f"{int((~np.isfinite(targets)).sum()):,} of the values to predict are no finite numbers"
        )
    if (targets == targets[0]).all(0).any():
        raise InformationError("a value to predict is the same in all samples: it has no information")
    return _narrowed(targets).astype(np.float64)


def check_groups(groups: ArrayLike | None, n: int, folds: int) -> NDArray[np.int64] | None:
    """Group numbers (n,); raises `InformationError` for fewer groups than parts are cut."""
    if groups is None:
        return None
    values = _column("group", groups, n)
    numbers: NDArray[np.int64] = np.unique(values, return_inverse=True)[1].astype(np.int64)
    count = int(numbers.max()) + 1
    if count < 2 * folds:
        raise InformationError(f"there are {count} groups; {folds} folds need at least {2 * folds}")
    return numbers


def check_parts(parts: ArrayLike | None, n: int) -> NDArray[np.int64] | None:
    """Parts (n,) of a split, 0 for training and above it what is held out; raises `InformationError` where
    too little is held out."""
    if parts is None:
        return None
    numbers = _column("part", parts, n).astype(np.int64)
    held = int((numbers > 0).sum())
    if held < FEWEST:
        raise InformationError(f"the split holds {held} samples out; at least {FEWEST} are needed")
    return numbers


def check_sources(views: Sequence[Features] | Features) -> list[Features]:
    """One view of a modality, or several, as a list."""
    several = isinstance(views, (list, tuple)) and len(views) > 0 and np.ndim(views[0]) == 2
    return list(views) if several else [np.asarray(views)]


def _column(what: str, given: ArrayLike, n: int) -> NDArray[Any]:
    """A label or a group of each sample (n,), of one sortable type; text and objects are welcome."""
    values = np.asarray(given)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1:
        raise InformationError(f"the {what}s have shape {values.shape}; one {what} a sample is needed")
    if len(values) != n:
        raise InformationError(f"there are {len(values):,} {what}s for {n:,} samples")
    missing = np.array([_is_missing(value) for value in values]) if values.dtype.kind in "OfcmM" else None
    if missing is not None and missing.any():
        raise InformationError(
            f"{int(missing.sum()):,} of the {what}s are missing, the first in row {int(missing.argmax())}; "
            "leave those samples out"
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise InformationError(f"{int((~np.isfinite(values)).sum()):,} of the {what}s are no finite numbers")
    return _of_one_type(what, values) if values.dtype.kind == "O" else values


def _is_missing(value: Any) -> bool:
    """None, NaN, NaT, or pandas' NA, which is neither equal to itself nor unequal."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, (float, np.floating)) and bool(np.isnan(value))


def _of_one_type(what: str, values: NDArray[np.object_]) -> NDArray[np.generic]:
    """Objects as an array of texts, or of numbers; raises `InformationError` for a mixture."""
    if all(isinstance(value, str) for value in values):
        return np.array([str(value) for value in values])
    if all(isinstance(value, (bool, int, float, np.bool_, np.number)) for value in values):
        return np.array([value.item() if isinstance(value, np.generic) else value for value in values])
    kinds = sorted({type(value).__name__ for value in values})
    raise InformationError(
        f"the {what}s are of the types {', '.join(kinds[:4])}; give numbers alone, or text alone"
    )


def _many(count: int, singular: str, plural: str) -> str:
    return f"{count:,} {singular if count == 1 else plural}"
