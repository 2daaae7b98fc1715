"""What NumPy arrays are pickled with, as functions of our own: data in, an array out, every size checked
before it is used.

An array is pickled as a call of `_reconstruct` (an empty array) and a state (version, shape, dtype, is
Fortran order, raw data); since protocol 5 as a call of `_frombuffer`. A dtype is `dtype(code, …)` and a state
with its byte order, a scalar `scalar(dtype, raw data)`. The modules were renamed in NumPy 2; both names stand
here.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_AXES = 32
LONGEST_AXIS = 2**40
_PLAIN_DTYPE = re.compile(r"[biuf?]\d{0,2}|[SU]\d{1,6}")
_OBJECT_DTYPES = ("O", "O4", "O8")


class Refused(ValueError):
    """Something in a pickle that is not read; one line without the file's name."""


class Budget:
    """Bytes that may be made of parts of the pickle, besides those that are in the file itself."""

    def __init__(self, most_bytes: int) -> None:
        self.left = most_bytes

    def take(self, count: int) -> None:
        self.left -= count
        if self.left < 0:
            raise Refused("it unfolds into more than the bytes that are allowed")


@dataclass(frozen=True)
class Name:
    """A name that a pickle may ask for, and what stands for calling it: (arguments, budget) → value."""

    name: str
    make: Callable[[tuple[Any, ...], Budget], Any] | None = None


@dataclass(frozen=True)
class ObjectArray:
    """In place of an array of Python objects, which is never made: its shape, and the objects in their order
    where the pickle lists as many as the shape has."""

    shape: tuple[int, ...]
    items: tuple[Any, ...] = field(default=(), compare=False, repr=False)


@dataclass
class ArrayInMaking:
    """An array whose state is still to come; `keys`: where the pickle's memo holds it."""

    keys: list[int] = field(default_factory=list)


@dataclass
class DtypeInMaking:
    """A dtype, or None for Python objects; its byte order may still come."""

    dtype: np.dtype[Any] | None


UNFINISHED = (Name, ArrayInMaking, DtypeInMaking)


def build(target: Any, state: Any, budget: Budget) -> Any:
    """The target with its state; raises `Refused` for any but an array and a dtype."""
    if isinstance(target, ArrayInMaking):
        return _with_content(state, budget)
    if isinstance(target, DtypeInMaking):
        target.dtype = _with_byte_order(target.dtype, state)
        return target
    raise Refused(f"it sets the state of a {type(target).__name__}; only arrays have one")


def _with_content(state: Any, budget: Budget) -> NDArray[Any] | ObjectArray:
    if type(state) is not tuple or len(state) != 5 or not isinstance(state[2], DtypeInMaking):
        raise Refused(
            "it holds an array whose state is none: (version, shape, dtype, order, data) is expected"
        )
    _, shape, dtype, is_fortran, content = state
    return _array(content, dtype, shape, "F" if is_fortran is True else "C", budget)


def _array(
    content: Any, made: DtypeInMaking, shape: Any, order: str, budget: Budget
) -> NDArray[Any] | ObjectArray:
    """The array over these bytes, which must be exactly as many as shape and dtype declare."""
    if (
        type(shape) is not tuple
        or len(shape) > MOST_AXES
        or not all(type(n) is int and 0 <= n <= LONGEST_AXIS for n in shape)
    ):
        raise Refused(f"it holds an array of an impossible shape, {str(shape)[:60]}")
    if made.dtype is None:
        is_whole = type(content) is list and order == "C" and len(content) == math.prod(shape)
        return ObjectArray(shape, tuple(content) if is_whole else ())
    if isinstance(content, str):  # Python 2's bytes
        budget.take(len(content))
        content = content.encode("latin-1")
    if not isinstance(content, bytes | bytearray):
        raise Refused(f"it holds an array whose data are a {type(content).__name__}, not bytes")
    if not made.dtype.itemsize:
        raise Refused(f"it holds an array of type {str(made.dtype)!r}, which has no size")
    declared = math.prod(shape) * made.dtype.itemsize
    if declared != len(content):
        raise Refused(
            f"it holds an array {shape} of {made.dtype}, which takes {declared:,} bytes, but has "
            f"{len(content):,}"
        )
    if not declared:
        return np.empty(shape, made.dtype)
    return np.frombuffer(content, made.dtype).reshape(shape, order="F" if order == "F" else "C")


