"""JSON from outside: its size and depth bounded, every mistake one line that names where it stands."""

import codecs
import json
from pathlib import Path
from typing import Any

from engine.errors import DatasetError, UserError

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte-order marks, longer ones before those that they begin with."""
DEEPEST = 64
"""Levels of lists and tables in one another. Settings have five."""


def parse_json(
    text: str | bytes, where: str, error: type[UserError] = DatasetError, *, deepest: int = DEEPEST
) -> Any:
    """The content of a JSON text; raises `error` for what is none, or is nested too deep."""
    try:
        content = json.loads(text)
    except RecursionError:
        raise error(f"{where} is nested deeper than {deepest} levels") from None
    except ValueError as problem:  # UnicodeDecodeError is one too
        raise error(f"{where} is no JSON: {problem}") from None
    if _is_deeper(content, deepest):
        raise error(f"{where} is nested deeper than {deepest} levels")
    return content


def read_text(file: Path, most_bytes: int, error: type[UserError] = DatasetError) -> str:
    """The content of a text file; raises `error` for one that is missing, no file, too large or no UTF-8."""
    try:
        if file.exists() and not file.is_file():
            raise error(f"{file} is not a file")
        size = file.stat().st_size
        if size > most_bytes:
            raise error(f"{file.name} has {size / 1e6:,.1f} MB; at most {most_bytes / 1e6:,.1f} are read")
        return decode(file.read_bytes())
    except UnicodeError:
        raise error(f"{file.name} is no UTF-8 text") from None
    except (OSError, ValueError) as problem:  # ValueError: a name that no file can have
        if isinstance(problem, UserError):
            raise
        raise error(f"{file} cannot be read: {getattr(problem, 'strerror', None) or problem}") from None


def decode(content: bytes) -> str:
    """Text as editors save it: UTF-8, with a byte-order mark or without, or UTF-16 or UTF-32 with one; lines
    end in "\\n" alone, however they ended. Raises `UnicodeError` for anything else."""
    marked = next((name for mark, name in MARKS if content.startswith(mark)), "utf-8")
    return content.decode(marked).replace("\r\n", "\n").replace("\r", "\n")


def _is_deeper(content: Any, deepest: int) -> bool:
    """Whether lists and tables stand in one another on more levels; walks level by level, so no depth is too
    deep."""
    level = [content]
    for _ in range(deepest + 1):
        level = [
            inner
            for value in level
            if isinstance(value, dict | list)
            for inner in (value.values() if isinstance(value, dict) else value)
        ]
        if not level:
            return False
    return True
