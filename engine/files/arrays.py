"""Named arrays in a user's file: `.npz` and `.safetensors` here, `.parquet` beside. What is read is
untrusted.

A file first declares the size of each of its arrays, from headers alone; nothing larger than allowed is ever
read, and nothing is unpickled. Broken bytes make the parsers below raise almost anything, so whatever they
raise becomes a `DatasetError`. Imports no torch, so that the dashboard can look into files too.
"""

import math
import zipfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray
from safetensors import safe_open

from engine.errors import DatasetError

MOST_ARRAYS = 1000
COUNTED = "counted from 0"


class Column(NamedTuple):
    """One array: values (n, …); lengths (n,), the valid steps, where rows of different lengths were filled up
    with zeros; names of the values where those are text, which `values` then counts."""

    values: NDArray[Any]
    lengths: NDArray[np.int64] | None = None
    names: tuple[str, ...] = ()


class ArrayFile(ABC):
    """An open file. `sizes`: bytes that each array will take in memory; `refused`: why an array cannot be
    read."""

    sizes: dict[str, int]
    refused: dict[str, str]

    def __init__(self, path: Path, most_bytes: int) -> None:
        self.path, self.most_bytes = path, most_bytes
        self.sizes, self.refused = {}, {}
        self._declare()
        if len(self.names) > MOST_ARRAYS:
            raise DatasetError(
                f"{path.name} holds {len(self.names):,} arrays; at most {MOST_ARRAYS:,} are allowed"
            )
        if not self.names:
            raise DatasetError(f"{path.name} holds no arrays")

    @property
    def names(self) -> list[str]:
        """All arrays, in the order of the file."""
        return list(self.sizes)

    def read(self, name: str) -> Column:
        """One array; raises `DatasetError` when it is too large, broken, or not of numbers or text."""
        if name in self.refused:
            raise DatasetError(f"{self.path.name}: '{name}' {self.refused[name]}")
        if self.sizes[name] > self.most_bytes:
            raise DatasetError(
                f"{self.path.name}: '{name}' takes {too_large(self.sizes[name], self.most_bytes)}"
            )
        return self._read(name)

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
        """One array that was declared and is not refused."""


class NpzFile(ArrayFile):
    """NumPy's `.npz`: a zip archive of `.npy` members."""

    def _declare(self) -> None:
        try:
            self._archive = zipfile.ZipFile(self.path)
        except Exception as error:
            raise DatasetError(f"{self.path.name} is not a NumPy .npz archive: {first_line(error)}") from None
        self._members = {
            info.filename.removesuffix(".npy"): info for info in self._archive.infolist() if not info.is_dir()
        }
        for name, info in self._members.items():
            self.sizes[name] = 0
            try:
                with self._archive.open(info) as stream:
                    shape, dtype = _npy_header(stream)
                    self.sizes[name] = math.prod(shape) * dtype.itemsize
                    problem = dtype_problem(dtype)
                    needed = stream.tell() + self.sizes[name]
                    if needed > info.file_size and not dtype.hasobject:
                        problem = f"is cut off: {info.file_size:,} of {needed:,} bytes are there"
            except Exception as error:
                problem = f"is not a NumPy array: {first_line(error)}"
            if problem:
                self.refused[name] = problem

    def _read(self, name: str) -> Column:
        try:
            with self._archive.open(self._members[name]) as stream:
                return column_of(npy.read_array(stream, allow_pickle=False))
        except Exception as error:
            raise DatasetError(f"{self.path.name}: '{name}' cannot be read: {first_line(error)}") from None


def _npy_header(stream: Any) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and dtype that a `.npy` member declares; raises `ValueError` for what is none."""
    version = npy.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = npy.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = npy.read_array_header_2_0(stream)
    else:
        raise ValueError(f"version {version[0]}.{version[1]} of the format is not for plain arrays")
    if any(length < 0 for length in shape):
        raise ValueError(f"its shape {shape} is impossible")
    return shape, dtype


class SafetensorsFile(ArrayFile):
    """Hugging Face's `.safetensors`."""

    def _declare(self) -> None:
        try:
            content: Any = safe_open(self.path, framework="numpy")
            slices = {name: content.get_slice(name) for name in content.keys()}  # noqa: SIM118  (it is no mapping)
        except Exception as error:
            raise DatasetError(f"{self.path.name} is not a safetensors file: {first_line(error)}") from None
        self._content = content
        for name, part in slices.items():
            kind = part.get_dtype()
            self.sizes[name] = math.prod(part.get_shape()) * 8
            if kind not in _SAFETENSORS_KINDS:
                self.refused[name] = f"is of type {kind}; save it as one of {', '.join(_SAFETENSORS_KINDS)}"

    def _read(self, name: str) -> Column:
        try:
            return column_of(self._content.get_tensor(name))
        except Exception as error:
            raise DatasetError(f"{self.path.name}: '{name}' cannot be read: {first_line(error)}") from None


_SAFETENSORS_KINDS = ("F64", "F32", "F16", "I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL")


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
        return f"is of type {dtype}; save whole or decimal numbers"
    return None


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
