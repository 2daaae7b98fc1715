"""Processes that outlive us: starting them, knowing them again, and signalling all that they started.

A pid is reused; a pid with its start time is not. The start time is in seconds after boot, which a step of
the wall clock does not change.
"""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

SLACK = 0.05
"""Seconds that two readings of one start time may differ by; the kernel counts it in steps of 10 ms."""


class ProcessId(NamedTuple):
    """A process that can be recognised later: its pid and its start, in seconds after boot."""

    pid: int
    started: float


def host_name() -> str:
    """Name of this machine, as runs and supervisors record it."""
    return socket.gethostname()


def identify(pid: int) -> ProcessId | None:
    """The process that has this pid now, or None; a zombie has ended and counts as none."""
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return ProcessId(pid, _started(process))
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None


def _started(process: psutil.Process) -> float:
    """Seconds after boot. The kernel counts them itself on Linux; two readings of the wall clock, as psutil
    takes them, differ by a step that falls between them."""
    stat = Path(f"/proc/{process.pid}/stat")
    try:
        ticks = int(stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[19])
    except (OSError, IndexError, ValueError):
        return round(float(process.create_time() - psutil.boot_time()), 2)
    return round(ticks / os.sysconf("SC_CLK_TCK"), 2)


def this_process() -> ProcessId:
    """The calling process."""
    current = identify(os.getpid())
    assert current is not None
    return current


def is_alive(pid: int | None, started: float | None) -> bool:
    """Whether that very process still runs on this host, not another one that got its pid."""
    if pid is None or started is None:
        return False
    now = identify(pid)
    return now is not None and abs(now.started - started) <= SLACK


def start_detached(
    command: Sequence[str], log: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Starts `command` in a session of its own, its output appended to `log`.

    It has no pipe and no terminal of ours, so neither our end nor a closed browser ends it. The caller reaps
    it with `poll`. Raises `OSError` where the program or the log cannot be opened.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            close_fds=True,
        )


def signal_all(pid: int, number: signal.Signals) -> None:
    """Sends a signal to the process group led by `pid` and to the groups of everything it started.

    `accelerate launch` gives each of its workers a session of its own, so its group alone would leave them as
    orphans.
    """
    groups = {pid}
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(ProcessLookupError):
                groups.add(os.getpgid(child.pid))
    our_group = os.getpgrp()
    for group in groups - {our_group}:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
