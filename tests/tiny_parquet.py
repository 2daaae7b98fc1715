"""Parquet files written byte by byte: a hundred bytes that stand for gigabytes, as no honest writer makes
them.

One column in one row group: a dictionary with one value, and a page that repeats it. Thrift's compact
protocol and the layout as in parquet.apache.org/docs/file-format.
"""

import struct
import zlib
from typing import Any, NamedTuple

INT64, BYTE_ARRAY = 2, 6
PLAIN, RLE, RLE_DICTIONARY = 0, 3, 8
UNCOMPRESSED, GZIP = 0, 2
LIST, UTF8 = 3, 0
REQUIRED, REPEATED = 0, 2


class Short(NamedTuple):
    """A number that Thrift writes as i32; a plain int is an i64."""

    value: int


def _varint(number: int) -> bytes:
    out = bytearray()
    while True:
        number, low = number >> 7, number & 127
        out.append(low | (128 if number else 0))
        if not number:
            return bytes(out)


def _thrift(value: Any) -> tuple[int, bytes]:
    """A value's kind and bytes: Short, int, bytes, a list of one kind, or a struct as {field: value}."""
    match value:
        case Short(number):
            return 5, _varint(number << 1)
        case int():
            return 6, _varint(value << 1)
        case bytes():
            return 8, _varint(len(value)) + value
        case list():
            parts = [_thrift(one) for one in value]
            head = (
                bytes([len(value) << 4 | parts[0][0]])
                if len(value) < 15
                else b"" + bytes([0xF0 | parts[0][0]])
            )
            return 9, head + (b"" if len(value) < 15 else _varint(len(value))) + b"".join(
                part for _, part in parts
            )
        case dict():
            return 12, struct_of(value)
    raise TypeError(type(value).__name__)


def struct_of(fields: dict[int, Any]) -> bytes:
    """A struct by the numbers of its fields, each at most 15 after the one before."""
    out, last = b"", 0
    for number in sorted(fields):
        kind, content = _thrift(fields[number])
        out, last = out + bytes([(number - last) << 4 | kind]) + content, number
    return out + b"\0"


def _packed(content: bytes, codec: int) -> bytes:
    if codec == UNCOMPRESSED:
        return content
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(content) + packer.flush()


def dictionary_page(value: bytes, codec: int = UNCOMPRESSED) -> bytes:
    """A dictionary with one value."""
    packed = _packed(value, codec)
    kind = {7: {1: Short(1), 2: Short(PLAIN)}}
    return struct_of({1: Short(2), 2: Short(len(value)), 3: Short(len(packed))} | kind) + packed


def data_page(levels: bytes, values: int) -> bytes:
    """`values` times the value of the dictionary, behind repetition and definition levels."""
    content = levels + b"\x01" + _run(0, values)
    kind = {5: {1: Short(values), 2: Short(RLE_DICTIONARY), 3: Short(RLE), 4: Short(RLE)}}
    return struct_of({1: Short(0), 2: Short(len(content)), 3: Short(len(content))} | kind) + content


def _run(value: int, times: int) -> bytes:
    return _varint(times << 1) + bytes([value])


def _levels(runs: bytes) -> bytes:
    return struct.pack("<I", len(runs)) + runs


def file_of(
    schema: list[dict[int, Any]], rows: int, values: int, pages: list[bytes], codec: int = UNCOMPRESSED
) -> bytes:
    """The file; schema: the root's elements, the last of them the one column."""
    path = [element[4] for element in schema]
    size = sum(map(len, pages))
    column = {
        1: schema[-1][1],
        2: [Short(PLAIN), Short(RLE), Short(RLE_DICTIONARY)],
        3: path,
        4: Short(codec),
    }
    column |= {5: values, 6: size, 7: size, 9: 4 + len(pages[0]), 11: 4}
    group = {1: [{2: 4, 3: column}], 2: size, 3: rows}
    footer = struct_of({1: Short(2), 2: [{4: b"root", 5: Short(1)}, *schema], 3: rows, 4: [group]})
    return b"".join([b"PAR1", *pages, footer, struct.pack("<I", len(footer)), b"PAR1"])


def numbers(rows: int) -> bytes:
    """A column of one int64, `rows` times."""
    pages = [dictionary_page(struct.pack("<q", 7)), data_page(b"", rows)]
    return file_of([{1: Short(INT64), 3: Short(REQUIRED), 4: b"x"}], rows, rows, pages)


def packed_numbers(size: int) -> bytes:
    """A column of ten int64 whose one page unfolds into `size` bytes, which only the page itself says."""
    packer = zlib.compressobj(9, wbits=31)
    block = bytes(2**20)
    content = b"".join(packer.compress(block) for _ in range(size // 2**20)) + packer.flush()
    kind = {5: {1: Short(10), 2: Short(RLE_DICTIONARY), 3: Short(RLE), 4: Short(RLE)}}
    page = struct_of({1: Short(0), 2: Short(size), 3: Short(len(content))} | kind) + content
    pages = [dictionary_page(struct.pack("<q", 7), GZIP), page]
    return file_of([{1: Short(INT64), 3: Short(REQUIRED), 4: b"x"}], 10, 10, pages, GZIP)


def texts(length: int, rows: int) -> bytes:
    """A column of one text of `length` characters, `rows` times; its dictionary is compressed."""
    value = _packed(struct.pack("<I", length) + b"a" * length, UNCOMPRESSED)
    data = _packed(b"\x01" + _run(0, rows), GZIP)
    kind = {5: {1: Short(rows), 2: Short(RLE_DICTIONARY), 3: Short(RLE), 4: Short(RLE)}}
    unpacked = len(b"\x01" + _run(0, rows))
    page = struct_of({1: Short(0), 2: Short(unpacked), 3: Short(len(data))} | kind) + data
    schema = [{1: Short(BYTE_ARRAY), 3: Short(REQUIRED), 4: b"x", 6: Short(UTF8)}]
    return file_of(schema, rows, rows, [dictionary_page(value, GZIP), page], GZIP)


def one_list(values: int, declared: int | None = None) -> bytes:
    """A column of lists of int64 with one row, which holds `values` of them, as the footer may not say."""
    repetition, definition = _levels(_run(0, 1) + _run(1, values - 1)), _levels(_run(1, values))
    pages = [dictionary_page(struct.pack("<q", 7)), data_page(repetition + definition, values)]
    schema = [
        {3: Short(REQUIRED), 4: b"x", 5: Short(1), 6: Short(LIST)},
        {3: Short(REPEATED), 4: b"list", 5: Short(1)},
        {1: Short(INT64), 3: Short(REQUIRED), 4: b"element"},
    ]
    return file_of(schema, 1, declared or values, pages)
