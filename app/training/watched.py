"""One started job under a supervisor's eyes: whether its process lives, how it ended, and how it is made to
stop."""

import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from app.training.processes import ProcessId, is_alive, signal_all
from app.training.ranks import LOST_PEER
from storage.clock import now_ms
from storage.jobs import Job
from storage.run import silence_ms
from storage.runs import Run


@dataclass
class Watched:
    """A job and its process. leader: the process we started, or the one that the run's record names; child:
    if it is ours."""

    job: Job
    leader: ProcessId | None = None
    child: "subprocess.Popen[bytes] | None" = None
    stopping_since: float | None = None
    sent: set[signal.Signals] = field(default_factory=set)

    def learn(self, run: Run) -> None:
        """Take the process from the run's record where we did not start it ourselves."""
        if self.leader is None and run.pid is not None and run.pid_started is not None:
            self.leader = ProcessId(run.pid, run.pid_started)

    def ended(self) -> bool:
        """Whether the process is known to be gone; one that was never seen is not known to be."""
        if self.child is not None:
            return self.child.poll() is not None
        return self.leader is not None and not is_alive(*self.leader)

    def how_it_ended(self, log: Path) -> tuple[bool, str]:
        """Whether a resume promises more (it was killed, not failed), and a line that says how it ended."""
        code = self.child.poll() if self.child is not None else None
        if code is None or code == 0:
            return (
                True,
                "the training process ended without a word; resume continues from its last checkpoint",
            )
        if code < 0:
            name = signal.Signals(-code).name
            hint = ", perhaps because memory ran out" if name == "SIGKILL" else ""
            return (
                True,
                f"the training process was ended by {name}{hint}; resume continues from its last checkpoint",
            )
        if code == LOST_PEER:
            return (
                True,
                "the connection to another process of the run was lost; resume continues from its last "
                "checkpoint",
            )
        return False, last_error(log) or f"the training process ended with exit code {code}"

    def insist(self, grace: float, kill: float) -> None:
        """Signal the process, first politely, once it has ignored the request to stop for `grace` (and then
        `kill`) seconds."""
        now = time.monotonic()
        if self.stopping_since is None:
            self.stopping_since = now
        waited = now - self.stopping_since
        number = signal.SIGKILL if waited > grace + kill else signal.SIGTERM
        if self.leader is not None and waited > grace and number not in self.sent and is_alive(*self.leader):
            self.sent.add(number)
            signal_all(self.leader.pid, number)


def silence(run: Run) -> float:
    """Seconds since the run's last sign of life."""
    return silence_ms(run, now_ms()) / 1000


def last_error(log: Path) -> str | None:
    """The last line of a log that says "error: …", else its last line, or None where there is none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 16_384))
            lines = [
                line.strip() for line in file.read().decode(errors="replace").splitlines() if line.strip()
            ]
    except OSError:
        return None  # nothing was printed
    errors = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    candidates = errors or lines
    return candidates[-1] if candidates else None
