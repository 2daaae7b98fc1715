"""The header of a safetensors file, read in bounded size without torch and without the library.

A file is 8 bytes with the length of its header (little-endian), the header as JSON {name: {dtype, shape,
data_offsets}, "__metadata__": {text: text}}, and the tensors' bytes without holes
(huggingface.co/docs/safetensors). What a header says is checked against itself and against the length of the
file before anybody relies on it.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from engine.errors import UserError
from engine.files.json_text import parse_json

LARGEST_HEADER = 8 * 2**20
"""Bytes. A thousand layers take some hundred kB."""
MOST_TENSORS = 50_000
MOST_AXES = 32
DEEPEST = 4
BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E4M3": 8, "F8_E5M2": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
    "I32": 32, "U32": 32, "F32": 32, "I64": 64, "U64": 64, "F64": 64, "C64": 64,
}  # fmt: skip
"""Bits of one number of each type that is read."""


class HeaderError(UserError):
    """A file that is no whole safetensors file; one line."""


class Stored(NamedTuple):
    """One tensor: its type, its shape, and where its bytes start and stop in the file."""

    dtype: str
    shape: tuple[int, ...]
    start: int
    stop: int


class Header(NamedTuple):
    """What a file says of itself."""

    metadata: dict[str, str]
    tensors: dict[str, Stored]


def read_header(file: Path) -> Header:
    """The header of the file; raises `HeaderError`, one line, where it is none or does not fit the file."""
    try:
        size = file.stat().st_size
        if not file.is_file():
            raise HeaderError(f"{file} is not a file")
        with file.open("rb") as stream:
            return parse_header(stream, size, file.name)
    except FileNotFoundError:
        raise HeaderError(f"there is no file {file}") from None
    except (OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise HeaderError(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def parse_header(stream: BinaryIO, size: int, what: str) -> Header:
    """The header at the start of a stream of `size` bytes; what: its name, as an error tells it."""
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 or length > size - 8:
        raise HeaderError(f"{what} is not a safetensors file, or it is cut off")
    if length > LARGEST_HEADER:
        raise HeaderError(f"{what} has a header of {length:,} bytes; at most {LARGEST_HEADER:,} are read")
    content = parse_json(stream.read(length), f"the header of {what}", HeaderError, deepest=DEEPEST)
    if not isinstance(content, dict):
        raise HeaderError(f"{what} is not a safetensors file: its header is a {type(content).__name__}")
    metadata = content.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise HeaderError(f"{what} has metadata that are not texts by name")
    if len(content) > MOST_TENSORS:
        raise HeaderError(f"{what} names {len(content):,} tensors; at most {MOST_TENSORS:,} are read")
    tensors = {name: _stored(facts, 8 + length, f"{what}: '{name[:100]}'") for name, facts in content.items()}
    _check_layout(tensors, 8 + length, size, what)
    return Header(metadata, tensors)


def _stored(facts: Any, begin: int, what: str) -> Stored:
    """One tensor's place, its bytes as many as its type and shape take."""
    if not isinstance(facts, Mapping) or not facts.keys() == {"dtype", "shape", "data_offsets"}:
        raise HeaderError(f"{what} has no dtype, shape and data_offsets")
    dtype, shape, offsets = facts["dtype"], facts["shape"], facts["data_offsets"]
    if not isinstance(dtype, str) or dtype not in BITS:
        raise HeaderError(f"{what} is of the type {str(dtype)[:40]!r}; known are {', '.join(BITS)}")
    if not _are_counts(shape) or len(shape) > MOST_AXES:
        raise HeaderError(f"{what} has the impossible shape {str(shape)[:60]}")
    if not _are_counts(offsets) or len(offsets) != 2:
        raise HeaderError(f"{what} has the impossible place {str(offsets)[:60]}")
    taken = math.prod(shape) * BITS[dtype] // 8
    if taken != offsets[1] - offsets[0]:
        raise HeaderError(
            f"{what} takes {taken:,} bytes, but {offsets[1] - offsets[0]:,} are set aside for it"
        )
    return Stored(dtype, tuple(shape), begin + offsets[0], begin + offsets[1])


def _are_counts(values: Any) -> bool:
    return isinstance(values, list) and all(type(value) is int and 0 <= value < 2**63 for value in values)


def _check_layout(tensors: Mapping[str, Stored], begin: int, size: int, what: str) -> None:
    """The tensors lie one behind the other, from the header to the end of the file."""
    place = begin
    for name, stored in sorted(tensors.items(), key=lambda item: (item[1].start, item[1].stop)):
        if stored.start != place:
            raise HeaderError(f"{what}: '{name[:100]}' does not begin where the tensor before it ends")
        place = stored.stop
    if place != size:
        raise HeaderError(f"{what} is cut off or too long: {place:,} bytes are named, {size:,} are there")
