"""A database of its own for each test."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.runs import NewRun, create_runs


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database.at(tmp_path)
    yield database
    database.close()


@pytest.fixture
def run_id(db: Database) -> int:
    new = NewRun("CoMM on bits", "bits-quick", "bits", "comm", 0, "d" * 8, {"objective": {"name": "comm"}})
    return create_runs(db, [new])[0]


PRELUDE = """
import pathlib, sys, time
def go():
    print("ready", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def run_together() -> Callable[[str, list[list[str]]], list[str]]:
    """Runs Python code in one process for each list of arguments; all pass their `go()` at once. Returns what
    each printed."""

    def run(code: str, arguments: list[list[str]]) -> list[str]:
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        many = [
            subprocess.Popen([sys.executable, "-c", PRELUDE + code, *map(str, some)], **pipes)
            for some in arguments
        ]
        assert [one.stdout.readline() for one in many] == ["ready\n"] * len(many)
        for one in many:
            one.stdin.write("go\n")
            one.stdin.flush()
        ends = [one.communicate(timeout=120) for one in many]
        assert [errors for _, errors in ends] == [""] * len(many)  # warnings go there too
        assert [one.returncode for one in many] == [0] * len(many)
        return [output for output, _ in ends]

    return run


@pytest.fixture(autouse=True)
def no_named_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("INFMASKING_DATABASE_URL", raising=False)
