"""A table p(x1, x2, y) as people write it: rows of x1, x2, y and a weight, or samples to be counted. No
Streamlit here."""

import csv
import io
import math
from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.information.results import InformationError
from engine.information.table import from_counts

MOST_ROWS = 100_000
MOST_SYMBOLS = 64
WEIGHT_TOLERANCE = 1e-6


class Written(NamedTuple):
    """The table, and whether its rows were samples that were counted rather than probabilities."""

    table: NDArray[np.float64]
    counted: bool


def read_table(text: str) -> Written:
    """Rows "x1, x2, y, p" (probabilities or counts) or "x1, x2, y" (one sample each), with commas, tabs,
    semicolons or blanks.

    A first row of names is passed over. Raises `InformationError` with the line and what is wrong in it.
    """
    rows = [(number, cells) for number, cells in enumerate(_cells(text), 1) if any(cells)]
    if rows and rows[0][1][:3] == ["x1", "x2", "y"]:
        rows = rows[1:]
    if not rows:
        raise InformationError(
            "there is no row; write x1, x2, y and a probability in each, such as: 0, 1, 1, 0.25"
        )
    if len(rows) > MOST_ROWS:
        raise InformationError(f"there are {len(rows):,} rows; {MOST_ROWS:,} are allowed")
    width = len(rows[0][1])
    if width not in (3, 4):
        raise InformationError(
            f"line {rows[0][0]} has {width} cells; 4 (x1, x2, y, probability) or 3 (x1, x2, y: a sample) "
            "are allowed"
        )
    masses: dict[tuple[str, str, str], float] = defaultdict(float)
    for number, cells in rows:
        if len(cells) != width:
            raise InformationError(f"line {number} has {len(cells)} cells, but the first row has {width}")
        masses[cells[0], cells[1], cells[2]] += _weight(cells[3], number) if width == 4 else 1.0
    return _as_table(masses, counted=width == 3)


def _cells(text: str) -> list[list[str]]:
    separator = next((mark for mark in ("\t", ";", ",") if mark in text), None)
    if separator is None:
        return [line.split() for line in text.splitlines()]
    return [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=separator)]


def _weight(cell: str, number: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise InformationError(f"line {number}: '{cell[:40]}' is no number") from None
    if not math.isfinite(value) or value < 0:
        raise InformationError(f"line {number}: the mass is {cell[:40]}; masses are finite and not negative")
    return value


def _as_table(masses: dict[tuple[str, str, str], float], *, counted: bool) -> Written:
    symbols = [sorted({key[axis] for key in masses}) for axis in range(3)]
    for name, found in zip(("x1", "x2", "y"), symbols, strict=True):
        if len(found) > MOST_SYMBOLS:
            raise InformationError(
                f"{name} has {len(found)} different symbols; at most {MOST_SYMBOLS} are allowed here"
            )
    table = np.zeros([len(found) for found in symbols])
    for key, mass in masses.items():
        table[tuple(found.index(symbol) for found, symbol in zip(symbols, key, strict=True))] = mass
    total = float(table.sum())
    whole = bool((table == np.round(table)).all()) and total > 1 + WEIGHT_TOLERANCE
    if counted or whole:
        return Written(from_counts(table), True)
    return Written(table, False)  # what does not sum to one is told by the solver
