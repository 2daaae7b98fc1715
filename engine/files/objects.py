"""Arrays of Python objects in a `.npy` member, as tables hand over text and mixed columns: read where they
hold text, numbers and gaps alone, through the restricted pickle machine, which calls nothing that a pickle
names."""

import math
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from engine.files.pickle_machine import Machine
from engine.files.pickled_arrays import Budget, ObjectArray
from engine.files.unpickling import Source

NUMBERS = (bool, int, float)
"""What counts as a number; others than text, these and None are refused."""
WHOLE_MOST = 2**63 - 1


def read_objects(stream: IO[bytes], size: int, most_bytes: int) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The array whose pickle comes next: numbers with NaN for gaps, or texts, "" for gaps, as their places
    among the different ones, which then come beside.

    size: where the stream ends. Raises `ValueError`, one line, for anything else in it.
    """
    content = Machine(Source(stream, size), Budget(most_bytes)).run()
    if not isinstance(content, ObjectArray):
        raise ValueError("the pickle in it is no array of objects")
    if not content.items:
        raise ValueError(f"its objects are not those of an array {content.shape}")
    values, names = _plain(list(content.items))
    return values.reshape(content.shape), names


def _plain(items: list[Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    other = next(
        (row for row, item in enumerate(items) if type(item) not in (*NUMBERS, str, type(None))), None
    )
    if other is not None:
        raise ValueError(f"a {type(items[other]).__name__} at place {other}; save plain numbers or text")
    if any(type(item) is str for item in items):
        texts = [_text(item) for item in items]
        names = sorted(set(texts))
        place = {text: number for number, text in enumerate(names)}
        return np.array([place[text] for text in texts], np.int64), tuple(names)
    present = [item for item in items if item is not None]
    if len(present) < len(items) or any(type(item) is float for item in present):
        return np.array([np.nan if item is None else float(item) for item in items]), ()
    if max(map(abs, present)) > WHOLE_MOST:
        raise ValueError("it holds whole numbers past 64 bits")
    return np.array(present, np.bool_ if all(type(item) is bool for item in present) else np.int64), ()


def _text(item: Any) -> str:
    """The item as text; a gap, which tables write as None or NaN, is the empty text."""
    if type(item) is str:
        return item
    return "" if item is None or (type(item) is float and math.isnan(item)) else str(item)
