"""Runs: create, read, label, and every change of their status."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, or_, select, update

from storage.batch import Line, next_number, write_lines
from storage.clock import now_ms
from storage.database import Database
from storage.models import runs
from storage.purging import purge_run
from storage.run import (
    ALIVE,
    STORED_RUNS,
    NewRun,
    NoSuchRun,
    Run,
    WrongState,
    change_run,
    fetch_run,
    live_state,
    run_from,
)
from storage.studies import home_study
from storage.transitions import ask_to_stop, cancel, enqueue, mark_deleted, queue_again


def add_log(db: Database, run_id: int, text: str) -> None:
    """A log line from outside the run's process, such as the supervisor's word on how it ended."""
    with db.write() as connection:
        write_lines(connection, run_id, [Line(next_number(connection, run_id, time.time_ns() // 1000), text)])


__all__ = [
    "ALIVE",
    "NewRun",
    "NoSuchRun",
    "Run",
    "WrongState",
    "cancel_queued",
    "count_runs",
    "create_runs",
    "delete_run",
    "get_run",
    "insert_runs",
    "list_runs",
    "live_state",
    "mark_ended",
    "mark_lost",
    "mark_started",
    "request_stop",
    "requeue",
    "set_note",
    "set_tags",
]


def create_runs(db: Database, new: Sequence[NewRun], *, queue: bool = True) -> list[int]:
    """Store the runs in one transaction and return their numbers, in order.

    queue: each gets status "queued" and a job for the supervisor; otherwise status "starting" and no job,
    for a caller that runs it itself at once.
    """
    with db.write() as connection:
        return insert_runs(connection, new, queue=queue)


def insert_runs(connection: Connection, new: Sequence[NewRun], *, queue: bool = True) -> list[int]:
    """What `create_runs` does, within a transaction of the caller's."""
    now = now_ms()
    status = "queued" if queue else "starting"
    ids = []
    for plan in new:
        values = {**vars(plan), "settings": dict(plan.settings), "status": status, "created_at": now}
        study = values.pop("study") or plan.title
        values["study_id"] = study if isinstance(study, int) else home_study(connection, study)
        ids.append(connection.execute(insert(runs).values(values).returning(runs.c.id)).scalar_one())
    if queue:
        for run in ids:
            enqueue(connection, run, now)
    return ids


def get_run(db: Database, run_id: int) -> Run:
    """The run of that number. Raises NoSuchRun."""
    with db.read() as connection:
        return fetch_run(connection, run_id)


def list_runs(
    db: Database,
    *,
    ids: Iterable[int] | None = None,
    status: Iterable[str] | None = None,
    preset: str | None = None,
    dataset: str | None = None,
    method: str | None = None,
    digest: str | None = None,
    tag: str | None = None,
    text: str | None = None,
    study_id: int | None = None,
    limit: int | None = None,
    trashed: bool = False,
) -> list[Run]:
    """Runs, newest first, that fulfil all filters given.

    status: stored ones; text: occurs in title, note or preset; study_id: the study that they were started in;
    trashed: those in the trash, which are left out otherwise. Archived runs are among them.
    """
    in_trash = runs.c.trashed_at.is_not(None) if trashed else runs.c.trashed_at.is_(None)
    query = STORED_RUNS.where(in_trash).order_by(runs.c.id.desc())
    for column, wanted in ((runs.c.id, ids), (runs.c.status, status)):
        if wanted is not None:
            query = query.where(column.in_(list(wanted)))
    for column, value in (
        (runs.c.preset, preset),
        (runs.c.dataset, dataset),
        (runs.c.method, method),
        (runs.c.digest, digest),
        (runs.c.study_id, study_id),
    ):
        if value is not None:
            query = query.where(column == value)
    if text:
        query = query.where(
            or_(
                *(
                    column.icontains(text, autoescape=True)
                    for column in (runs.c.title, runs.c.note, runs.c.preset)
                )
            )
        )
    if tag is None:
        query = query.limit(limit)
    with db.read() as connection:
        stored = [run_from(row) for row in connection.execute(query)]
    return stored if tag is None else [run for run in stored if tag in run.tags][:limit]


