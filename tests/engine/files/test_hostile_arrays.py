"""Uploads that nobody honest makes: one line each, and no more memory than is allowed, whatever they
declare."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import tiny_parquet
from hostile_files import ARRAY_FILES, npy, npz
from peak_memory import run_python

from engine.errors import DatasetError
from engine.files.memory import bounded_memory, free_memory

LOOKS = """
import sys
from pathlib import Path
from peak_memory import peak_kib
from engine.errors import DatasetError
from engine.files.contents import describe_file
for file in sys.argv[2:]:
    try:
        entries = describe_file(Path(file), float(sys.argv[1]))
        print([entry.problems or (entry.kind, entry.shape) for entry in entries])
    except DatasetError as error:
        print(error)
print(peak_kib())
"""


def looked_into(folder: Path, gigabytes: float, contents: dict[str, bytes]) -> tuple[list[str], float]:
    """What is said of each file by one process of its own, and its peak in MB."""
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    *lines, peak = run_python(LOOKS, gigabytes, *(folder / name for name in contents))
    return lines, int(peak) / 1000


def test_every_hostile_file_is_refused_in_one_line_before_anything_is_made(tmp_path):
    lines, peak = looked_into(tmp_path, 4.0, {case.name: case.make() for case in ARRAY_FILES})
    assert len(lines) == len(ARRAY_FILES) >= 25
    for case, line in zip(ARRAY_FILES, lines, strict=True):
        assert re.search(case.says, line), (case.name, line)
        assert line.isprintable() and len(line) < 2100, case.name
    assert peak < 200, "MB"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (lambda: tiny_parquet.texts(1_000_000, 4000), r"'classes', \(4000,\)"),  # 4 GB, were each text made
        (
            lambda: tiny_parquet.one_list(200_000_000, declared=10),
            "takes more memory than reading it may take",
        ),
        (lambda: tiny_parquet.packed_numbers(1_500_000_000), "takes more memory than reading it may take"),
    ],
    ids=["one text in all rows", "more values than declared", "a page larger than declared"],
)
def test_what_a_parquet_file_does_not_declare_is_bounded_too(tmp_path, content, says):
    (line,), peak = looked_into(tmp_path, 0.02, {"file.parquet": content()})
    assert re.search(says, line), line
    assert peak < 1_400, "MB: three times the 20 MB allowed and 1 GB besides, over the libraries"


@pytest.mark.parametrize(
    ("x", "says"),
    [
        (npy("'|S0'", "(1000000000,)"), r"x, z, y take 24 GB; 0\.02 GB are allowed"),
        (npy("'<f8'", "(9, 1000000000)"), r"x, z, y take 72 GB; 0\.02 GB are allowed"),
        (npy("'<f8'", "(9, 1000000)", bytes(72_000_000)), "x, z, y take 72 MB; 20 MB are allowed"),
        (npy("'<f8'", "(9, 1000)"), "'x' is cut off: "),
    ],
    ids=["no size", "not there", "zeros", "cut off"],
)
def test_a_training_process_says_one_line_of_it(tmp_path, x, says):
    others = {"z.npy": npy("'<f8'", "(9, 2)", bytes(144)), "y.npy": npy("'<i8'", "(9,)", bytes(72))}
    members = {"x.npy": x} | others
    (tmp_path / "file.npz").write_bytes(npz(members))
    data = {"name": "paired_file", "path": str(tmp_path / "file.npz"), "modalities": ["x", "z"], "label": "y"}
    settings = {"data": data | {"max_gigabytes": 0.02}, "objective": {"name": "comm"}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    command = [sys.executable, "-m", "engine", str(tmp_path / "settings.json"), str(tmp_path / "run")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert re.search(says, line), line


def test_the_bound_is_the_kernels_and_ends_with_the_block():
    code = """
from engine.files.memory import bounded_memory
try:
    with bounded_memory(50_000_000):
        bytearray(40_000_000)
        bytearray(200_000_000)
except MemoryError:
    print("refused", len(bytearray(200_000_000)))
"""
    assert run_python(code) == ["refused 200000000"]


def test_a_bound_inside_a_smaller_one_does_not_widen_it():
    code = """
from engine.files.memory import bounded_memory
try:
    with bounded_memory(50_000_000), bounded_memory(10**12):
        bytearray(200_000_000)
except MemoryError:
    print("refused")
"""
    assert run_python(code) == ["refused"]


def test_free_memory_is_told():
    free = free_memory()
    assert free is not None and 10**7 < free < 10**14


def test_errors_inside_the_bound_pass():
    with pytest.raises(DatasetError, match="ours"), bounded_memory(10**9):
        raise DatasetError("ours")
