"""A process of its own for work that may go wrong: bounded in time and memory, and only a few at a time.

A file that unfolds into more than there is, or that brings a library down, ends this process and not the
dashboard.
"""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from engine.errors import UserError
from engine.files.memory import SHARE_OF_FREE, free_memory

AT_ONCE = 3
"""Processes at a time, all pages together; others wait."""
REFUSED = 2
"""Exit code of a process that says in its last line why what it was given cannot be."""
LOOK_SECONDS = 0.05
LONGEST_ERROR = 16_384
"""Bytes of what the process said last that are looked at."""
_places = threading.BoundedSemaphore(AT_ONCE)


class ChildError(UserError):
    """A process that failed, took too long or took too much; one line.

    refused: whether the process itself said so, of what it was given.
    """

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


def run_child(command: Sequence[str], request: str, work: Path, seconds: float) -> None:
    """Runs `command` with `request` on its standard input; returns when it has ended well.

    work: an empty folder for what passes between us. Raises `ChildError` with the last line it said where it
    failed, or where it took more than `seconds` or more memory than was free.
    """
    (work / "request").write_text(request, encoding="utf-8")
    with _places, (work / "request").open("rb") as given, (work / "said").open("wb") as said:
        child = subprocess.Popen(
            list(command),
            stdin=given,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
            close_fds=True,
        )
        try:
            _watch(child, seconds)
        finally:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)  # all that it started, too
            child.wait()
    if child.returncode != 0:
        line = _last_line(work / "said") if child.returncode > 0 else ""
        raise ChildError(line or _how_it_ended(child.returncode), refused=child.returncode == REFUSED)


def _watch(child: subprocess.Popen[bytes], seconds: float) -> None:
    """Until it ends; raises `ChildError` for one that is to be given up."""
    free = free_memory()
    most = None if free is None else int(SHARE_OF_FREE * free)
    end = time.monotonic() + seconds
    while child.poll() is None:
        if time.monotonic() > end:
            raise ChildError(f"it was given up after {seconds:.0f} s; less data or a smaller size is quicker")
        if most is not None and _resident(child.pid) > most:
            raise ChildError(
                f"it took more than the {most / 1e9:.3g} GB of memory that were free; less data takes less"
            )
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(LOOK_SECONDS)


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0  # it has ended, which the caller sees next


def _last_line(file: Path) -> str:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - LONGEST_ERROR))
        lines = [line for line in stream.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else ""


def _how_it_ended(code: int) -> str:
    if code >= 0:
        return f"it ended with code {code}"
    hint = ", perhaps because memory ran out" if -code == signal.SIGKILL else ""
    return f"it was ended by {signal.Signals(-code).name}{hint}"
