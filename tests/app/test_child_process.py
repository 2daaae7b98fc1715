"""Work in a process of its own: what it says, and that no more than its time and memory is taken."""

import sys
from pathlib import Path

import pytest
from eventually import eventually
from peak_memory import run_python

from app import child_process as child
from app.child_process import ChildError, run_child


def run(code: str, work: Path, seconds: float = 60.0, request: str = "") -> None:
    run_child([sys.executable, "-c", code], request, work, seconds)


def test_it_is_given_the_request_and_may_say_what_it_likes(tmp_path: Path) -> None:
    run(
        "import sys; assert sys.stdin.read() == 'äß' * 100_000; print('x' * 10**6)",
        tmp_path,
        request="äß" * 100_000,
    )


def test_the_last_line_it_said_is_the_error(tmp_path: Path) -> None:
    code = "import sys; sys.stderr.write('noise\\n' * 10**6 + 'no such thing\\n\\n'); sys.exit(2)"
    with pytest.raises(ChildError, match=r"^no such thing$") as caught:
        run(code, tmp_path)
    assert caught.value.refused
    with pytest.raises(ChildError, match="it ended with code 5") as caught:
        run("import sys; sys.exit(5)", tmp_path)
    assert not caught.value.refused


def test_one_that_was_killed_says_by_what(tmp_path: Path) -> None:
    with pytest.raises(ChildError, match="it was ended by SIGSEGV"):
        run("import os, signal; print('before', flush=True); os.kill(os.getpid(), signal.SIGSEGV)", tmp_path)


def test_too_long_and_all_that_it_started_is_gone(tmp_path: Path) -> None:
    code = f"""
import subprocess, sys, time
other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open({str(tmp_path / "pid")!r}, "w").write(str(other.pid))
time.sleep(600)
"""
    with pytest.raises(ChildError, match="it was given up after 10 s"):
        run(code, tmp_path, seconds=10.0)  # enough to start both on a busy machine
    pid = int((tmp_path / "pid").read_text())
    eventually(lambda: has_ended(Path(f"/proc/{pid}/stat")))


def has_ended(status: Path) -> bool:
    """Whether the process of this file in /proc is gone, or waits to be reaped."""
    return not status.exists() or status.read_text().rsplit(")", 1)[1].split()[0] == "Z"


def test_too_much_memory_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "free_memory", lambda: 100_000_000)
    with pytest.raises(ChildError, match=r"it took more than the 0\.09 GB of memory that were free"):
        run("import time; a = bytearray(b'x') * 400_000_000; time.sleep(600)", tmp_path)


def test_it_is_what_linux_ends_first() -> None:
    code = """
from pathlib import Path
from app.preview.process import _die_first
_die_first()
print(Path("/proc/self/oom_score_adj").read_text())
"""
    assert run_python(code)[0] == "1000"
