"""Files that nobody honest sends: made here, byte by byte, and what is said of each.

`ARRAY_FILES` are uploads; a case is the file's name, its content, and words of the one line that it must end
in.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import tiny_parquet

GIGABYTE = 10**9


class Case(NamedTuple):
    """A file's name, how its bytes are made, and what must stand in the line that refuses it."""

    name: str
    make: Callable[[], bytes]
    says: str


def npy(descr: str, shape: object, content: bytes = b"") -> bytes:
    """A `.npy` member with this header, whatever it holds."""
    return npy_header(f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".encode()) + content


def npy_header(text: bytes, announced: int | None = None) -> bytes:
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(text) if announced is None else announced) + text


def npz(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name) if method == zipfile.ZIP_STORED else name, content)
    return out.getvalue()


def one(descr: str, shape: object, content: bytes = b"") -> bytes:
    """An archive of one array."""
    return npz({"x.npy": npy(descr, shape, content)})


def zeros_zip(name: str, head: bytes, zeros: int) -> bytes:
    """An archive of one deflated member: `head`, then so many zeros, packed a thousand to one without making
    them."""
    packer = zlib.compressobj(9, wbits=-15)
    body = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    blocks = -(-zeros // 2**20)
    body += block * blocks + b"\x03\x00"
    size, label = len(head) + blocks * 2**20, name.encode()
    extra = struct.pack("<HHQQ", 1, 16, size, len(body))
    checksum, elsewhere = 0, 2**32 - 1
    sizes = (checksum, elsewhere, elsewhere, len(label), len(extra))
    local = struct.pack("<4s5H3I2H", b"PK\3\4", 45, 0, 8, 0, 33, *sizes)
    begin = local + label + extra + body
    entry = struct.pack("<4s6H3I5H2I", b"PK\1\2", 45, 45, 0, 8, 0, 33, *sizes, 0, 0, 0, 0, 0)
    entry += label + extra
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(entry), len(begin), 0)
    return begin + entry + end


def safetensors(header: bytes, content: bytes = b"", announced: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if announced is None else announced) + header + content


def tensor(dtype: str = '"F32"', shape: str = "[2]", place: str = "[0,8]", name: str = "x") -> bytes:
    return f'{{"{name}":{{"dtype":{dtype},"shape":{shape},"data_offsets":{place}}}}}'.encode()