def set_tags(db: Database, run_id: int, tags: Iterable[str]) -> None:
    """Replace the run's tags; blanks around them and doubles are dropped. Raises NoSuchRun."""
    kept = dict.fromkeys(tag.strip() for tag in tags)
    with db.write() as connection:
        change_run(connection, run_id, tags=[tag for tag in kept if tag])


def set_note(db: Database, run_id: int, note: str) -> None:
    """Replace the run's note. Raises NoSuchRun."""
    with db.write() as connection:
        change_run(connection, run_id, note=note)


def mark_started(
    db: Database,
    run_id: int,
    *,
    host: str,
    pid: int,
    pid_started: float | None = None,
    code_version: str | None = None,
    machine: Mapping[str, Any] | None = None,
) -> None:
    """The run's process is at work. pid_started: its start by any clock, to tell it from a later process of
    that pid; machine: facts of the machine it works on."""
    now = now_ms()
    facts: dict[str, Any] = {"host": host, "pid": pid, "pid_started": pid_started}
    facts |= {"code_version": code_version, "machine": None if machine is None else dict(machine)}
    with db.write() as connection:
        change_run(
            connection,
            run_id,
            status="running",
            started_at=now,
            heartbeat_at=now,
            ended_at=None,
            error=None,
            **facts,
        )


def mark_ended(
    db: Database,
    run_id: int,
    status: Literal["finished", "stopped", "failed"],
    error: str | None = None,
    *,
    attempt: int | None = None,
) -> bool:
    """The run is over. error: one line for the user, when it failed. Raises NoSuchRun.

    attempt: the caller's `Run.attempts`; False, and nothing is changed, when the run was requeued since.
    """
    with db.write() as connection:
        if attempt is not None and fetch_run(connection, run_id).attempts != attempt:
            return False
        change_run(connection, run_id, status=status, error=error, ended_at=now_ms())
    return True


def mark_lost(db: Database, run_id: int, error: str | None = None) -> bool:
    """The run's process is seen to be gone; a returning heartbeat takes this back. False when the run was not
    at work."""
    with db.write() as connection:
        at_work = runs.c.status.in_(("starting", "running"))
        lost = (
            update(runs)
            .where(runs.c.id == run_id, at_work)
            .values(status="lost", error=error, ended_at=now_ms())
        )
        return connection.execute(lost).rowcount == 1


def request_stop(db: Database, run_id: int) -> None:
    """Ask the run to stop: a queued one is taken out of the queue, one at work stops at its next step. Raises
    NoSuchRun."""
    with db.write() as connection:
        ask_to_stop(connection, run_id)


def cancel_queued(db: Database, run_id: int) -> bool:
    """Take a waiting run out of the queue; False when it is no longer waiting. Raises NoSuchRun."""
    with db.write() as connection:
        waiting = fetch_run(connection, run_id).status == "queued"
        if waiting:
            cancel(connection, run_id)
    return waiting


def requeue(db: Database, run_id: int) -> None:
    """Queue a lost, stopped or failed run again: it resumes from its saved state. Raises NoSuchRun,
    WrongState."""
    with db.write() as connection:
        queue_again(connection, run_id)


def delete_run(db: Database, run_id: int) -> None:
    """Delete a run with all it recorded. It is gone from sight at once; its bulk goes in small transactions.

    Raises NoSuchRun, and WrongState while it is at work.
    """
    with db.write() as connection:
        mark_deleted(connection, run_id)
    purge_run(db, run_id)
    db.vacuum()


def count_runs(db: Database) -> dict[str, int]:
    """How many runs there are of each stored status, without those in the trash."""
    query = (
        select(runs.c.status, func.count().label("number"))
        .where(runs.c.status != "deleted", runs.c.trashed_at.is_(None))
        .group_by(runs.c.status)
    )
    with db.read() as connection:
        return {row.status: row.number for row in connection.execute(query)}
