"""What a user's file holds, in the terms of a paired data set: modalities, labels, lengths, splits, and what
is wrong.

Shapes decide: (n, d) a vector, (n, t, d) a sequence, (n, c, h, w) uint8 an image, (n,) a label. Names like
`train_text` and `test_text` are the parts of one array `text`; `text_lengths` holds the valid steps of a
sequence. Imports no torch, so that the dashboard can show a file before anything is trained.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.errors import DatasetError, one_line
from engine.files.arrays import LONGEST_NAME, ArrayError, ArrayFile, Column, finite_problem
from engine.files.labels import read_label
from engine.files.opening import open_array_file

Part = Literal["train", "validation", "test"]
PART_NAMES: dict[Part, tuple[str, ...]] = {
    "train": ("train",),
    "validation": ("validation", "valid", "val", "dev"),
    "test": ("test",),
}
"""What a part may be called, before an array's name or in a split column."""
LENGTHS = "_lengths"
SPLIT = "split"

Kind = Literal["vector", "sequence", "image", "classes", "numbers", "flags", "lengths", "split", "unusable"]
"""classes: whole numbers or text (n,); numbers: decimals (n,); flags: (n, k) of 0 and 1, a multi-label or a
vector."""
MODALITY_KINDS: tuple[Kind, ...] = ("vector", "sequence", "image", "flags")
LABEL_KINDS: tuple[Kind, ...] = ("classes", "numbers", "flags")


@dataclass(frozen=True)
class Entry:
    """One array of a file: its name without the part, the part it is of (None: the file names none), and what
    is in it.

    as_label: what it would be taken for as the label, or why that has to be said; empty where it can be none.
    """

    name: str
    part: Part | None
    shape: tuple[int, ...]
    dtype: str
    kind: Kind
    minimum: float | None
    maximum: float | None
    problems: tuple[str, ...]
    as_label: str = ""

    @property
    def can_be_modality(self) -> bool:
        """Whether the form may offer it as a modality."""
        return self.kind in MODALITY_KINDS and not self.problems

    @property
    def can_be_label(self) -> bool:
        """Whether the form may offer it as the label; rows without a value do not stand against it."""
        return bool(self.as_label)

    @property
    def can_be_group(self) -> bool:
        """Whether the form may offer it as what says which rows belong together."""
        return self.kind in ("classes", "numbers") and not self.problems


def describe_file(path: Path, max_gigabytes: float = 4.0) -> list[Entry]:
    """Every array of a `.npz`, `.safetensors` or `.parquet` file, with what is wrong with it; reads the whole
    file.

    Raises `DatasetError` when the file as a whole cannot be read.
    """
    file = open_array_file(path, int(max_gigabytes * 1e9))
    parts = part_names(file.names)
    return [_describe(file, raw, *parts[raw]) for raw in file.names]


def _describe(file: ArrayFile, raw: str, part: Part | None, name: str) -> Entry:
    try:
        column = file.read(raw)
    except ArrayError as error:
        return Entry(one_line(name, LONGEST_NAME), part, (), "?", "unusable", None, None, (error.problem,))
    values = column.values
    kind = kind_of(name, column)
    problems = [
        p for p in (shape_problem(column), None if kind == "numbers" else finite_problem(values)) if p
    ]
    low = high = None
    if values.size and not column.names:
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        low, high = (float(finite.min()), float(finite.max())) if finite.size else (None, None)
    dtype = "text" if column.names else str(values.dtype)
    entry = Entry(name, part, values.shape, dtype, kind, low, high, tuple(problems))
    is_label = kind in LABEL_KINDS or (kind == "vector" and values.shape[1:] == (1,))
    if not is_label or shape_problem(column) or not values.size:
        return entry
    try:
        return replace(entry, as_label="; ".join(read_label(name, column).notes))
    except DatasetError as error:
        return replace(entry, as_label=str(error))


def part_names(names: list[str]) -> dict[str, tuple[Part | None, str]]:
    """Each raw name as (part, name). Prefixes count where at least one array has a `train_` and another
    part."""
    prefixed: dict[str, tuple[Part | None, str]] = {}
    for raw in names:
        for part, prefixes in PART_NAMES.items():
            for prefix in prefixes:
                if raw.startswith(f"{prefix}_") and raw != f"{prefix}_":
                    prefixed[raw] = (part, raw.removeprefix(f"{prefix}_"))
    training = {name for part, name in prefixed.values() if part == "train"}
    others = {name for part, name in prefixed.values() if part != "train"}
    if not training & others:
        prefixed = {}
    return {raw: prefixed.get(raw, (None, raw)) for raw in names}


def kind_of(name: str, column: Column) -> Kind:
    """What an array can serve as, by its name, shape and type."""
    values = column.values
    if name == SPLIT:
        return "split"
    if name.endswith(LENGTHS) and values.ndim == 1 and values.dtype.kind in "iu":
        return "lengths"
    if values.ndim == 4:
        return "unusable" if shape_problem(column) else "image"
    single_column: Kind = "numbers" if values.dtype.kind == "f" else "classes"
    table: Kind = "flags" if values.ndim == 2 and values.shape[1] > 1 and is_binary(values) else "vector"
    by_axes: dict[int, Kind] = {1: single_column, 2: table, 3: "sequence"}
    return by_axes.get(values.ndim, "unusable")


def is_binary(values: NDArray[Any]) -> bool:
    """Whether all values are 0 or 1, but for rows of NaN."""
    if values.dtype.kind == "f":
        values = values[~np.isnan(values).any(axis=1)]
    return bool(len(values) and (values.dtype.kind == "b" or ((values == 0) | (values == 1)).all()))


def shape_problem(column: Column) -> str | None:
    """Why an array of this shape serves as nothing, or None."""
    values = column.values
    if values.size == 0:
        return f"has the shape {values.shape}: nothing is in it"
    if column.names and values.ndim != 1:
        return f"is text of the shape {values.shape}; text can be a label, (rows,)"
    if values.ndim == 4 and values.shape[1] not in (1, 3):
        moved = "; move the channels to the second axis" if values.shape[3] in (1, 3) else ""
        return f"has the shape {values.shape}; images are (rows, 1 or 3 channels, height, width){moved}"
    if values.ndim == 4 and values.dtype != np.uint8:
        return f"is of type {values.dtype}; images are uint8, 0 to 255"
    if values.ndim not in (1, 2, 3, 4):
        return f"has the shape {values.shape}; allowed are 1 to 4 axes, rows first"
    return None
