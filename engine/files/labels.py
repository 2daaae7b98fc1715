"""What a label column means: classes, values to predict, or several labels at once; and which rows have none.

Imports no torch, so that the form can tell what a label would become before anything is loaded.
"""

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.errors import DatasetError
from engine.files.arrays import COUNTED, Column

LabelKind = Literal["guess", "classes", "values", "multilabel"]
"""classes: a column of numbers or text, or one-hot columns; values: numbers to predict, one column or
several; multilabel: columns of 0 and 1."""
UNLABELLED = -1
"""Stands for "no label" among classes, and in every column of a multi-label; among values NaN does."""
EMPTY_TEXT = ("", "nan", "NaN", "<NA>")
"""Text that stands for "no label": what a table writes into an empty cell."""
MOST_UNASKED = 20
"""Up to so many different whole numbers are classes without asking; more must have `ROWS_EACH` rows each."""
ROWS_EACH = 5
NAMES_SHOWN = 5


class LabelReading(NamedTuple):
    """A label as it is used.

    values: int64 (n,) from 0 for classes, int64 (n, k) of 0 and 1, or float64 (n,) or (n, k); rows without a
    label hold `UNLABELLED` or NaN. class_names: of classes alone. notes: sentences on what was taken for
    what.
    """

    kind: Literal["classification", "multilabel", "regression"]
    values: NDArray[Any]
    class_names: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(n,) True where the row has a label."""
        return has_label(self.values)


def has_label(values: NDArray[Any]) -> NDArray[np.bool_]:
    """(n,) True where a row of labels (n,) or (n, k) is one: no NaN, no negative whole number."""
    present: NDArray[np.bool_] = np.asarray(~np.isnan(values) if _is_float(values) else values >= 0)
    return present if present.ndim == 1 else np.asarray(present.all(axis=1))


def read_label(
    name: str, column: Column, kind: LabelKind = "guess", missing: str | None = None
) -> LabelReading:
    """The label in a column, by its kind or by a guess that `notes` tell.

    missing: a value that stands for "no label", besides NaN and empty text. Raises `DatasetError`, one line,
    for a column that cannot be of the kind, never varies, or whose kind nobody can guess.
    """
    if column.names:
        return _text(name, column, kind, missing)
    values = _squeezed(name, column.values)
    infinite = np.isinf(values).reshape(len(values), -1).any(axis=1) if _is_float(values) else None
    if infinite is not None and infinite.any():
        raise DatasetError(f"the label '{name}' has an infinite value in row {infinite.argmax()} ({COUNTED})")
    empty, how = _empty_rows(name, values, kind, missing)
    if empty.all():
        raise DatasetError(f"the label '{name}' has no value in any row")
    read = _single_column if values.ndim == 1 else _columns
    reading = read(name, values, ~empty, kind)
    return reading._replace(notes=(*reading.notes, *_told_empty(name, empty, how)))


def _is_float(values: NDArray[Any]) -> bool:
    return values.dtype.kind == "f"


def _squeezed(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Axes of length 1 behind the rows are dropped: (n, 1) and (n, 1, 1) are one value a row."""
    if values.ndim > 1 and all(size == 1 for size in values.shape[1:]):
        return values.reshape(len(values))
    if values.ndim not in (1, 2):
        raise DatasetError(
            f"the label '{name}' has the shape {values.shape}; allowed are (rows,) and (rows, columns)"
        )
    return values


def _empty_rows(
    name: str, values: NDArray[Any], kind: LabelKind, missing: str | None
) -> tuple[NDArray[np.bool_], str]:
    """(n,) True where a row has no label, and the words for how that was seen.

    −1 among class numbers is the usual sign, so a guess takes it for one where nothing else is: no NaN, no
    value named, and at least two classes beside it (−1 and 1 are two classes).
    """
    table = values.reshape(len(values), -1)
    empty = np.isnan(table).any(axis=1) if _is_float(values) else np.zeros(len(values), np.bool_)
    how = "NaN"
    if missing is not None:
        try:
            empty |= (table == float(missing)).any(axis=1)
        except ValueError:
            raise DatasetError(
                f"data.missing_label is '{missing}', but the label '{name}' holds numbers ({values.dtype})"
            ) from None
        how = missing
    elif kind == "guess" and not empty.any():
        others = np.unique(table[table != UNLABELLED])
        if len(others) >= 2 and others[0] >= 0 and _is_whole(others):
            empty, how = (table == UNLABELLED).any(axis=1), "−1"
    return empty, how


def _told_empty(name: str, empty: NDArray[np.bool_], how: str) -> list[str]:
    if not empty.any():
        return []
    more = '; data.label_kind = "classes" makes −1 a class' if how == "−1" else ""
    return [
        f"{empty.sum():,} of {len(empty):,} rows have no '{name}' ({how}): they are trained on, and left out "
        f"of probes and decompositions{more}"
    ]


def _is_whole(values: NDArray[Any]) -> bool:
    return not _is_float(values) or bool((values == np.rint(values)).all())


def _single_column(
    name: str, values: NDArray[Any], present: NDArray[np.bool_], kind: LabelKind
) -> LabelReading:
    if kind == "multilabel":
        raise DatasetError(f"the label '{name}' is one column; a multi-label has several, of 0 and 1")
    held = values[present]
    chosen = kind if kind != "guess" else _guess(name, held)
    if chosen == "values":
        return _values(name, values, present, kind)
    kinds, numbers = np.unique(held, return_inverse=True)
    names = tuple(str(int(k)) if _is_whole(kinds) else repr(float(k)) for k in kinds)
    if held.dtype.kind == "b":
        names = tuple(map(str, kinds))
    notes = []
    if kind == "guess":
        stored = ", stored as decimals" if _is_float(values) else ""
        other = "" if held.dtype.kind == "b" else '; data.label_kind = "values" makes them numbers to predict'
        notes.append(f"'{name}' is taken as {_listed(names)}{stored}{other}")
    return _classes(name, numbers, present, names, notes)


