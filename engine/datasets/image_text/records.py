"""JSON of published data sets: read in bounded size, keys checked, mistakes told with the file's name."""

import json
from pathlib import Path
from typing import Any

from engine.dataset import DatasetError


def parse_json(text: str, where: str) -> Any:
    """The content of a JSON text; raises `DatasetError` for what is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        said = "it is nested too deep" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise DatasetError(f"{where} is no JSON: {said}") from None


def read_text(file: Path, most_bytes: int) -> str:
    """The content of a text file; raises `DatasetError` for one that is missing, too large or no UTF-8."""
    try:
        size = file.stat().st_size
        if size > most_bytes:
            raise DatasetError(
                f"{file.name} has {size / 1e6:,.1f} MB; at most {most_bytes / 1e6:,.1f} are read"
            )
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise DatasetError(f"{file.name} is no UTF-8 text") from None


def field(record: Any, key: str, kind: type, where: str) -> Any:
    """record[key], which must be of this kind; raises `DatasetError` with what is there instead."""
    if not isinstance(record, dict):
        raise DatasetError(f"{where} is a {type(record).__name__}; an object with '{key}' is expected")
    if key not in record:
        there = ", ".join(sorted(map(str, record))[:20])
        raise DatasetError(f"{where} has no '{key}'; it has {there[:200] or 'nothing'}")
    if type(record[key]) is not kind:
        raise DatasetError(
            f"{where}: '{key}' is a {type(record[key]).__name__}; a {kind.__name__} is expected"
        )
    return record[key]


def texts_of(record: Any, key: str, where: str) -> list[str]:
    """record[key] as a list of texts, at least one."""
    values: list[str] = field(record, key, list, where)
    if not values or not all(isinstance(value, str) for value in values):
        raise DatasetError(f"{where}: '{key}' must be a list of texts, at least one")
    return values
