"""Starting runs from a page or the command line: they are stored and queued, and a supervisor is there to
take them."""

import sys
import threading

from app.home import data_home, supervisor_log
from app.training.configuring import Planned
from app.training.processes import host_name, is_alive, start_detached
from app.training.trainer_command import child_environment
from engine.errors import one_line
from engine.files.fingerprint import pin_data
from engine.settings.experiment import ExperimentSettings, parse
from engine.settings.paths import absolute_path
from storage.clock import now_ms
from storage.database import Database
from storage.jobs import live_supervisor
from storage.runs import ALIVE, NewRun, get_run, live_state, requeue

LONGEST_TITLE = 300


def new_run(planned: Planned, title: str | None = None, known: dict[str, str] | None = None) -> NewRun:
    """What storage keeps of a run before it starts. title: where it is not called by study, method and
    seed; known: see `pin_data`. Raises `DatasetError` where the settings name other data than are there."""
    settings = pin_data(_anchored(planned.settings), data_home(), known)
    return NewRun(
        title=one_line(title or planned.title, LONGEST_TITLE),
        study=planned.study,
        preset=planned.preset,
        dataset=settings.data.name,
        method=settings.objective.name,
        seed=settings.seed,
        digest=settings.digest(),
        settings=settings.model_dump(mode="json"),
    )


def _anchored(settings: ExperimentSettings) -> ExperimentSettings:
    """The settings with the data's paths made absolute: the supervisor may work in another folder than
    ours."""
    content = settings.model_dump(mode="json")
    for name in ("path", "test_path"):
        if content["data"].get(name):
            content["data"][name] = str(absolute_path(content["data"][name]))
    return parse(content)


def ensure_supervisor(db: Database) -> None:
    """Start a supervisor, detached from us, where this host has none that lives; of two started at once one
    stays."""
    current = live_supervisor(db, host_name())
    if current is not None and is_alive(current.pid, current.pid_started):
        return
    home = data_home()
    command = [sys.executable, "-m", "app.cli", "supervise"]
    child = start_detached(command, supervisor_log(home), child_environment(db, home))
    # Nothing depends on this thread; it only takes the zombie away should the supervisor end before we do.
    threading.Thread(target=child.wait, name="supervisor reaper", daemon=True).start()


def resume(db: Database, run_id: int) -> list[int]:
    """Queue an interrupted run again and see to a supervisor; a run that waits or works is left as it is.

    Raises `WrongState` for a finished one, and `NoSuchRun`.
    """
    if live_state(get_run(db, run_id), now_ms()) not in ("queued", *ALIVE):
        requeue(db, run_id)
    ensure_supervisor(db)
    return [run_id]