def _with_byte_order(dtype: np.dtype[Any] | None, state: Any) -> np.dtype[Any] | None:
    if (
        type(state) is not tuple
        or not 3 <= len(state) <= 9
        or state[1] not in ("<", ">", "|", "=")
        or any(state[2:5])
    ):
        raise Refused(
            "it holds a dtype with fields, or one that is none; arrays must be of plain numbers or text"
        )
    return None if dtype is None else dtype.newbyteorder(state[1])


def _make_dtype(arguments: tuple[Any, ...], budget: Budget) -> DtypeInMaking:
    code = arguments[0] if arguments else None
    if isinstance(code, str) and code in _OBJECT_DTYPES:
        return DtypeInMaking(None)
    if not isinstance(code, str) or not _PLAIN_DTYPE.fullmatch(code):
        raise Refused(
            f"it holds an array of type {str(code)[:40]!r}; arrays must be of plain numbers or text"
        )
    return DtypeInMaking(np.dtype(code))


def _make_empty_array(arguments: tuple[Any, ...], budget: Budget) -> ArrayInMaking:
    if len(arguments) != 3 or arguments[0] is not _NDARRAY or arguments[1] != (0,):
        raise Refused("it makes an array otherwise than NumPy does: (ndarray, (0,), type) is expected")
    return ArrayInMaking()


def _make_array_over(arguments: tuple[Any, ...], budget: Budget) -> NDArray[Any] | ObjectArray:
    if (
        len(arguments) not in (4, 5)
        or not isinstance(arguments[1], DtypeInMaking)
        or arguments[3] not in ("C", "F", "K")
    ):
        raise Refused("it makes an array otherwise than NumPy does: (data, dtype, shape, order) is expected")
    array = _array(arguments[0], arguments[1], arguments[2], arguments[3], budget)
    if len(arguments) == 5 and isinstance(array, np.ndarray) and arguments[4] is not None:
        if type(arguments[4]) is not tuple or not all(type(axis) is int for axis in arguments[4]):
            raise Refused("it makes an array with an impossible order of axes")
        return array.transpose(arguments[4])
    return array


def _make_scalar(arguments: tuple[Any, ...], budget: Budget) -> Any:
    if len(arguments) != 2 or not isinstance(arguments[0], DtypeInMaking) or arguments[0].dtype is None:
        raise Refused("it makes a number otherwise than NumPy does: (dtype, data) is expected")
    if not arguments[0].dtype.itemsize:  # empty text
        return arguments[0].dtype.type()
    array = _array(arguments[1], arguments[0], (), "C", budget)
    assert isinstance(array, np.ndarray)
    return array.item()


def _make_bytes(arguments: tuple[Any, ...], budget: Budget) -> bytes:
    """`_codecs.encode(text, "latin1")`, as which old protocols write bytes."""
    if len(arguments) != 2 or not isinstance(arguments[0], str) or arguments[1] not in ("latin1", "latin-1"):
        raise Refused("it encodes something otherwise than bytes are pickled")
    budget.take(len(arguments[0]))
    return arguments[0].encode("latin-1")


def _make_no_bytes(arguments: tuple[Any, ...], budget: Budget) -> bytes:
    if arguments:
        raise Refused("it makes bytes of something; only empty ones are pickled so")
    return b""


def _make_set(arguments: tuple[Any, ...], budget: Budget) -> frozenset[Any]:
    """`set([…])`, as which old protocols write sets; frozen, since nothing is added later."""
    members = arguments[0] if len(arguments) == 1 and isinstance(arguments[0], list) else None
    if members is None or not all(isinstance(m, str | bytes | int | float | None) for m in members):
        raise Refused("it makes a set of something else than text and numbers")
    budget.take(100 * len(members))
    return frozenset(members)


_NDARRAY = Name("numpy.ndarray")
KNOWN: dict[str, Name] = {
    "numpy.ndarray": _NDARRAY,
    "numpy.dtype": Name("numpy.dtype", _make_dtype),
    "_codecs.encode": Name("_codecs.encode", _make_bytes),
}
for _core in ("numpy.core", "numpy._core"):
    KNOWN[f"{_core}.multiarray._reconstruct"] = Name("_reconstruct", _make_empty_array)
    KNOWN[f"{_core}.multiarray.scalar"] = Name("scalar", _make_scalar)
    KNOWN[f"{_core}.numeric._frombuffer"] = Name("_frombuffer", _make_array_over)
for _builtins in ("builtins", "__builtin__"):
    KNOWN[f"{_builtins}.bytes"] = Name("bytes", _make_no_bytes)
    KNOWN[f"{_builtins}.set"] = Name("set", _make_set)
    KNOWN[f"{_builtins}.frozenset"] = Name("frozenset", _make_set)
