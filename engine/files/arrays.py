"""Named arrays in a user's file: `.npz` and `.safetensors` here, `.parquet` beside. What is read is
untrusted.

A file first declares the size of each of its arrays, from headers alone; nothing larger than allowed is ever
read, and nothing is unpickled. Broken bytes make the parsers below raise almost anything, so whatever they
raise becomes a `DatasetError`. Imports no torch, so that the dashboard can look into files too.
"""

import io
import math
import zipfile
from abc import ABC, abstractmethod
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.errors import DatasetError, one_line
from engine.files.memory import bounded_memory, reading_room
from engine.files.objects import read_objects
from engine.files.safetensors_header import HeaderError, read_header

MOST_ARRAYS = 1000
LONGEST_NAME = 200
MOST_AXES = 32
LONGEST_NPY_HEADER = 10_000
"""Bytes; NumPy parses no more either, but reads them first."""
COUNTED = "counted from 0"


class Column(NamedTuple):
    """One array: values (n, …); lengths (n,), the valid steps, where rows of different lengths were filled up
    with zeros; names of the values where those are text, which `values` then counts."""

    values: NDArray[Any]
    lengths: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()


class Unreadable(ValueError):
    """What is wrong with an array, without the names of file and array."""


class ArrayError(DatasetError):
    """An array that cannot be read; `problem`: why, without the names of file and array."""

    def __init__(self, file: str, name: str, problem: str) -> None:
        super().__init__(f"{file}: '{name}' {problem}")
        self.problem = one_line(problem)


class ArrayFile(ABC):
    """An open file. `sizes`: bytes that each array will take in memory; `refused`: why an array cannot be
    read."""

    sizes: dict[str, int]
    refused: dict[str, str]

    def __init__(self, path: Path, most_bytes: int) -> None:
        self.path, self.most_bytes, self.room = path, most_bytes, reading_room(most_bytes)
        self.sizes, self.refused = {}, {}
        try:
            with bounded_memory(self.room):
                self._declare()
        except MemoryError:
            allowed = f"{self.room / 1e9:.3g} GB"
            raise DatasetError(f"{path.name} takes more memory than reading it may take, {allowed}") from None
        for name in self.names:
            if problem := name_problem(name):
                self.refused[name] = problem

    def _check_names(self, names: list[str]) -> None:
        """Raises `DatasetError` for no arrays or too many; a name that is there twice means neither of its
        arrays."""
        if len(names) > MOST_ARRAYS:
            raise DatasetError(
                f"{self.path.name} holds {len(names):,} arrays; at most {MOST_ARRAYS:,} are allowed"
            )
        if not names:
            raise DatasetError(f"{self.path.name} holds no arrays")
        self.refused |= {name: "is there twice" for name, count in Counter(names).items() if count > 1}

    @property
    def names(self) -> list[str]:
        """All arrays, in the order of the file."""
        return list(self.sizes)

    def read(self, name: str) -> Column:
        """One array; raises `ArrayError` when it is too large, broken, or not of numbers or text."""
        try:
            if name in self.refused:
                raise Unreadable(self.refused[name])
            if self.sizes[name] > self.most_bytes:
                raise Unreadable(f"takes {too_large(self.sizes[name], self.most_bytes)}")
            with bounded_memory(self.room):
                return self._read(name)
        except Unreadable as error:
            problem = str(error)
        except MemoryError:
            problem = f"takes more memory than reading it may take, {self.room / 1e9:.3g} GB"
        except Exception as error:  # what broken bytes make the parsers raise
            problem = f"cannot be read: {first_line(error)}"
        raise ArrayError(self.path.name, name, problem)

    def check_total(self, names: list[str]) -> None:
        """Raises `DatasetError` when these arrays together are larger than allowed."""
        total = sum(self.sizes[name] for name in names)
        if total > self.most_bytes:
            raise DatasetError(
                f"{self.path.name}: {', '.join(names)} take {too_large(total, self.most_bytes)}"
            )

    @abstractmethod
    def _declare(self) -> None:
        """Fill `sizes` and `refused` from the file's headers."""

    @abstractmethod
    def _read(self, name: str) -> Column:
        """One array that was declared and is not refused; raises `Unreadable` with what is wrong, or
        anything."""


class NpzFile(ArrayFile):
    """NumPy's `.npz`: a zip archive of `.npy` members."""

    def _declare(self) -> None:
        try:
            self._archive = zipfile.ZipFile(self.path)
            members = [info for info in self._archive.infolist() if not info.is_dir()]
        except Exception as error:
            raise DatasetError(f"{self.path.name} is not a NumPy .npz archive: {first_line(error)}") from None
        names = [info.filename.removesuffix(".npy") for info in members]
        self._check_names(names)
        self._members = dict(zip(names, members, strict=True))
        for name, info in self._members.items():
            try:
                self.sizes[name], problem = self._look(info)
            except Exception as error:
                self.sizes[name], problem = 0, f"is not a NumPy array: {first_line(error)}"
            if problem:
                self.refused.setdefault(name, problem)

    def _look(self, info: zipfile.ZipInfo) -> tuple[int, str | None]:
        """Bytes that a member's array takes in memory, and why it cannot be read, or None."""
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return 0, f"is packed by method {info.compress_type}; NumPy stores or deflates"
        with self._archive.open(info) as stream:
            shape, dtype = _npy_header(stream)
            stored = math.prod(shape) * dtype.itemsize
            needed = stream.tell() + stored
        problem = dtype_problem(dtype)
        if dtype == np.dtype(object):  # the pickle of a column of text or numbers, as tables hand them over
            return info.file_size + OBJECT_BYTES * math.prod(shape), None
        if needed > info.file_size and not dtype.hasobject:
            problem = f"is cut off: {info.file_size:,} of {needed:,} bytes are there"
        return stored + (TEXT_BYTES * math.prod(shape) if dtype.kind in "US" else 0), problem

    def _read(self, name: str) -> Column:
        with self._archive.open(self._members[name]) as stream:
            if _npy_header(stream)[1].hasobject:
                size = self._members[name].file_size
                try:
                    values, names = read_objects(stream, size, self.most_bytes)
                except ValueError as error:
                    raise Unreadable(f"holds Python objects: {first_line(error)}") from None
                return Column(values, names=names)
        with self._archive.open(self._members[name]) as stream:
            return column_of(npy.read_array(stream, allow_pickle=False))


