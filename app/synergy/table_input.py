"""A table p(x1, x2, y) as people write it: rows of x1, x2, y and a mass, or samples to be counted. No
Streamlit here.

A first row of names is told from a row of the table by what it holds, and never counted; where it could be
either, the text is refused with a line that says how to make it plain.
"""

import csv
import io
import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.information.results import InformationError
from engine.information.table import from_counts

MOST_ROWS = 100_000
MOST_SYMBOLS = 64
WEIGHT_TOLERANCE = 1e-6
SEPARATORS = ("\t", ";", ",", "|", " ")
"""In this order: where cells stand between semicolons, a comma is a decimal comma."""
VARIABLES = ("x1", "x2", "y")
MASSES = frozenset(
    ("p", "prob", "probability", "pmf", "mass", "weight", "weights", "count", "counts", "n", "frequency")
)
"""Names of a column of probabilities or counts."""
ROW_NUMBERS = frozenset(("", "index", "id", "row", "unnamed: 0"))
"""Names of a first column that only numbers the rows, as data frames write it."""
_NO_TEXT = "this is no text in UTF-8 or UTF-16; save the table as CSV in UTF-8"
_RULE = re.compile(r":?-{2,}:?")
"""A cell of the line below the head of a Markdown table."""
_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?")


class Written(NamedTuple):
    """The table, and whether its rows were samples that were counted rather than probabilities."""

    table: NDArray[np.float64]
    counted: bool


class _Row(NamedTuple):
    line: int
    cells: list[str]


def decode_table(content: bytes) -> str:
    """The text of a file as spreadsheets write it: UTF-8 or UTF-16, with or without a byte order mark. Raises
    `InformationError`."""
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise InformationError(_NO_TEXT) from None
    return text


def read_table(text: str) -> Written:
    """Rows "x1, x2, y, p" (probabilities or counts) or "x1, x2, y" (one sample each).

    Cells stand between tabs, semicolons, commas, bars or blanks, and may be quoted. Under the names x1, x2
    and y the columns may come in any order; a first column that only numbers the rows is passed over. Raises
    `InformationError` with the line and what is wrong in it.
    """
    if "\0" in text:
        raise InformationError(_NO_TEXT)
    rows = _rows(text)
    if not rows:
        raise InformationError(
            "there is no row; write x1, x2, y and a probability in each, such as: 0, 1, 1, 0.25"
        )
    if len(rows) > MOST_ROWS:
        raise InformationError(f"there are more than {MOST_ROWS:,} rows, which is the most that is read here")
    width = len(rows[0].cells)
    for line, cells in rows:
        if len(cells) != width:
            raise InformationError(f"line {line} has {len(cells)} cells, but the first row has {width}")
    rows = _in_order(rows)
    if not rows:
        raise InformationError("there is no row below the names of the columns")
    width = len(rows[0].cells)
    if width not in (3, 4):
        raise InformationError(
            f"line {rows[0].line} has {width} cell{'' if width == 1 else 's'}; 4 (x1, x2, y, probability) "
            "or 3 (x1, x2, y: a sample) "
            "are allowed"
        )
    for line, cells in rows:
        if "" in cells:
            raise InformationError(f"line {line}: cell {cells.index('') + 1} is empty")
    return _as_table(rows)


def _rows(text: str) -> list[_Row]:
    """Lines that hold something, by the separator that gives all of them 3, 4 or 5 cells."""
    text = re.sub(r"\r\n?", "\n", text.removeprefix("\ufeff"))
    separators: tuple[str, ...] = SEPARATORS
    skipped = 0
    if told := re.match(r"sep=(.)\n", text):  # the first line that a spreadsheet writes for another one
        separators, skipped, text = (told[1],), 1, text[told.end() :]
    best: list[_Row] = []
    problem: InformationError | None = None
    for separator in separators:
        if separator in text.strip():
            try:
                rows = _split(text, separator, skipped)
            except InformationError as error:
                problem = problem or error
                continue
            widths = {len(cells) for _, cells in rows}
            if len(widths) == 1 and widths <= {3, 4, 5}:
                return rows
            best = best or rows
    if problem and not best:
        raise problem
    return best or [
        _Row(line, [cell]) for line, word in enumerate(text.split("\n"), 1) if (cell := word.strip())
    ]


def _split(text: str, separator: str, skipped: int) -> list[_Row]:
    """Cells by a separator; a column that is empty in all rows, behind a last separator, is dropped."""
    if separator in " |":  # these also frame a line
        text = re.sub(rf"(?m)^[ {separator}]+|[ {separator}]+$", "", text)
    reader = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True, strict=True)
    rows: list[_Row] = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped) and not all(map(_RULE.fullmatch, stripped)):
                rows.append(_Row(reader.line_num + skipped, stripped))
            if len(rows) > MOST_ROWS:
                break
    except csv.Error as error:
        raise InformationError(f"line {reader.line_num + skipped}: {error}") from None
    if all(len(cells) > 1 and not cells[-1] for _, cells in rows):
        rows = [_Row(line, cells[:-1]) for line, cells in rows]
    return rows


