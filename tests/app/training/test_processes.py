"""Detached processes: known again by start time, and signalled with everything they started."""

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest
from eventually import eventually

from app.training.processes import identify, is_alive, signal_all, start_detached, this_process


def test_this_process_is_alive_and_its_pid_with_another_start_is_not() -> None:
    me = this_process()
    assert is_alive(*me)
    assert not is_alive(me.pid, me.started - 1)
    assert not is_alive(None, None)


def test_an_ended_child_is_dead_before_and_after_it_is_reaped(tmp_path: Path) -> None:
    child = start_detached([sys.executable, "-c", "input()"], tmp_path / "log", os.environ)
    known = identify(child.pid)
    assert known is not None
    eventually(lambda: not is_alive(*known))  # stdin is /dev/null, so it ends with an error
    assert child.wait() == 1
    assert not is_alive(*known)
    assert "EOFError" in (tmp_path / "log").read_text()


def test_a_detached_process_leads_its_own_session_and_appends_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "x.log"
    command = [sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid(), os.isatty(1))"]
    for _ in range(2):
        assert start_detached(command, log, os.environ).wait() == 0
    assert log.read_text() == "True False\n" * 2


def test_a_signal_reaches_children_that_made_sessions_of_their_own(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'], "
        "start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    log = tmp_path / "log"
    parent = start_detached([sys.executable, "-c", program], log, os.environ)
    eventually(lambda: log.exists() and log.read_text().strip().isdigit())
    known = identify(int(log.read_text()))
    assert known is not None
    signal_all(parent.pid, signal.SIGKILL)
    assert parent.wait() == -signal.SIGKILL
    eventually(lambda: not is_alive(*known))


def test_a_process_is_known_by_what_the_kernel_counts(tmp_path: Path) -> None:
    """A second reading of the wall clock, which may have been set in between, plays no part."""
    found = this_process()
    ticks = Path("/proc/self/stat")
    if not ticks.exists():
        pytest.skip("only Linux counts the start of a process itself")
    started = int(ticks.read_text().rpartition(")")[2].split()[19]) / os.sysconf("SC_CLK_TCK")
    assert found.started == pytest.approx(started, abs=0.01)
    assert found.started == pytest.approx(psutil.Process().create_time() - psutil.boot_time(), abs=1.5)
