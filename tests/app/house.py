"""A data home for tests with supervisors of its own; everything that was started in it ends with it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from eventually import eventually

from app.training.configuring import Planned
from app.training.launching import new_run
from app.training.processes import host_name, is_alive, signal_all, start_detached
from app.training.trainer_command import child_environment
from engine.presets.preset import load_preset
from storage.clock import now_ms
from storage.database import Database
from storage.jobs import live_supervisor
from storage.runs import Run, create_runs, get_run, list_runs, live_state

SMALL = {
    "data.samples": 200,
    "data.probe_samples": 100,
    "data.test_samples": 100,
    "training.epochs": 2,
    "training.batch_size": 32,
    "training.log_every": 1,
    "training.device": "cpu",
    "probe.iterations": 10,
    "decomposition.enabled": False,
}
"""Changes that make a run of the quick preset take a second."""


class House:
    """A database in a folder, with short ways to start and to wait."""

    def __init__(self, home: Path) -> None:
        self.home, self.db = home, Database.at(home)
        self._supervisors: list[subprocess.Popen[bytes]] = []

    def supervisor(self, **options: Any) -> subprocess.Popen[bytes]:
        """Start a supervisor as a process of its own."""
        chosen = {
            "trainer": "tiny",
            "lost": 60.0,
            "grace": 60.0,
            "kill": 60.0,
            "idle": 60.0,
            "cores": 2,
        } | options
        command = [
            sys.executable,
            str(Path(__file__).with_name("quick_supervisor.py")),
            str(self.home),
            json.dumps(chosen),
        ]
        child = start_detached(command, self.home / "logs/supervisor.log", self.environment())
        self._supervisors.append(child)
        return child

    def submit(self, *titles: str, method: str = "comm", study: str = "small", **changes: Any) -> list[int]:
        """Queue small runs of a study, one a title."""
        dotted = {name.replace("__", "."): value for name, value in changes.items()}
        settings = load_preset("bits-quick").experiment(method, 0, SMALL | dotted)
        return create_runs(
            self.db, [new_run(Planned(study, settings, "bits-quick"), title) for title in titles]
        )

    def run(self, run_id: int) -> Run:
        return get_run(self.db, run_id)

    def state(self, run_id: int) -> str:
        return live_state(self.run(run_id), now_ms())

    def wait(self, run_id: int, *states: str, seconds: float = 60.0) -> Run:
        """The run, once it is in one of the states."""
        eventually(
            lambda: self.state(run_id) in states,
            seconds,
            explain=lambda: f"run {run_id} is not {' or '.join(states)}: {self.run(run_id)}\n{self.log()}",
        )
        return self.run(run_id)

    def until(self, condition: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait for a condition; fails with what was printed in this home when it does not come true."""
        eventually(condition, seconds, explain=self.log)

    def log(self) -> str:
        """All that was printed in this home."""
        return "\n".join(
            f"--- {file.name}\n{file.read_text()}" for file in sorted((self.home / "logs").glob("*.log"))
        )

    def environment(self) -> dict[str, str]:
        """For a process of its own that works in this house."""
        return child_environment(self.db, self.home)

    def has_supervisor(self) -> bool:
        return live_supervisor(self.db, host_name()) is not None

    def dismiss(self) -> None:
        """End a supervisor that the code under test started."""
        live = live_supervisor(self.db, host_name())
        if live is not None and is_alive(live.pid, live.pid_started):
            os.kill(live.pid, signal.SIGTERM)
            self.until(lambda: not is_alive(live.pid, live.pid_started))

    def close(self) -> None:
        for child in self._supervisors:
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
                child.wait()
        for run in list_runs(self.db):
            if run.pid is not None and is_alive(run.pid, run.pid_started):
                signal_all(run.pid, signal.SIGCONT)
                signal_all(run.pid, signal.SIGKILL)
        self.db.close()


@contextlib.contextmanager
def open_house(home: Path) -> Iterator[House]:
    """A house that is cleared when the block ends."""
    house = House(home)
    try:
        yield house
    finally:
        house.close()