def _npy_header(stream: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype that a `.npy` member declares; raises `ValueError` for what is none."""
    version = npy.read_magic(stream)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version[0]}.{version[1]} of the format is not for plain arrays")
    size = stream.read(2 if version == (1, 0) else 4)
    length = int.from_bytes(size, "little")
    if length > LONGEST_NPY_HEADER:
        raise ValueError(f"it has a header of {length:,} bytes; at most {LONGEST_NPY_HEADER:,} are read")
    parse = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, _, dtype = parse(io.BytesIO(size + stream.read(length)))
    if len(shape) > MOST_AXES or not all(type(length) is int and length >= 0 for length in shape):
        raise ValueError(f"its shape {str(shape)[:60]} is impossible")
    return shape, dtype


class SafetensorsFile(ArrayFile):
    """Hugging Face's `.safetensors`."""

    def _declare(self) -> None:
        try:
            self._tensors = read_header(self.path).tensors
        except HeaderError as error:
            raise DatasetError(str(error)) from None
        self._check_names(list(self._tensors))
        for name, stored in self._tensors.items():
            self.sizes[name] = stored.stop - stored.start
            if stored.dtype not in _SAFETENSORS_KINDS:
                self.refused[name] = (
                    f"is of type {stored.dtype}; save it as one of {', '.join(_SAFETENSORS_KINDS)}"
                )

    def _read(self, name: str) -> Column:
        stored = self._tensors[name]
        dtype = _SAFETENSORS_KINDS[stored.dtype]
        values = np.fromfile(self.path, dtype, math.prod(stored.shape), offset=stored.start)
        return column_of(values.reshape(stored.shape))


_SAFETENSORS_KINDS = {
    **{f"F{bits}": f"<f{bits // 8}" for bits in (64, 32, 16)},
    **{f"I{bits}": f"<i{bits // 8}" for bits in (64, 32, 16, 8)},
    **{f"U{bits}": f"<u{bits // 8}" for bits in (64, 32, 16, 8)},
    "BOOL": "?",
}
"""The types that are read, as NumPy writes them."""
OBJECT_BYTES = 100
"""Bytes that a text or number of an array of objects takes while it is read, besides what is in the file."""
TEXT_BYTES = 24
"""Bytes that counting texts takes for each, besides the texts: their order twice, and their number."""


def column_of(array: NDArray[Any]) -> Column:
    """The array in native byte order; text becomes counted names."""
    if array.dtype.kind in "US":
        names, values = np.unique(array, return_inverse=True)
        text = tuple(n.decode(errors="replace") if isinstance(n, bytes) else str(n) for n in names)
        return Column(values.reshape(array.shape).astype(np.int64), names=text)
    return Column(np.asarray(array, dtype=array.dtype.newbyteorder("="), order="C"))


def dtype_problem(dtype: np.dtype[Any]) -> str | None:
    """Why arrays of this type cannot be read, or None."""
    if dtype.hasobject:
        return "holds Python objects; save plain numbers"
    if dtype.kind not in "fiubUS":
        return f"is of type {str(dtype)[:60]}; save whole or decimal numbers"
    return None if dtype.itemsize else f"is of type {dtype.str}, whose values have no size"


def name_problem(name: str) -> str | None:
    """Why an array of this name cannot be used, or None: names become settings, labels and lines."""
    if not name.strip():
        return "has no name"
    if len(name) > LONGEST_NAME:
        return f"has a name of {len(name):,} characters; at most {LONGEST_NAME} are allowed"
    return None if name.isprintable() else "has characters in its name that do not print"


def first_line(error: Exception) -> str:
    """What a parser said, short enough for one line."""
    return str(error).partition("\n")[0][:200] or type(error).__name__


def too_large(size: int, allowed: int) -> str:
    """ "5.1 GB; 4 GB are allowed"."""
    unit = next((unit for unit in (1e9, 1e6, 1e3) if max(size, allowed) >= unit), 1.0)
    name = {1e9: "GB", 1e6: "MB", 1e3: "kB", 1.0: "B"}[unit]
    return f"{size / unit:.4g} {name}; {allowed / unit:.4g} {name} are allowed"


def finite_problem(values: NDArray[Any]) -> str | None:
    """Where the first NaN or infinite value is, and in how many rows there are some; None when there is none.

    Values past float32, in which models compute, count as infinite.
    """
    if values.dtype.kind != "f" or values.size == 0 or values.ndim == 0:
        return None
    with np.errstate(over="ignore"):
        bad = ~np.isfinite(values.astype(np.float32, copy=False))
    rows = np.flatnonzero(bad.reshape(len(values), -1).any(axis=1))
    if not len(rows):
        return None
    first = values[rows[0]][bad[rows[0]]].flat[0] if values.ndim > 1 else values[rows[0]]
    word = (
        "NaN" if np.isnan(first) else "an infinite value" if np.isinf(first) else f"{first:g}, past float32,"
    )
    return f"has {word} in row {rows[0]} ({COUNTED}); {len(rows):,} of {len(values):,} rows have such values"
