"""Columns of a Parquet file as arrays: numbers, text, and lists of numbers nested to any depth.

Lists of lists whose outer lengths differ are sequences: they are filled up with zeros and keep their lengths.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DatasetError
from engine.files.arrays import COUNTED, ArrayFile, Column, Unreadable, first_line, too_large


class EmptyValue(Unreadable):
    """A missing value; `row` counts within the array that has it."""

    def __init__(self, row: int) -> None:
        super().__init__(f"has no value in row {row} ({COUNTED})")
        self.row = row


class ParquetFile(ArrayFile):
    """A Parquet file: one column an array, one row a sample."""

    def _declare(self) -> None:
        try:
            import pyarrow.parquet as pq
        except ImportError:
            raise DatasetError(f"{self.path.name}: reading Parquet needs the package pyarrow") from None
        try:
            self._file = pq.ParquetFile(self.path)
            schema, metadata = self._file.schema_arrow, self._file.metadata
            self._check_names(schema.names)
            groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
            leaf = 0
            for field in schema:
                leaves = range(leaf, leaf + _count_leaves(field.type))
                leaf = leaves.stop
                stored = sum(_declared_bytes(group.column(j)) for group in groups for j in leaves)
                self.sizes[field.name] = max(stored, 8 * metadata.num_rows * _fixed_length(field.type))
                if not _is_readable(field.type):
                    kind = str(field.type)[:60]
                    self.refused.setdefault(
                        field.name, f"is of type {kind}; save numbers, lists of numbers, or text"
                    )
            # texts stay numbers of a dictionary: a value that is there a million times is made once
            texts = [field.name for field in schema if _is_text(field.type)]
            self._file = pq.ParquetFile(self.path, read_dictionary=texts)
        except (DatasetError, MemoryError):
            raise
        except Exception as error:  # a RecursionError too, where lists are in lists without end
            raise DatasetError(f"{self.path.name} is not a Parquet file: {first_line(error)}") from None

    def _read(self, name: str) -> Column:
        import pyarrow as pa

        chunks = self._file.read(columns=[name], use_threads=False).column(name)
        if pa.types.is_dictionary(chunks.type):
            chunks = chunks.unify_dictionaries()
        if not chunks.num_chunks:
            return _column(pa.array([], chunks.type), self.most_bytes)
        whole = chunks.chunk(0) if chunks.num_chunks == 1 else pa.concat_arrays(chunks.chunks)
        return _column(_with_nan(whole), self.most_bytes)


def _declared_bytes(chunk: Any) -> int:
    """What a column chunk takes when decoded: its values at 8 bytes, or what it has of text if that is
    more."""
    return max(8 * int(chunk.num_values), int(chunk.total_uncompressed_size))


def _fixed_length(kind: Any) -> int:
    """Values of a row by its type alone: lists of a fixed length take it even where they are missing."""
    length = 1
    while _is_list(kind):
        length *= max(1, int(getattr(kind, "list_size", 1)))
        kind = kind.value_type
    return length


def _count_leaves(kind: Any) -> int:
    """Physical columns under one of the schema."""
    return sum(_count_leaves(kind.field(i).type) for i in range(kind.num_fields)) if kind.num_fields else 1


def _is_list(kind: Any) -> bool:
    import pyarrow.types as kinds

    return bool(kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow.types as kinds

    kind = kind.value_type if kinds.is_dictionary(kind) else kind
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind))


def _is_readable(kind: Any) -> bool:
    import pyarrow.types as kinds

    inner = kind
    while _is_list(inner):
        inner = inner.value_type
    number = kinds.is_integer(inner) or kinds.is_floating(inner) or kinds.is_boolean(inner)
    return bool(number or (_is_text(kind)))


def _with_nan(array: Any) -> Any:
    """A column of single numbers with NaN where a value is missing: a label may lack some."""
    import pyarrow as pa

    if not array.null_count or _is_list(array.type) or _is_text(array.type):
        return array
    return array.cast(pa.float64(), safe=False).fill_null(float("nan"))


def _column(array: Any, most_bytes: int) -> Column:
    """The column with its nested lists as axes; raises `EmptyValue` and `ValueError` for lists that do not
    align."""
    import pyarrow.compute as pc

    if _is_text(array.type):
        return _text_column(array)
    if array.null_count:
        raise EmptyValue(int(np.flatnonzero(array.is_null().to_numpy(zero_copy_only=False))[0]))
    if not _is_list(array.type):
        return Column(array.to_numpy(zero_copy_only=False))
    lengths = pc.list_value_length(array).to_numpy(zero_copy_only=False).astype(np.int64)
    try:
        inner = _column(array.flatten(), most_bytes)
    except EmptyValue as missing:
        raise EmptyValue(int(np.searchsorted(lengths.cumsum(), missing.row, side="right"))) from None
    if inner.lengths is not None:
        raise Unreadable(
            "has lists of different lengths below its first level; only sequences may differ, in their steps"
        )
    longest = int(lengths.max(initial=0))
    if (lengths == longest).all():
        return Column(inner.values.reshape(len(lengths), longest, *inner.values.shape[1:]))
    if inner.values.ndim == 1:
        row = int(np.flatnonzero(lengths != lengths[0])[0])
        raise Unreadable(f"has {lengths[row]} values in row {row} ({COUNTED}), {lengths[0]} in row 0")
    filled = 8 * len(lengths) * longest * math.prod(inner.values.shape[1:])
    if filled > most_bytes:
        raise Unreadable(
            f"filled up to its longest row of {longest:,} steps takes {too_large(filled, most_bytes)}"
        )
    return Column(_fill_up(inner.values, lengths, longest), lengths)


def _fill_up(values: NDArray[Any], lengths: NDArray[np.int64], longest: int) -> NDArray[Any]:
    """Steps of all rows one after the other (Σ lengths, …) → (n, longest, …), zeros behind each row's own."""
    filled = np.zeros((len(lengths), longest, *values.shape[1:]), values.dtype)
    filled[np.arange(longest) < lengths[:, None]] = values
    return filled


def _text_column(array: Any) -> Column:
    """Counted texts; a missing one is the empty text."""
    import pyarrow.types as kinds

    encoded = array if kinds.is_dictionary(array.type) else array.dictionary_encode()
    names = [name or "" for name in encoded.dictionary.to_pylist()]
    places = encoded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)
    if encoded.indices.null_count:
        names.append("")
    different, order = np.unique(np.array(names, dtype=object), return_inverse=True)
    return Column(order.reshape(-1)[places], names=tuple(map(str, different)))