def _in_order(rows: list[_Row]) -> list[_Row]:
    """The rows without names, their cells in the order x1, x2, y and, where there is one, the mass."""
    names = [re.sub(r"[_ ](?=[12]$)", "", cell.lstrip("# ").casefold()) for cell in rows[0].cells]
    body = rows[1:]
    if set(VARIABLES) <= set(names):
        return _taken(body, _named_places(names))
    start = int(names[0] in ROW_NUMBERS and len(names) > 3)
    if len(names) - start not in (3, 4) or not _are_names(rows[0], body, names, start):
        return rows
    if len(names) - start == 4 and names[-1] not in MASSES:
        raise InformationError(
            f"line {rows[0].line}: the fourth column is called '{rows[0].cells[-1][:40]}'; call it p, count "
            "or "
            "weight where it holds masses, or leave it out"
        )
    if names[-1] in MASSES and len(names) - start == 3:
        raise InformationError(
            f"line {rows[0].line}: the third column is called '{rows[0].cells[-1][:40]}', but masses come "
            "after x1, x2 and y"
        )
    return _taken(body, range(start, len(names)))


def _named_places(names: Sequence[str]) -> list[int]:
    """Where x1, x2, y and the mass stand."""
    places = [names.index(name) for name in VARIABLES]
    others = [place for place in range(len(names)) if place not in places]
    masses = [place for place in others if names[place] in MASSES]
    strange = [
        names[place] for place in others if place not in masses and (place or names[0] not in ROW_NUMBERS)
    ]
    if strange or len(masses) > 1:
        raise InformationError(
            f"the columns are called {', '.join(name[:40] for name in names)}; x1, x2, y and one of masses "
            "(p, count or weight) are allowed"
        )
    return places + masses


def _are_names(first: _Row, body: Sequence[_Row], names: Sequence[str], start: int) -> bool:
    """Whether the first row names the columns. Raises `InformationError` where it may be that or a row."""
    if start or names[-1] in MASSES:
        return True
    columns = [[row.cells[place] for row in body] for place in range(len(names))]
    unlike = [
        bool(column and cell) and not _is_number(cell) and all(map(_is_number, column))
        for cell, column in zip(first.cells, columns, strict=True)
    ]
    if any(map(_is_number, first.cells[:3])):
        numbered = names == [str(place) for place in range(len(names))]
        new = any(cell not in column for cell, column in zip(first.cells[:3], columns[:3], strict=True))
        doubtful = (numbered and new) or any(unlike[:3])
    elif any(unlike):
        return True
    else:
        doubtful = len(names) == 3 and not any(
            cell in column for cell, column in zip(first.cells, columns, strict=True)
        )
    if doubtful:
        raise InformationError(
            f"line {first.line} ({', '.join(cell[:20] for cell in first.cells)}) may be names or a row; "
            "write "
            f"{', '.join(VARIABLES)}{', p' if len(names) == 4 else ''} as the first row"
        )
    return False


def _taken(rows: Sequence[_Row], places: Sequence[int]) -> list[_Row]:
    return [_Row(line, [cells[place] for place in places]) for line, cells in rows]


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _number(cell: str) -> float:
    return float(cell.replace(",", "."))


def _as_table(rows: Sequence[_Row]) -> Written:
    """Masses summed by symbols; numbers that are equal, such as 1 and 1.0, are one symbol."""
    axes, symbols = [], []
    for place, name in enumerate(VARIABLES):
        column: list[str] | list[float] = [row.cells[place] for row in rows]
        if all(_is_number(row.cells[place]) for row in rows):
            column = [_number(row.cells[place]) for row in rows]
        distinct = sorted(set(column))  # type: ignore[type-var]
        if len(distinct) > MOST_SYMBOLS:
            raise InformationError(
                f"{name} has {len(distinct)} different symbols; at most {MOST_SYMBOLS} are allowed here"
            )
        order = {symbol: number for number, symbol in enumerate(distinct)}
        axes.append([order[symbol] for symbol in column])
        symbols.append(len(distinct))
    sampled = len(rows[0].cells) == 3
    masses = [1.0 if sampled else _mass(row) for row in rows]
    table = np.zeros(symbols)
    np.add.at(table, tuple(np.array(axis) for axis in axes), masses)
    whole = bool((table == np.round(table)).all()) and float(table.sum()) > 1 + WEIGHT_TOLERANCE
    if sampled or whole:
        return Written(from_counts(table), True)
    return Written(table, False)  # what does not sum to one is told by the solver


def _mass(row: _Row) -> float:
    cell = row.cells[3]
    try:
        value = _number(cell)
    except ValueError:
        raise InformationError(f"line {row.line}: '{cell[:40]}' is no number") from None
    if not math.isfinite(value) or value < 0:
        raise InformationError(
            f"line {row.line}: the mass is {cell[:40]}; masses are finite and not negative"
        )
    return value
