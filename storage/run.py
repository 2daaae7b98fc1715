"""What a run is in the database, and how alive it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sqlalchemy import Connection, Row, select, update

from storage.database import DatabaseError
from storage.models import runs, studies

Status = Literal["queued", "starting", "running", "lost", "finished", "stopped", "failed"]
"""What is stored. lost: somebody saw that its process is gone (mark_lost)."""
LiveState = Literal[
    "queued", "starting", "running", "stopping", "stale", "lost", "finished", "stopped", "failed"
]
"""What is shown: the stored status, corrected by how long ago the run gave a sign of life."""
STALE_AFTER_MS = 20_000
LOST_AFTER_MS = 60_000
ALIVE: frozenset[LiveState] = frozenset({"starting", "running", "stopping", "stale"})


class NoSuchRun(DatabaseError):
    """There is no run of that number."""


class WrongState(DatabaseError):
    """What was asked cannot be done to a run in its state."""


@dataclass(frozen=True)
class NewRun:
    """A run to be created. digest: of the settings without the seed, so that seeds of one setup share it.

    study: the number or name of its study, which is made where there is none of that name; by default its
    title.
    """

    title: str
    preset: str | None
    dataset: str
    method: str
    seed: int
    digest: str
    settings: Mapping[str, Any]
    study: int | str = ""


@dataclass(frozen=True)
class Run:
    """A run as stored. Times are UTC milliseconds; step counts optimizer steps done of steps, epoch epochs
    done of epochs.

    started_at and ended_at are those of the latest attempt; pid_started is the process's start as the app
    counts it. study is the name of the study that it was started in. uid names it in every studio; machine:
    facts of the machine that trained it; origin: where it was taken in from, None for a run of this studio.
    """

    id: int
    title: str
    preset: str | None
    dataset: str
    method: str
    seed: int
    digest: str
    settings: dict[str, Any]
    status: Status
    phase: str
    epoch: int
    epochs: int
    step: int
    steps: int
    created_at: int
    started_at: int | None
    ended_at: int | None
    heartbeat_at: int | None
    progressed_at: int | None
    host: str | None
    pid: int | None
    pid_started: float | None
    error: str | None
    stop_requested: bool
    note: str
    tags: tuple[str, ...]
    code_version: str | None
    attempts: int
    study_id: int
    archived_at: int | None
    trashed_at: int | None
    study: str
    uid: str = ""
    machine: dict[str, Any] | None = None
    origin: dict[str, Any] | None = None


STORED_RUNS = select(runs, studies.c.name.label("study")).join(studies).where(runs.c.status != "deleted")
"""What `run_from` reads; runs in the trash are among them."""


def run_from(row: Row[Any]) -> Run:
    """The Run of a row of `STORED_RUNS`."""
    columns = dict(row._mapping)
    columns["tags"] = tuple(columns["tags"])
    return Run(**columns)


def fetch_run(connection: Connection, run_id: int) -> Run:
    """The run of that number, in the trash or not. Raises NoSuchRun."""
    row = connection.execute(STORED_RUNS.where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise NoSuchRun(f"no run {run_id}")
    return run_from(row)


def change_run(connection: Connection, run_id: int, **columns: Any) -> None:
    """Set columns of the run of that number. Raises NoSuchRun."""
    changed = connection.execute(
        update(runs).where(runs.c.id == run_id, runs.c.status != "deleted").values(**columns)
    )
    if changed.rowcount != 1:
        raise NoSuchRun(f"no run {run_id}")


class Beating(Protocol):
    """What the live state of a run is told from."""

    @property
    def status(self) -> Status: ...
    @property
    def stop_requested(self) -> bool: ...
    @property
    def created_at(self) -> int: ...
    @property
    def started_at(self) -> int | None: ...
    @property
    def heartbeat_at(self) -> int | None: ...


def silence_ms(run: Beating, now: int) -> int:
    """Milliseconds since the last sign of life, at `now` (UTC ms).

    A sign from the future is one from before the clock was set back: who lives has beaten since, by the new
    time. So it counts by its distance, and a dead run is seen as dead under any clock.
    """
    last = run.heartbeat_at or max(run.started_at or 0, run.created_at)
    return abs(now - last)


def live_state(run: Beating, now: int) -> LiveState:
    """How a run stands at `now` (UTC ms): without a sign of life it is stale after 20 s and lost after 60
    s."""
    if run.status not in ("starting", "running"):
        return run.status
    silence = silence_ms(run, now)
    if silence >= LOST_AFTER_MS:
        return "lost"
    if silence >= STALE_AFTER_MS:
        return "stale"
    return "stopping" if run.stop_requested else run.status
