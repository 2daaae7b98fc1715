"""The process of one run: it trains and probes what the run's record says, and leaves the run finished,
stopped or failed."""

import contextlib
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Literal

from app.error_lines import EXPECTED, one_line
from app.home import spool_file
from app.training.devices import gpus
from app.training.monitor import Monitor
from app.training.processes import host_name, this_process
from app.training.ranks import LOST_PEER, lost_peer
from engine.errors import UserError
from engine.files.code_version import code_version
from engine.recorders.machine import machine_facts
from engine.settings.experiment import ExperimentSettings, parse
from storage.database import Database, DatabaseError
from storage.jobs import active_jobs
from storage.recorder import RunRecorder
from storage.runs import NoSuchRun, Run, get_run, mark_ended, mark_started

Ending = Literal["finished", "stopped", "failed"]

LAST_WORDS_SECONDS = 60.0
"""How long the end of a run is tried to be recorded in a database that fails."""


class Aborted(BaseException):
    """Raised by a signal that came after the run was already asked to stop; past `except Exception` of any
    library."""


class RefusedRun(UserError):
    """A run that this process must not train."""


class TrainingRecorder(RunRecorder):
    """A recorder that also heeds signals, prints messages, and knows the step for the load monitor."""

    step_now = 0
    signalled = False

    def progress(self, *, epoch: int, epochs: int, step: int, steps: int) -> None:
        """As `RunRecorder.progress`."""
        self.step_now = step
        super().progress(epoch=epoch, epochs=epochs, step=step, steps=steps)

    def message(self, text: str) -> None:
        """As `RunRecorder.message`, and into the process's own log."""
        tell(text)
        super().message(text)

    def should_stop(self) -> bool:
        """True after a signal too."""
        return self.signalled or super().should_stop()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """First a request to stop at the next step; once that is known, the end."""
        if self.should_stop():
            raise Aborted
        self.signalled = True


def train_run(db: Database, home: Path, run_id: int, job_id: int) -> int:
    """Train a run that the supervisor placed here; returns the exit code: 1 when it failed, or `LOST_PEER`.

    Raises `NoSuchRun` and `RefusedRun`; errors of the training become the run's error line instead.
    """
    run = get_run(db, run_id)
    if not any(job.id == job_id and job.run_id == run_id for job in active_jobs(db, host_name())):
        raise RefusedRun(
            f"job {job_id} of run {run_id} is not to be done here; it was ended, or taken by another machine"
        )
    _end_with_launcher()
    if int(os.environ.get("RANK", "0")) > 0:
        return _train_beside(run, home)
    me = this_process()
    mark_started(
        db,
        run_id,
        host=host_name(),
        pid=me.pid,
        pid_started=me.started,
        code_version=code_version(),
        machine=machine_facts([gpu.name for gpu in gpus()]),
    )
    spool = spool_file(home, run_id)
    with TrainingRecorder(db, run_id, spool) as recorder:
        ending, error = _train(run, recorder, home)
        if ending is None:
            return LOST_PEER  # whoever started them all knows why, and how the run ended
        if error:
            recorder.log(f"failed: {error}")
        elif ending == "stopped":
            recorder.message("stopped; a resume continues from here")
        _record_end(db, recorder, spool, run, ending, error)
    return 1 if ending == "failed" else 0


def _train(run: Run, recorder: TrainingRecorder, home: Path) -> tuple[Ending | None, str | None]:
    """How it ended, None where another process of the run is gone, and the error line if it failed."""
    _on_signals(recorder.on_signal)
    try:
        recorder.phase("starting")
        settings = parse(run.settings)
        with Monitor(recorder.metrics, lambda: recorder.step_now, _visible_gpus(settings)):
            from engine.experiment import run_experiment

            return run_experiment(settings, recorder, home), None
    except Aborted:
        return "stopped", None
    except Exception as error:
        line = _told(error)
        return "failed" if line else None, line
    finally:
        _on_signals(signal.SIG_IGN)  # the end is near, and it must be recorded


def _told(error: Exception) -> str | None:
    """The error line, which is printed too; None where the cause is that another process of the run is
    gone."""
    line = one_line(error)
    if lost_peer(error):
        tell(f"another process of the run is gone: {line}")
        return None
    if not isinstance(error, EXPECTED):
        tell(traceback.format_exc())
    tell(f"error: {line}")
    return line


def _on_signals(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def tell(text: str) -> None:
    """Print a line into the process's log; a full disk must not end a training."""
    with contextlib.suppress(OSError):
        print(text, flush=True)


def _train_beside(run: Run, home: Path) -> int:
    """A process other than the first of a run: it computes its share and records nothing."""
    from engine.experiment import run_experiment
    from engine.recorders.folder import SilentRecorder

    try:
        run_experiment(parse(run.settings), SilentRecorder(), home)
    except Exception as error:
        return 1 if _told(error) else LOST_PEER
    return 0


def _visible_gpus(settings: ExperimentSettings) -> list[int]:
    return [] if settings.training.device == "cpu" else [gpu.number for gpu in gpus()]


def _record_end(
    db: Database, recorder: RunRecorder, spool: Path, run: Run, ending: Ending, error: str | None
) -> None:
    """Store what is left and how the run ended, unless it was started anew or deleted; insists while the
    database fails."""
    deadline = time.monotonic() + LAST_WORDS_SECONDS
    while True:
        recorder.flush()
        patient = time.monotonic() < deadline
        try:
            if not (patient and spool.exists()):
                mark_ended(db, run.id, ending, error, attempt=run.attempts)
                return
        except NoSuchRun:
            return
        except DatabaseError:
            if not patient:
                raise
        time.sleep(1.0)


def _end_with_launcher() -> None:
    """Under `accelerate launch`, end when the launcher does: a killed launcher would leave its workers as
    orphans."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return
    launcher = os.getppid()

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, name="launcher watch", daemon=True).start()
