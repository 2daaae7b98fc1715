"""Records of published data sets: their keys checked, mistakes told with the place they stand in."""

from typing import Any

from engine.dataset import DatasetError


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
