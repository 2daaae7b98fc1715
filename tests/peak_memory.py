"""A process of its own for what may take too much memory, and how much it took."""

import os
import subprocess
import sys
from pathlib import Path


def peak_kib() -> int:
    """The most resident memory this process has had. `ru_maxrss` will not do: it starts at the parent's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def run_python(code: str, *arguments: object) -> list[str]:
    """The lines that the code prints; it finds the project and this file."""
    folders = [str(Path(__file__).parent), str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, folders))}
    command = [sys.executable, "-c", code, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.splitlines()
