"""Runs followed in the terminal: one line that says how far they are, a line for each that ends, Ctrl-C to
stop them."""

import math
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence

from app.training.processes import host_name, is_alive, signal_all
from engine.metric import all_metrics
from storage.clock import now_ms
from storage.database import Database
from storage.queries import results
from storage.runs import Run, list_runs, live_state, mark_ended, request_stop

LOOK_SECONDS = 0.5
PLAIN_SECONDS = 15.0
"""Between two progress lines where the output is no terminal."""


def follow(db: Database, run_ids: Sequence[int], echo: Callable[[str], None]) -> int:
    """Show the runs until all have ended; returns the exit code: 0 when all finished, 130 after Ctrl-C, else
    1.

    The first Ctrl-C asks the runs to stop, which saves a checkpoint; the second ends their processes.
    """
    line, clock, ended = _StatusLine(), _Clock(), dict[int, str]()
    interrupts = 0
    while len(ended) < len(run_ids):
        try:
            for run in sorted(list_runs(db, ids=run_ids), key=lambda run: run.id):
                state = live_state(run, now_ms())
                if run.id not in ended and state in ("finished", "stopped", "failed", "lost"):
                    ended[run.id] = state
                    line.clear()
                    echo(_ending(db, run, state))
            runs = list_runs(db, ids=[number for number in run_ids if number not in ended])
            for gone in set(run_ids) - set(ended) - {run.id for run in runs}:
                ended[gone] = "deleted"
            if runs:
                line.show(_status(runs, len(run_ids), len(ended), clock))
                time.sleep(LOOK_SECONDS)
        except KeyboardInterrupt:
            interrupts += 1
            line.clear()
            left = [number for number in run_ids if number not in ended]
            if interrupts == 1:
                echo("stopping after a checkpoint; press Ctrl-C again to end at once")
                for number in left:
                    request_stop(db, number)
            else:
                _abort(db, left)
    if all(state == "finished" for state in ended.values()):
        return 0
    return 130 if interrupts else 1


def _abort(db: Database, run_ids: Sequence[int]) -> None:
    """End the processes of runs on this machine at once; their last saved state stays."""
    for run in list_runs(db, ids=run_ids):
        if run.host == host_name() and run.pid is not None and is_alive(run.pid, run.pid_started):
            signal_all(run.pid, signal.SIGKILL)
        mark_ended(db, run.id, "stopped")


def _ending(db: Database, run: Run, state: str) -> str:
    if state == "finished":
        columns = results(db, [run.id])
        figures = [
            f"{task} {metric} {value:{'.3f' if all_metrics()[metric].unit == 'share' else '.3g'}}"
            for task, metric, value in zip(columns["task"], columns["metric"], columns["value"], strict=True)
            if metric in all_metrics()
        ]
        return f"run {run.id} ({run.title}) finished: {', '.join(figures) or 'no results'}"
    return f"run {run.id} ({run.title}) {state}" + (f": {run.error}" if run.error else "")


def _status(runs: Sequence[Run], count: int, ended: int, clock: "_Clock") -> str:
    """One run: phase, epochs, steps and time left; several: how many there are of each state."""
    left = clock.left(runs)
    if count > 1:
        queued = sum(run.status == "queued" for run in runs)
        done = sum(run.step / run.steps for run in runs if run.steps) + ended
        text = (
            f"{ended} of {count} ended, {len(runs) - queued} at work, {queued} waiting · {done / count:.0%}"
        )
    else:
        (run,) = runs
        text = f"run {run.id} {run.phase if run.status == 'running' and run.phase else run.status}"
        if run.stop_requested:
            text += " (stopping)"
        if run.steps:
            epoch = min(run.epoch + 1, run.epochs)
            text += (
                f" · epoch {epoch}/{run.epochs} · step {run.step}/{run.steps} · {run.step / run.steps:.0%}"
            )
    return text if math.isinf(left) else f"{text} · {duration(left)} left"


class _Clock:
    """Time left, from the steps done since we began to look."""

    def __init__(self) -> None:
        self._first: dict[int, tuple[float, int]] = {}

    def left(self, runs: Sequence[Run]) -> float:
        """Seconds until the steps of all runs are done at the present speed; infinite while that is
        unknown."""
        now, speed, steps = time.monotonic(), 0.0, 0
        for run in runs:
            if run.steps:
                begun, step = self._first.setdefault(run.id, (now, run.step))
                speed += (run.step - step) / max(now - begun, 1e-9)
            steps += run.steps - run.step
        # Runs that wait have not said how many steps they have; each is taken to be like the mean of the
        # others.
        known = [run.steps for run in runs if run.steps]
        steps += (len(runs) - len(known)) * (sum(known) // len(known) if known else 0)
        return steps / speed if speed > 0 else math.inf


class _StatusLine:
    """A line that is overwritten in a terminal, and printed now and then elsewhere. It goes to stderr."""

    def __init__(self) -> None:
        self._terminal, self._printed, self._last = sys.stderr.isatty(), -math.inf, ""

    def show(self, text: str) -> None:
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"\r\x1b[2K{text[:width]}")
            sys.stderr.flush()
        elif text != self._last and time.monotonic() - self._printed >= PLAIN_SECONDS:
            print(text, file=sys.stderr, flush=True)
            self._printed, self._last = time.monotonic(), text

    def clear(self) -> None:
        if self._terminal:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()


def duration(seconds: float) -> str:
    """42 s, 3:05 min or 2:07 h."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02} h"
