"""The queue as it is shown, on the page and on the command line: what waits, in order, and when it will be
done. No Streamlit."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pydantic import ValidationError

from app.queue.durations import seconds_by_kind, seconds_left
from app.queue.forecast import UNKNOWN, Expected, Held, Wish, forecast
from app.training.scheduling import ImpossibleDemand, Machine, check_demand, wants_gpu
from app.wording.figures import show_duration
from engine.settings.training import TrainingSettings
from storage.jobs import Job
from storage.pauses import ALL, Pause, study_scope
from storage.run import ALIVE, Run, live_state

MOST_PLAYED = 300
"""Waiting runs whose start and end are told; those behind them are listed without."""


class Waiting(NamedTuple):
    """A run that waits. device: "GPU" or "CPU", what it wants; held_back: why it does not start, or ""."""

    run: Run
    job: Job
    device: str
    held_back: str
    expected: Expected


class AtWork(NamedTuple):
    """A run at work. left: seconds, None while nothing tells."""

    run: Run
    device: str
    left: float | None


class QueueView(NamedTuple):
    """waiting: in the order of the queue; at_work: by device; done: seconds until all that is not held back
    is done (None: not known yet); pauses: what is paused."""

    waiting: tuple[Waiting, ...]
    at_work: tuple[AtWork, ...]
    done: float | None
    pauses: frozenset[str]


def queue_view(
    waiting: Sequence[Job],
    active: Sequence[Job],
    runs: Sequence[Run],
    pauses: Sequence[Pause],
    machine: Machine,
    host: str,
    now: int,
) -> QueueView:
    """runs: all, newest first, from which durations are learned; now: UTC ms."""
    known = {run.id: run for run in runs}
    by_kind = seconds_by_kind(runs, host, now)
    scopes = frozenset(pause.scope for pause in pauses)
    at_work = [
        AtWork(run, job.device or "", seconds_left(run, by_kind, now))
        for job in sorted(active, key=lambda job: (job.device or "", job.id))
        if (run := known.get(job.run_id)) is not None and live_state(run, now) in ALIVE
    ]
    listed = [_waiting(known[job.run_id], job, machine, scopes) for job in waiting if job.run_id in known]
    expected = _played(listed[:MOST_PLAYED], at_work, machine, scopes, by_kind, now)
    listed = [row._replace(expected=expected.get(row.run.id, UNKNOWN)) for row in listed]
    ends = [row.expected.ends for row in listed if not row.held_back] + [one.left for one in at_work]
    done = None if None in ends else max((end for end in ends if end is not None), default=0.0)
    return QueueView(tuple(listed), tuple(at_work), done, scopes)


def _waiting(run: Run, job: Job, machine: Machine, scopes: frozenset[str]) -> Waiting:
    try:
        training = TrainingSettings.model_validate(run.settings.get("training", {}))
        device = "GPU" if wants_gpu(training, machine) else "CPU"
        check_demand(training, machine)
    except (ValidationError, ImpossibleDemand):
        return Waiting(run, job, "", "cannot run here", UNKNOWN)
    if ALL in scopes:
        why = "paused"
    elif study_scope(run.study_id) in scopes:
        why = "study paused"
    elif _all_paused(device, machine, scopes):
        why = f"{device} paused"
    else:
        why = ""
    return Waiting(run, job, device, why, UNKNOWN)


def _all_paused(device: str, machine: Machine, scopes: frozenset[str]) -> bool:
    if device == "CPU":
        return "device:cpu" in scopes
    return all(f"device:cuda:{number}" in scopes for number in machine.gpus)


def _played(
    listed: Sequence[Waiting],
    at_work: Sequence[AtWork],
    machine: Machine,
    scopes: frozenset[str],
    by_kind: Mapping[str, float],
    now: int,
) -> dict[int, Expected]:
    held = [Held(one.device, one.left) for one in at_work]
    wishes = [
        Wish(
            row.run.id,
            TrainingSettings.model_validate(row.run.settings["training"]),
            seconds_left(row.run, by_kind, now),
        )
        for row in listed
        if not row.held_back
    ]
    paused = [scope.removeprefix("device:") for scope in scopes if scope.startswith("device:")]
    return forecast(held, wishes, machine, paused)


def starts_words(row: Waiting) -> str:
    """ "now", "in about 4 min", "paused", "not known yet"."""
    if row.held_back:
        return row.held_back
    return _in_words(row.expected.starts)


def done_words(row: Waiting) -> str:
    """When the run will be done, in the same words; nothing where it is held back."""
    return "" if row.held_back else _in_words(row.expected.ends)


def _in_words(seconds: float | None) -> str:
    if seconds is None:
        return "not known yet"
    return "now" if seconds < 1 else f"in about {show_duration(seconds)}"


def summary(view: QueueView) -> str:
    """ "3 at work · 12 waiting, 4 of them held back · all done in about 40 min"."""
    held_back = sum(bool(row.held_back) for row in view.waiting)
    waiting = f"{len(view.waiting)} waiting" + (f", {held_back} of them held back" if held_back else "")
    parts = [f"{len(view.at_work)} at work", waiting]
    if view.at_work or len(view.waiting) > held_back:
        end = "not known yet" if view.done is None else f"about {show_duration(view.done)}"
        parts.append(f"time until all is done: {end}")
    return " · ".join(parts)
