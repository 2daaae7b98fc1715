"""Pickles: what NumPy writes is read back; what anyone else may write is refused in one line, unrun, in
bounded memory."""

import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.errors import DatasetError
from engine.files.pickle_machine import MOST_STEPS
from engine.files.pickled_arrays import ObjectArray
from engine.files.unpickling import read_pickle

MOST = 2**20
LIMIT = 700 * 2**20
"""Address space of the process that opens hostile files; Python with NumPy takes about 300 MiB of it."""


def written(folder, content, protocol=4):
    file = folder / "data.pkl"
    file.write_bytes(content if isinstance(content, bytes) else pickle.dumps(content, protocol))
    return file


ARRAYS = hnp.arrays(
    st.sampled_from(["f4", "<f8", ">f8", "i1", "u2", "i8", "?", "S3", "U5", ">U2", "f2"]),
    hnp.array_shapes(min_side=0, max_dims=4, max_side=4),
)


@given(ARRAYS, st.sampled_from(range(6)), st.booleans())
def test_every_array_reads_back_in_every_protocol(tmp_path_factory, array, protocol, turned):
    array = array.T if turned else array
    one = array.ravel()[0] if array.size else 5
    content = {"train": {"x": array, "again": array, "one": one}, "id": ["a", b"b", 3, 1.5, None, (1, 2)]}
    read = read_pickle(written(tmp_path_factory.mktemp("p"), content, protocol), MOST)
    assert read["id"] == content["id"]
    for name in ("x", "again"):
        assert read["train"][name].dtype == array.dtype
        np.testing.assert_array_equal(read["train"][name], array)
    assert read["train"]["one"] == one or one != one  # NaN


@pytest.mark.parametrize("protocol", range(6))
def test_plain_containers_read_back(tmp_path, protocol):
    shared = [1, 2]
    content = {
        "a": {1, 2},
        "b": frozenset("xy"),
        "c": (),
        "d": [shared, shared, ((1, 2, 3, 4), ())],
        "e": 2**80,
        "f": b"",
    }
    content["g"] = "ä\n€😀" * 300
    assert read_pickle(written(tmp_path, content, protocol), MOST) == content


