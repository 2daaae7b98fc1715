"""A dashboard as a user starts it: its own data home and port, a log file, and an end to every process it
began."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
from eventually import eventually

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Studio:
    """One data home and the server on it; `start` after `stop_server` serves the same home again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.log = folder / "server.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For a process that works on this home."""
        return os.environ | {"INFMASKING_HOME": str(self.home)}

    def command(self, *words: str) -> str:
        """What `infmasking WORDS` prints in this home; it must succeed."""
        program = [sys.executable, "-m", "app.cli", *words]
        return subprocess.run(
            program,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    def start(self) -> None:
        """Serve, and return when the server says that it is healthy."""
        command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(self.port)]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        going = self._server
        eventually(
            self._is_healthy,
            going=lambda: going.poll() is None,
            explain=lambda: f"the dashboard did not start:\n{self.log.read_text()[-4000:]}",
        )

    def stop_server(self) -> None:
        """Close the dashboard as Ctrl-C does; supervisor and trainers are none of its business."""
        if self._server is not None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(timeout=60)
            self._server = None

    def processes(self) -> list[psutil.Process]:
        """Every process that works on this data home: server, supervisor, trainers."""
        return [process for process in psutil.process_iter() if _home_of(process) == str(self.home)]

    def server_has_loaded(self, library: str) -> bool:
        """Whether the dashboard's process holds a shared library of that name in its memory."""
        assert self._server is not None
        return any(library in mapping.path for mapping in psutil.Process(self._server.pid).memory_maps())

    def end(self) -> None:
        """End all processes of this home; the whole list again, for a supervisor may start a trainer
        meanwhile."""
        while found := self.processes():
            for process in found:
                try:
                    process.kill()
                except psutil.NoSuchProcess:
                    continue
            psutil.wait_procs(found, timeout=60)

    def _is_healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=30) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def _home_of(process: psutil.Process) -> str | None:
    """The data home in a process's environment; None for processes that are gone or not ours to look at."""
    try:
        return process.environ().get("INFMASKING_HOME") if process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.Error:
        return None
