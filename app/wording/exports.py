"""Tables that leave the dashboard: nothing in CSV is a formula, nothing in a Markdown table breaks it."""

import re
from collections.abc import Mapping, Sequence

import polars as pl

_NUMBER = r"[+-]?[0-9][0-9,]*(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?(?: ?%)?"
_FIGURE = re.compile(rf"{_NUMBER}(?: \[{_NUMBER}, {_NUMBER}\])?", re.IGNORECASE)
_FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_MARKS = re.compile(r"[\\`*_\[\]<>$&~|]")


def as_csv(frame: pl.DataFrame) -> str:
    """The frame as CSV. A text that a spreadsheet would take for a formula gets an apostrophe in front;
    numbers, and figures such as "-0.02 [-0.05, 0.01]", stay as they are."""
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    cells = [frame[name].map_elements(_unformed, return_dtype=pl.String) for name in texts]
    safe = frame.with_columns(cells)
    return safe.rename({name: _unformed(name) for name in safe.columns}).write_csv()


def _unformed(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) and not _FIGURE.fullmatch(text) else text


def markdown(rows: Sequence[Mapping[str, object]]) -> str:
    """A table in Markdown, as papers' repositories and notes use it; every cell is shown as it is written."""
    if not rows:
        return ""
    lines = [list(map(_cell, rows[0])), ["---"] * len(rows[0])]
    lines += [[_cell(value) for value in row.values()] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    return _MARKS.sub(r"\\\g<0>", " ".join(str(value).split()))