def test_numpy_1_and_python_2_names_are_known(tmp_path):
    new = pickle.dumps({"x": np.arange(6.0).reshape(2, 3), "y": np.float32(2)}, 2)
    old = new.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    assert new != old
    np.testing.assert_array_equal(
        read_pickle(written(tmp_path, old), MOST)["x"], np.arange(6.0).reshape(2, 3)
    )
    python2 = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR(I1\n(I2\ntcnumpy\ndtype\n(S'f8'\nI0\nI1\ntR"
        b"(I3\nS'<'\nNNNI-1\nI-1\nI0\ntbI00\nU\x10" + struct.pack("<2d", 1.5, 200.0) + b"tb."
    )
    np.testing.assert_array_equal(read_pickle(written(tmp_path, python2), MOST), [1.5, 200.0])


def test_object_arrays_are_never_made(tmp_path):
    content = {"id": np.array([["a", {"b": 1}]], dtype=object), "x": np.ones(2)}
    read = read_pickle(written(tmp_path, content), MOST)
    assert read["id"] == ObjectArray((1, 2))
    assert read["x"].tolist() == [1, 1]


class Calls:
    """Pickled, this asks for `function(*arguments)`."""

    def __init__(self, function, *arguments, state=None):
        self.made = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.made


def op(text):
    """Protocol-0 steps written out by hand."""
    return text.encode()


DTYPE = b"cnumpy\ndtype\n(S'f8'\nI0\nI1\ntR(I3\nS'<'\nNNNI-1\nI-1\nI0\ntb"
EMPTY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntS'b'\ntR"


def array_state(shape=b"(I2\nt", dtype=DTYPE, data=b"S'0123456789abcdef'\n"):
    return EMPTY + b"(I1\n" + shape + dtype + b"I00\n" + data + b"tb."


def hostile(canary):
    """Name → (content, a word of the line it is refused with)."""
    touch = f"open({str(canary)!r}, 'w').close()"
    import builtins
    import importlib
    import os

    cases = {
        "os.system": (pickle.dumps(Calls(os.system, f"touch {canary}")), "'posix.system'"),
        "os.system, protocol 0": (op(f"cos\nsystem\n(S'touch {canary}'\ntR."), "'os.system'"),
        "subprocess": (pickle.dumps(Calls(subprocess.Popen, ["touch", str(canary)])), "'subprocess.Popen'"),
        "eval": (pickle.dumps(Calls(builtins.eval, touch)), "'builtins.eval'"),
        "exec": (pickle.dumps(Calls(builtins.exec, touch)), "'builtins.exec'"),
        "getattr chain": (
            pickle.dumps(Calls(getattr, Calls(importlib.import_module, "os"), "system")),
            "asks for 'builtins.getattr'",
        ),
        "dotted name": (
            b"\x80\x04\x8c\x05numpy\x8c\x14f2py.os.system.popen\x93(\x8c\x02lstR.",
            "asks for 'numpy.f2py.os",
        ),
        "numpy.load": (op("cnumpy\nload\n(S'x.npy'\nNI01\ntR."), "'numpy.load'"),
        "numpy runstring": (op("cnumpy.testing._private.utils\nrunstring\n(S'1'\n}tR."), "runstring"),
        "instance": (op(f"(S'touch {canary}'\nios\nsystem\n."), "INST"),
        "object": (op(f"(cos\nsystem\nS'touch {canary}'\no."), "'os.system'"),
        "new object": (b"\x80\x02cnumpy\nndarray\nK\x03\x85\x81.", "NEWOBJ"),
        "persistent id": (op("Pfile\n."), "PERSID"),
        "extension code": (b"\x80\x02\x82\x01.", "EXT1"),
        "out-of-band buffer": (b"\x80\x05\x97.", "NEXT_BUFFER"),
        "call of text": (op("S'os.system'\n(S'ls'\ntR."), "calls 'os.system'"),
        "call of ndarray": (
            op("cnumpy\nndarray\n((I99999999\nI99999999\ntS'f8'\ntR."),
            "calls 'numpy.ndarray'",
        ),
        "huge empty array": (EMPTY.replace(b"I0\n", b"I999999999999\n") + b".", "otherwise than NumPy does"),
        "huge shape": (
            array_state(shape=b"(I9999999\nI9999999\nt"),
            "which takes 799,999,840,000,008 bytes, but has 16",
        ),
        "overflowing shape": (array_state(shape=b"(I4294967296\nI4294967296\nI2\nt"), "but has 16"),
        "negative shape": (array_state(shape=b"(I-1\nI-2\nt"), "impossible shape"),
        "many axes": (array_state(shape=b"(" + b"I1\n" * 60 + b"t"), "impossible shape"),
        "text as data": (array_state(data=b"I5\n"), "not bytes"),
        "list as state": (EMPTY + b"]b.", "whose state is none"),
        "state of a list": (op("](S'a'\nI1\ntb."), "sets the state of a list"),
        "state of a dict": (op("}(dS'__class__'\nI1\nsb."), "sets the state of a dict"),
        "unfinished array": (EMPTY + b".", "leaves a ArrayInMaking"),
        "function as data": (op("(dS'train'\ncnumpy\ndtype\ns."), "leaves 'numpy.dtype'"),
        "structured dtype": (pickle.dumps(np.zeros(2, [("a", "f8")])), "plain numbers or text"),
        "void dtype": (pickle.dumps(np.zeros(2, "V900")), "'V900'"),
        "dates": (pickle.dumps(np.zeros(2, "M8[s]")), "'M8"),
        "zero-sized dtype": (array_state(dtype=DTYPE.replace(b"f8", b"U0"), data=b"S''\n"), "no size"),
        "giant dtype": (array_state(dtype=DTYPE.replace(b"f8", b"U999999999")), "U999999999"),
        "dtype with callable": (array_state(dtype=DTYPE.replace(b"NNN", b"Ncos\nsystem\nN")), "'os.system'"),
        "giant string": (b"\x80\x04\x8e" + struct.pack("<Q", 2**60) + b"x.", "are left"),
        "giant text": (b"\x80\x04\x8d" + struct.pack("<Q", 2**40) + b"x.", "are left"),
        "giant integer": (b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"x.", "are left"),
        "many digits": (b"I" + b"9" * 100_000 + b"\n.", "no whole pickle"),
        "encoding bomb": (
            b"\x80\x04X"
            + struct.pack("<I", 200_000)
            + b"a" * 200_000
            + b"\x940]"
            + b"("
            + b"c_codecs\nencode\n(h\x00S'latin1'\ntR" * 40
            + b"e.",
            "more than the bytes",
        ),
        "encoding with a codec": (op("c_codecs\nencode\n(S'x'\nS'zlib_codec'\ntR."), "encodes something"),
        "sets by the million": (b"\x80\x04]" + (b"(" + b"\x8f" * 50_000 + b"e") * 18 + b".", None),
        "more steps than allowed": (b"\x80\x04N" + b"0N" * (MOST_STEPS // 2 + 10) + b".", "steps"),
        "towering stack": (b"\x80\x04" + b"N" * 200_000 + b".", "piles up"),
        "nested tuples": (b"\x80\x04)" + b"\x85" * 200_000 + b".", "nested deeper than 64"),
        "nested tuple as key": (b"\x80\x04})" + b"\x85" * 200_000 + b"Ns.", "a tuple as a key"),
        "nested lists": (b"\x80\x04" + b"]" * 90_000 + b"a" * 89_999 + b".", "nested deeper than 64"),
        "laughs": (b"\x80\x04]" + b"2a" * 50 + b".", None),
        "unhashable key": (op("(d]I1\ns."), "a list as a key"),
        "append to text": (op("S'abc'\nI1\na."), "added to a str"),
        "append to an array": (EMPTY + b"I1\na.", "added to a ArrayInMaking"),
        "mark missing": (b"\x80\x04NNt.", "has no beginning"),
        "stack empty": (b"\x80\x04a.", "its stack is empty"),
        "memo missing": (b"\x80\x04h\x07.", "recalls what it never kept"),
        "no end": (b"\x80\x04]", "no whole pickle: pickle exhausted"),
        "empty file": (b"", "no whole pickle"),
        "text file": (b"hello, this is no pickle at all\n", "recalls what it never kept"),
        "zip archive": (b"PK\x03\x04" + bytes(200), "no whole pickle"),
    }
    whole = pickle.dumps({"train": {"vision": np.ones((4, 50, 20))}})
    cases |= {
        f"cut off at {cut}": (whole[:cut], None) for cut in (1, 20, 90, 200, len(whole) // 2, len(whole) - 1)
    }
    return cases


OPENS_ALL = """
import re, resource, sys
from pathlib import Path
import numpy
from engine.errors import DatasetError
from engine.files.unpickling import read_pickle
resource.setrlimit(resource.RLIMIT_AS, ({limit}, {limit}))
for file in sorted(Path(sys.argv[1]).glob("*.pkl"), key=lambda f: int(f.stem)):
    try:
        read_pickle(file, {most})
        print(file.stem, "READ")
    except DatasetError as error:
        print(file.stem, error)
# its own peak: getrusage would count the process that started it
print(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
"""


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """The line that each hostile file was refused with, all opened in one process with little memory."""
    folder = tmp_path_factory.mktemp("hostile")
    canary = folder / "canary"
    cases = hostile(canary)
    for number, (content, _) in enumerate(cases.values()):
        (folder / f"{number}.pkl").write_bytes(content)
    code = OPENS_ALL.format(limit=LIMIT, most=4 * MOST)
    ended = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False, cwd=Path.cwd()
    )
    assert ended.returncode == 0, ended.stderr
    *lines, peak = ended.stdout.splitlines()
    assert len(lines) == len(cases)
    told = {name: line.partition(" ")[2] for name, line in zip(cases, lines, strict=True)}
    return cases, told, canary.exists(), int(peak)


def test_hostile_pickles_are_refused_in_one_line_each_and_none_is_run(refusals):
    cases, told, canary, peak = refusals
    harmless = {"sets by the million", "laughs"}
    assert len(cases) - len(harmless) >= 20
    assert not canary
    assert peak < 450 * 1024, "KiB at most"
    for name, (_, word) in cases.items():
        if name in harmless:
            assert told[name] == "READ"
        else:
            assert ".pkl" in told[name], (name, told[name])
            assert word is None or word in told[name], (name, told[name])


def test_the_canary_would_sing(tmp_path):
    """The crafted files do run code where Python's own unpickler opens them."""
    canary = tmp_path / "canary"
    cases = hostile(canary)
    for name in ("os.system", "exec", "instance", "object"):
        pickle.loads(cases[name][0])
        assert canary.exists(), name
        canary.unlink()


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused_in_one_line(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("p") / "data.pkl"
    for start in (b"", pickle.dumps({"x": np.arange(3)}, 2)[:-30]):
        file.write_bytes(start + content)
        try:
            read_pickle(file, MOST)
        except DatasetError as error:
            assert len(str(error).splitlines()) == 1


def test_files_that_are_not_there_or_too_large(tmp_path):
    with pytest.raises(DatasetError, match="there is no file"):
        read_pickle(tmp_path / "no.pkl", MOST)
    with pytest.raises(DatasetError, match=r"0\.01 GB; 0\.001"):
        read_pickle(written(tmp_path, np.zeros(10**6)), MOST)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_pickle(tmp_path, 10**9)