NUMBERS = npy("'<f8'", "(4, 2)", bytes(64))
ARRAY_FILES = [
    # arrays that take no bytes, or far more than the file has
    Case("no_size.npz", lambda: one("'|S0'", "(1000000000,)"), "no size"),
    Case("no_width.npz", lambda: one("'<U0'", "(1000000000,)"), "no size"),
    Case("zeros.npz", lambda: zeros_zip("x.npy", npy("'<f8'", "(1000000000,)"), 8 * GIGABYTE), "takes 8 GB"),
    Case("wide_text.npz", lambda: one("'<U268435455'", "(9,)"), "cut off"),
    Case("long_header.npz", lambda: zeros_zip("x.npy", npy_header(b"", GIGABYTE), GIGABYTE), "a header of"),
    Case("deep_header.npz", lambda: one("(" * 4000 + ")" * 4000, "(1,)"), "not a NumPy array"),
    Case("overflow.npz", lambda: one("'<f8'", f"({2**62}, {2**62})"), "is cut off"),
    Case("axes.npz", lambda: one("'<f8'", "(" + "1, " * 3000 + ")", bytes(8)), "is impossible"),
    Case("odd_shape.npz", lambda: one("'<f8'", "(True, -2)"), "not a NumPy array"),
    Case("no_number.npz", lambda: one("'<f8'", "(1e9,)"), "not a NumPy array"),
    Case("fields.npz", lambda: one("[('a', '<f8'), ('b', '|O')]", "(2,)"), "Python objects"),
    Case("void.npz", lambda: one("'|V2000000000'", "(1000000000,)"), "cut off"),
    Case("dates.npz", lambda: one("'<M8[ns]'", "(2,)", bytes(16)), "is of type datetime64"),
    # archives
    Case("no_name.npz", lambda: npz({".npy": NUMBERS, "y.npy": NUMBERS}), "no name"),
    Case("two_lines.npz", lambda: npz({"a\nb\x1b[31m.npy": NUMBERS}), "in its name"),
    Case("long_name.npz", lambda: npz({"n" * 60_000 + ".npy": NUMBERS}), "a name of 60,000 characters"),
    Case("twice.npz", lambda: npz({"x.npy": NUMBERS, "x": NUMBERS}), "twice"),
    Case("many.npz", lambda: npz({f"{i}.npy": b"" for i in range(30_000)}), "at most 1,000 are allowed"),
    Case("lzma.npz", lambda: npz({"x.npy": NUMBERS}, zipfile.ZIP_LZMA), "packed"),
    Case("locked.npz", lambda: _locked(npz({"x.npy": NUMBERS})), "encrypted"),
    # safetensors headers
    Case("announced.safetensors", lambda: safetensors(b"{}", announced=2**62), "cut off"),
    Case("large_header.safetensors", lambda: safetensors(b" " * 9_000_000), "header of 9,000,000 bytes"),
    Case("deep.safetensors", lambda: safetensors(b"[" * 200_000 + b"]" * 200_000), "nested deeper"),
    Case("no_table.safetensors", lambda: safetensors(b"[1, 2]"), "its header is a list"),
    Case("shape.safetensors", lambda: safetensors(tensor(shape=f"[{2**62},4]"), bytes(8)), "takes"),
    Case("negative.safetensors", lambda: safetensors(tensor(shape="[-2]"), bytes(8)), "impossible shape"),
    Case("truth.safetensors", lambda: safetensors(tensor(shape="[true,2]"), bytes(8)), "impossible shape"),
    Case("backwards.safetensors", lambda: safetensors(tensor(place="[8,0]"), bytes(8)), "takes 8 bytes"),
    Case("beyond.safetensors", lambda: safetensors(tensor(place="[0,8]"), b""), "cut off"),
    Case("hole.safetensors", lambda: safetensors(tensor(place="[4,12]"), bytes(12)), "does not begin"),
    Case("type.safetensors", lambda: safetensors(tensor(dtype='"F7"'), bytes(8)), "type 'F7'"),
    Case("digits.safetensors", lambda: safetensors(tensor(shape=f"[{'9' * 5000}]"), bytes(8)), "no JSON"),
    Case("tensors.safetensors", lambda: safetensors(_many_tensors(60_000)), "names 60,000 tensors"),
    Case("not_text.safetensors", lambda: safetensors(b"\xff\xfe{}"), "no JSON"),
    # parquet
    Case("rows.parquet", lambda: tiny_parquet.numbers(600_000_000), "4 GB are allowed"),
    Case("list.parquet", lambda: tiny_parquet.one_list(600_000_000), "4 GB are allowed"),
    Case("footer.parquet", lambda: b"PAR1" + struct.pack("<I", 2**31 - 1) + b"PAR1", "is not a Parquet file"),
    Case("twice.parquet", lambda: _two_columns_of_one_name(), "twice"),

]  # fmt: skip


def _locked(content: bytes) -> bytes:
    """With the flag of encryption set on its member."""
    changed = bytearray(content)
    changed[content.index(b"PK\1\2") + 8] |= 1
    changed[6] |= 1
    return bytes(changed)


def _many_tensors(count: int) -> bytes:
    return (
        b"{"
        + b",".join(b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % i for i in range(count))
        + b"}"
    )


def _parquet(table: object) -> bytes:
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


def _two_columns_of_one_name() -> bytes:
    import pyarrow as pa

    return _parquet(pa.table([pa.array([1.0, 2.0]), pa.array([3.0, 4.0])], names=["x", "x"]))