def _guess(name: str, held: NDArray[Any]) -> LabelKind:
    """Classes or values, by the numbers a column holds."""
    if not _is_whole(held):
        return "values"
    different = len(np.unique(held))
    crowded = different > MOST_UNASKED and len(held) < ROWS_EACH * different
    if _is_float(held):
        return "values" if different > MOST_UNASKED else "classes"
    if crowded:
        raise DatasetError(
            f"the label '{name}' holds {different:,} different whole numbers in {len(held):,} rows; say what "
            'they are: data.label_kind = "values" (numbers to predict) or "classes"'
        )
    return "classes"


def _listed(names: tuple[str, ...]) -> str:
    more = ", …" if len(names) > NAMES_SHOWN else ""
    return f"{len(names):,} classes ({', '.join(name[:30] for name in names[:NAMES_SHOWN])}{more})"


def _classes(
    name: str, numbers: NDArray[Any], present: NDArray[np.bool_], names: tuple[str, ...], notes: list[str]
) -> LabelReading:
    if len(names) < 2:
        raise DatasetError(
            f"the label '{name}' has one class only, '{names[0][:80]}'; at least two are needed"
        )
    labels = np.full(len(present), UNLABELLED, np.int64)
    labels[present] = numbers.reshape(-1)
    return LabelReading("classification", labels, names, tuple(notes))


def _values(name: str, values: NDArray[Any], present: NDArray[np.bool_], kind: LabelKind) -> LabelReading:
    numbers = np.full(values.shape, np.nan)
    numbers[present] = values[present]
    held = numbers[present]
    constant = np.flatnonzero((held == held[0]).reshape(len(held), -1).all(axis=0))
    if len(constant):
        what = "the label" if values.ndim == 1 else f"column {constant[0]} of the label"
        raise DatasetError(
            f"{what} '{name}' is {held[0].reshape(-1)[constant[0]]:g} in every row; there is nothing to learn"
        )
    told = f"'{name}' is taken as numbers to predict; data.label_kind = \"classes\" makes each number a class"
    return LabelReading("regression", numbers, (), (told,) if kind == "guess" else ())


def _columns(name: str, values: NDArray[Any], present: NDArray[np.bool_], kind: LabelKind) -> LabelReading:
    if kind == "values":
        return _values(name, values, present, kind)
    held = values[present]
    binary = bool(((held == 0) | (held == 1)).all())
    if not binary:
        raise DatasetError(
            f"the label '{name}' has {values.shape[1]} columns, so all its values must be 0 or 1; "
            'data.label_kind = "values" makes them numbers to predict'
        )
    ones = (held == 1).sum(axis=1)
    if kind == "classes" or (kind == "guess" and (ones == 1).all()):
        return _one_hot(name, held, ones, present, kind)
    constant = np.flatnonzero((held == held[0]).all(axis=0))
    if len(constant):
        raise DatasetError(
            f"column {constant[0]} of the label '{name}' is {held[0, constant[0]]:g} in every row"
        )
    labels = np.full(values.shape, UNLABELLED, np.int64)
    labels[present] = held
    note = f"'{name}' is taken as {values.shape[1]} labels of their own (a multi-label)"
    return LabelReading("multilabel", labels, (), (note,) if kind == "guess" else ())


def _one_hot(
    name: str, held: NDArray[Any], ones: NDArray[Any], present: NDArray[np.bool_], kind: LabelKind
) -> LabelReading:
    """One class a column; a row of zeros has none."""
    rows = np.flatnonzero(present)
    if (ones > 1).any():
        row = rows[np.argmax(ones > 1)]
        raise DatasetError(
            f"the label '{name}' has several classes in row {row} ({COUNTED}); one-hot has one"
        )
    present = present.copy()
    present[rows[ones == 0]] = False
    used, numbers = np.unique(held[ones == 1].argmax(axis=1), return_inverse=True)
    notes = [] if (ones == 1).all() else [f"{(ones == 0).sum():,} rows of zeros in '{name}' have no class"]
    if kind == "guess":
        notes.append(
            f"'{name}' has a single 1 in every row: taken as {len(used):,} classes, one a column; "
            'data.label_kind = "multilabel" makes them labels of their own'
        )
    return _classes(name, numbers, present, tuple(map(str, used)), notes)


def _text(name: str, column: Column, kind: LabelKind, missing: str | None) -> LabelReading:
    if kind in ("values", "multilabel"):
        raise DatasetError(f"the label '{name}' is text, so it holds classes; data.label_kind is \"{kind}\"")
    if column.values.ndim > 1 and column.values.size != len(column.values):
        raise DatasetError(
            f"the label '{name}' is text of the shape {column.values.shape}; (rows,) is allowed"
        )
    places = column.values.reshape(-1)
    blank = np.array([text.strip() in EMPTY_TEXT or text.strip() == missing for text in column.names])
    present = ~blank[places]
    if not present.any():
        raise DatasetError(f"the label '{name}' has no value in any row")
    used, numbers = np.unique(places[present], return_inverse=True)
    names = tuple(column.names[k] for k in used)
    notes = [f"'{name}' is taken as {_listed(names)}"] if kind == "guess" else []
    return _classes(name, numbers, present, names, [*notes, *_told_empty(name, ~present, "empty")])
