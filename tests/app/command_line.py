"""The command line in the test's own process, in a home of its own."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from app.cli import main

Command = Callable[..., tuple[int, str, str]]


def command_in(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A function that takes arguments and gives exit code, stdout and stderr."""
    monkeypatch.setenv("INFMASKING_HOME", str(home))

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["infmasking", *arguments])
        with pytest.raises(SystemExit) as left:
            main()
        captured = capsys.readouterr()
        return int(left.value.code or 0), captured.out, captured.err

    return run
