"""What MultiBench's pickles hold: named arrays in dictionaries, taken out with their kind and shape
checked."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.dataset import DatasetError
from engine.files.pickled_arrays import ObjectArray


def member(content: Any, key: str, where: str) -> Any:
    """content[key]; raises `DatasetError` where the content is no dictionary or has no such key."""
    if not isinstance(content, dict):
        raise DatasetError(f"{where} is a {type(content).__name__}, not a dictionary with '{key}'")
    if key not in content:
        there = ", ".join(sorted(str(name)[:30] for name in list(content)[:20]))
        raise DatasetError(f"{where} has no '{key}'; it has {there or 'nothing'}")
    return content[key]


def numbers(content: Any, key: str, where: str, axes: int | None = None) -> NDArray[Any]:
    """The array content[key]; raises `DatasetError` unless it holds numbers and has so many axes."""
    values = member(content, key, where)
    if isinstance(values, ObjectArray):
        raise DatasetError(f"{where}: '{key}' is an array of Python objects; an array of numbers is expected")
    if not isinstance(values, np.ndarray) or values.dtype.kind not in "fiub":
        kind = (
            f"an array of {values.dtype}" if isinstance(values, np.ndarray) else f"a {type(values).__name__}"
        )
        raise DatasetError(f"{where}: '{key}' is {kind}; an array of numbers is expected")
    if axes is not None and values.ndim != axes:
        raise DatasetError(f"{where}: '{key}' has the shape {values.shape}; {axes} axes are expected")
    return values


def check_rows(rows: dict[str, int], where: str) -> None:
    """Raises `DatasetError` unless all arrays have equally many rows."""
    if len(set(rows.values())) > 1:
        raise DatasetError(
            f"{where}: the rows do not align: {', '.join(f'{name} has {n:,}' for name, n in rows.items())}"
        )
