"""The queue of runs that wait for a device, and the supervisors (one a host) that take from it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, insert, select, update

from storage.clock import now_ms
from storage.database import Database
from storage.models import jobs, runs, supervisors
from storage.pauses import is_device_paused, is_not_paused

SUPERVISOR_SILENCE_MS = 20_000
"""A supervisor that gave no beat for so long is taken for gone."""


@dataclass(frozen=True)
class Job:
    """One start of a run. status: queued, claimed (a supervisor runs it), done, failed or cancelled.

    Of those that wait, the highest priority goes first, then the lowest position.
    """

    id: int
    run_id: int
    status: Literal["queued", "claimed", "done", "failed", "cancelled"]
    claimed_by: str | None
    host: str | None
    device: str | None
    processes: int
    created_at: int
    claimed_at: int | None
    ended_at: int | None
    error: str | None
    priority: int
    position: int


ORDER = (jobs.c.priority.desc(), jobs.c.position, jobs.c.id)
"""In which waiting jobs are taken."""


@dataclass(frozen=True)
class Supervisor:
    """The process that starts and watches the runs of a host. pid_started: its start, as its caller counts
    time."""

    id: str
    host: str
    pid: int
    pid_started: float
    started_at: int
    heartbeat_at: int
    ended_at: int | None


def claim(
    db: Database,
    supervisor: str,
    device: str,
    processes: int = 1,
    job_id: int | None = None,
    passed_over: Collection[int] | None = None,
) -> Job | None:
    """Take the waiting job that is next, or that one, for a device; its run is "starting" from here on.

    None when it waits no longer, or the queue, its study or the device is paused; with passed_over, the jobs
    that the caller knows cannot start now, also when another one stands before it: the order may have changed
    since the caller looked. No two callers get one job.
    """
    now = now_ms()
    host = select(supervisors.c.host).where(supervisors.c.id == supervisor).scalar_subquery()
    mine: dict[str, Any] = {
        "claimed_by": supervisor,
        "host": host,
        "device": device,
        "processes": processes,
        "claimed_at": now,
    }
    with db.write() as connection:
        wanted = _next_job(connection, device, job_id, passed_over)
        if wanted is None:
            return None
        take = update(jobs).where(jobs.c.id == wanted).values(status="claimed", **mine).returning(*jobs.c)
        row = connection.execute(take).one()
        begun = update(runs).where(runs.c.id == row.run_id)
        connection.execute(
            begun.values(status="starting", heartbeat_at=now, host=host, pid=None, pid_started=None)
        )
    return Job(**row._mapping)


def _next_job(
    connection: Connection, device: str, job_id: int | None, passed_over: Collection[int] | None
) -> int | None:
    """The job that may be claimed now, if any."""
    if is_device_paused(connection, device):
        return None
    waiting = select(jobs.c.id).where(jobs.c.status == "queued", is_not_paused())
    if job_id is not None and passed_over is None:
        number: int | None = connection.execute(waiting.where(jobs.c.id == job_id)).scalar_one_or_none()
        return number
    for number in connection.execute(waiting.order_by(*ORDER)).scalars():
        if number == job_id or job_id is None:
            return number
        if passed_over is not None and number not in passed_over:
            return None
    return None


def finish(
    db: Database, job_id: int, status: Literal["done", "failed"] = "done", error: str | None = None
) -> None:
    """The job's process has ended, well or not. A job already ended (superseded, cancelled) stays as it
    is."""
    with db.write() as connection:
        mine = (jobs.c.id == job_id) & (jobs.c.status == "claimed")
        connection.execute(update(jobs).where(mine).values(status=status, error=error, ended_at=now_ms()))


def active_jobs(db: Database, host: str | None = None) -> list[Job]:
    """Claimed jobs (of a host), oldest first: what a supervisor that has just started finds at work."""
    query = select(jobs).where(jobs.c.status == "claimed").order_by(jobs.c.id)
    if host is not None:
        query = query.where(jobs.c.host == host)
    with db.read() as connection:
        return [Job(**row._mapping) for row in connection.execute(query)]


def queued_jobs(db: Database, *, startable: bool = False) -> list[Job]:
    """Jobs that wait, in the order they will be claimed. startable: but for those held back by a pause of the
    queue or of their study."""
    query = select(jobs).where(jobs.c.status == "queued").order_by(*ORDER)
    if startable:
        query = query.where(is_not_paused())
    with db.read() as connection:
        return [Job(**row._mapping) for row in connection.execute(query)]


def register_supervisor(
    db: Database,
    host: str,
    pid: int,
    pid_started: float,
    is_alive: Callable[[Supervisor], bool] = lambda _: True,
) -> Supervisor | None:
    """Become the supervisor of a host; None when it has a live one.

    is_alive: tells whether a supervisor that did beat lately still has its process, so that a killed one is
    replaced at once.
    """
    now = now_ms()
    with db.write() as connection:
        rows = connection.execute(
            select(supervisors).where(supervisors.c.host == host, supervisors.c.ended_at.is_(None))
        )
        for other in [Supervisor(**row._mapping) for row in rows]:
            if abs(now - other.heartbeat_at) < SUPERVISOR_SILENCE_MS and is_alive(other):
                return None
            connection.execute(update(supervisors).where(supervisors.c.id == other.id).values(ended_at=now))
        me = Supervisor(f"{host}:{pid}:{now}", host, pid, pid_started, now, now, None)
        connection.execute(insert(supervisors).values(vars(me)))
    return me


def beat_supervisor(db: Database, supervisor: str) -> bool:
    """A sign of life. False when another has taken the host over in the meantime: the caller then has to
    leave."""
    with db.write() as connection:
        mine = (supervisors.c.id == supervisor) & supervisors.c.ended_at.is_(None)
        return connection.execute(update(supervisors).where(mine).values(heartbeat_at=now_ms())).rowcount == 1


def end_supervisor(db: Database, supervisor: str) -> None:
    """The supervisor leaves in good order."""
    with db.write() as connection:
        connection.execute(
            update(supervisors).where(supervisors.c.id == supervisor).values(ended_at=now_ms())
        )


def live_supervisor(db: Database, host: str) -> Supervisor | None:
    """The supervisor of a host that beat within the last 20 s, or None."""
    now = now_ms()  # a beat from the future is one from before the clock was set back
    recent = supervisors.c.heartbeat_at.between(now - SUPERVISOR_SILENCE_MS, now + SUPERVISOR_SILENCE_MS)
    query = select(supervisors).where(supervisors.c.host == host, supervisors.c.ended_at.is_(None), recent)
    with db.read() as connection:
        row = connection.execute(query.order_by(supervisors.c.heartbeat_at.desc())).first()
    return None if row is None else Supervisor(**row._mapping)
