"""The runs of one host under its supervisor: starting what waits, reaping what ended, stopping what was asked
to stop.

Nothing is held here that the database does not hold too; jobs that an earlier supervisor started are taken
over.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

from app.error_lines import one_line
from app.home import run_log
from app.training.devices import cores, gpu_load, gpus
from app.training.processes import host_name, identify, start_detached
from app.training.scheduling import ImpossibleDemand, Machine, Place, check_demand, next_start
from app.training.supervisor_log import say
from app.training.trainer_command import trainer_command, trainer_environment
from app.training.watched import Watched, silence
from engine.settings.experiment import ExperimentSettings, SettingsError, parse
from storage import jobs
from storage.database import Database
from storage.pauses import paused_devices
from storage.runs import Run, add_log, get_run, list_runs, mark_ended, mark_lost

MEMORY_FOR_ANOTHER = 2**30
"""Bytes that must be free before a run is started beside others."""
MOST_LOOKED_AT = 200
"""Waiting jobs that are considered at one look."""


class Patience(NamedTuple):
    """Seconds: of silence until a run is lost; from an ignored request to stop to the signal, and from there
    to the kill."""

    lost: float = 60.0
    grace: float = 30.0
    kill: float = 15.0


DEFAULT_PATIENCE = Patience()


def this_machine() -> Machine:
    """Our GPUs, those with the most free memory first, and cores."""
    loads = {gpu.number: gpu_load(gpu.number) for gpu in gpus()}
    used = {number: 0 if load is None else load.memory // 2**30 for number, load in loads.items()}
    return Machine(tuple(sorted(used, key=lambda number: (used[number], number))), cores())


class Fleet:
    """What one supervisor looks after; `look` is one round over all of it.

    command: (run id, job id, place) → what to start for a run. machine: what there is to place runs on, asked
    at every start.
    """

    def __init__(
        self,
        db: Database,
        home: Path,
        patience: Patience = DEFAULT_PATIENCE,
        command: Callable[[int, int, Place], list[str]] = trainer_command,
        machine: Callable[[], Machine] = this_machine,
    ) -> None:
        self.db, self.home, self.patience = db, home, patience
        self._command, self._machine, self._host = command, machine, host_name()
        self._watched: dict[int, Watched] = {}
        self._parsed: dict[int, ExperimentSettings] = {}
        self.on_end: Callable[[int], None] = lambda run_id: None
        """Called with the number of each run that has ended, however it did."""

    def look(self, supervisor: str) -> bool:
        """Tend what runs, start what waits; whether there is anything of either."""
        active = {job.id: job for job in jobs.active_jobs(self.db)}
        for job in active.values():
            self._watched.setdefault(job.id, Watched(job))
        runs = {
            run.id: run
            for run in list_runs(self.db, ids={watched.job.run_id for watched in self._watched.values()})
        }
        for number, watched in list(self._watched.items()):
            self._tend(watched, runs.get(watched.job.run_id) if number in active else None)
        waiting = jobs.queued_jobs(self.db, startable=True)
        if waiting:
            self._start_waiting(supervisor, waiting)
        return bool(self._watched or waiting)

    def _tend(self, watched: Watched, run: Run | None) -> None:
        """Reap, stop or give up one job; `run` is None when it was deleted, or started anew."""
        if run is None:
            watched.insist(0.0, self.patience.kill)
            if watched.ended() or watched.leader is None:
                del self._watched[watched.job.id]
            return
        quiet = silence(run) > self.patience.lost
        if watched.job.host == self._host:
            watched.learn(run)
            gone = watched.ended() or (watched.leader is None and quiet)
        else:
            gone = quiet  # a process elsewhere is only known by its beat
        if gone:
            # Read again: what the process recorded last may be younger than our look at the run.
            self._bury(watched, get_run(self.db, run.id))
        elif run.stop_requested or run.status not in ("starting", "running", "lost"):
            watched.insist(self.patience.grace, self.patience.kill)
        elif quiet and mark_lost(
            self.db, run.id, f"no sign of life for {self.patience.lost:.0f} s, though its process is there"
        ):
            say(f"run {run.id} is silent")

    def _bury(self, watched: Watched, run: Run) -> None:
        """The process is gone: the run ends as it said, else as stopped, failed or lost."""
        job, status = watched.job, run.status
        if status in ("starting", "running", "lost"):
            resumable, line = watched.how_it_ended(run_log(self.home, run.id))
            add_log(self.db, run.id, line)
            if run.stop_requested:
                mark_ended(self.db, run.id, status := "stopped", attempt=run.attempts)
            elif resumable:
                status = "lost"
                mark_lost(self.db, run.id, line)
            else:
                mark_ended(self.db, run.id, status := "failed", line, attempt=run.attempts)
        jobs.finish(self.db, job.id, "failed" if status in ("failed", "lost") else "done")
        del self._watched[job.id]
        say(f"run {run.id} is {status}")
        self.on_end(run.id)

    def _start_waiting(self, supervisor: str, waiting: list[jobs.Job]) -> None:
        """Start what finds a place, in order, as `next_start` says."""
        machine, paused = self._machine(), paused_devices(self.db)
        behind = len(waiting[MOST_LOOKED_AT:])
        possible = self._possible(supervisor, waiting[:MOST_LOOKED_AT], machine)
        while possible:
            held = [
                watched.job.device for watched in self._watched.values() if watched.job.host == self._host
            ]
            if held and psutil.virtual_memory().available < MEMORY_FOR_ANOTHER:
                return
            wishes = [settings.training for _, settings in possible]
            start = next_start(wishes, machine, held, paused, behind)
            if start is None:
                return
            passed_over = [job.id for job, _ in possible[: start.position]]
            job, settings = possible.pop(start.position)
            if not self._start(supervisor, job, passed_over, settings, start.place):
                return  # taken back, paused or overtaken since the queue was read; the next look sees it

    def _possible(
        self, supervisor: str, waiting: list[jobs.Job], machine: Machine
    ) -> list[tuple[jobs.Job, ExperimentSettings]]:
        """Those of the waiting that this machine can run at all, with their settings; others are failed."""
        wanted = {job.run_id for job in waiting}
        unread = list_runs(self.db, ids=wanted - self._parsed.keys()) if wanted - self._parsed.keys() else []
        stored = {run.id: run.settings for run in unread}
        self._parsed = {number: known for number, known in self._parsed.items() if number in wanted}
        possible = []
        for job in waiting:
            try:
                if job.run_id in stored:
                    self._parsed[job.run_id] = parse(stored[job.run_id])
                if job.run_id in self._parsed:  # else it was deleted since the queue was read
                    check_demand(self._parsed[job.run_id].training, machine)
                    possible.append((job, self._parsed[job.run_id]))
            except (SettingsError, ImpossibleDemand) as error:
                self._refuse(supervisor, job, one_line(error))
        return possible

    def _start(
        self,
        supervisor: str,
        waiting: jobs.Job,
        passed_over: list[int],
        settings: ExperimentSettings,
        where: Place,
    ) -> bool:
        """Claim a job and start its process; False where it cannot be claimed any more."""
        job = jobs.claim(self.db, supervisor, where.device(), where.processes, waiting.id, passed_over)
        if job is None:
            return False
        environment = trainer_environment(
            self.db, self.home, where, hide_gpus=settings.training.device == "cpu"
        )
        try:
            child = start_detached(
                self._command(job.run_id, job.id, where), run_log(self.home, job.run_id), environment
            )
        except OSError as error:
            self._fail(job, f"the training process could not be started: {one_line(error)}")
            return True
        self._watched[job.id] = Watched(job, identify(child.pid), child)
        say(f"run {job.run_id} starts on {job.device} as process {child.pid}")
        return True

    def _refuse(self, supervisor: str, waiting: jobs.Job, line: str) -> None:
        job = jobs.claim(self.db, supervisor, "none", 1, waiting.id)
        if job is not None:
            self._fail(job, line)

    def _fail(self, job: jobs.Job, line: str) -> None:
        mark_ended(self.db, job.run_id, "failed", line)
        jobs.finish(self.db, job.id, "failed", line)
        say(f"run {job.run_id} failed: {line}")
        self.on_end(job.run_id)
