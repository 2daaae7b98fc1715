"""Uploads that nobody honest makes, taken as the dashboard takes them: one line each, nothing kept, and the
dashboard's own memory stays as it was."""

import json
import re
from pathlib import Path

import pytest
import tiny_parquet
from hostile_files import ARRAY_FILES, Case
from peak_memory import run_python

UPLOADS = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from peak_memory import peak_kib
from app.launch.uploads import take_upload
from engine.errors import UserError

home = Path(sys.argv[1])
before = peak_kib()

def take(file):
    try:
        with open(file, "rb") as content:
            return f"kept {take_upload(home, file, content).stem}"
    except UserError as error:
        return str(error)

with ThreadPoolExecutor(3) as threads:
    print(json.dumps(list(threads.map(take, sys.argv[2:]))))
print(peak_kib() - before)
print("torch" in sys.modules or "pyarrow.parquet" in sys.modules)
"""
WHOLE = (
    Case(
        "readable.parquet", lambda: tiny_parquet.texts(1_000_000, 4000), "kept"
    ),  # 4 GB, were each text made
    Case("pages.parquet", lambda: tiny_parquet.packed_numbers(1_500_000_000), "cannot be read|memory"),
)

USABLE = ("no_name.npz", "readable.parquet")
"""Files that hold an array that can be used; the other one of `no_name.npz` is told on the page."""


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_the_dashboard_gets_one_line_for_each_and_its_memory_does_not_grow(tmp_path: Path) -> None:
    cases = [*ARRAY_FILES, *WHOLE]
    for case in cases:
        (tmp_path / case.name).write_bytes(case.make())
        assert (tmp_path / case.name).stat().st_size < 10_000_000
    home = tmp_path / "home"
    home.mkdir()
    lines, grown, imported = run_python(UPLOADS, home, *(tmp_path / case.name for case in cases))
    told = json.loads(lines)
    assert len(told) >= 40
    for case, line in zip(cases, told, strict=True):
        assert re.search(case.says, line) or case.name in USABLE, (case.name, line)
        assert line.isprintable() and len(line) < 2_100, case.name
    kept = {file.name.rpartition("-")[0] for file in (home / "uploads").iterdir()}
    assert kept == {Path(name).stem for name in USABLE}
    assert int(grown) < 300_000, "kB, for all of them together"
    assert imported == "False"
