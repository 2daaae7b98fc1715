"""The trash: runs and studies that were deleted and can be restored for a week; then they go for good.

What is in the trash keeps all that it recorded, and is in no list, count or comparison.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from storage.bulk import Outcome, for_each
from storage.clock import now_ms
from storage.database import Database
from storage.models import artifacts, metric_summaries, runs, studies
from storage.purging import purge_run
from storage.run import ALIVE, STORED_RUNS, WrongState, fetch_run, live_state, run_from
from storage.sizes import POINT_BYTES
from storage.studies import NoSuchStudy, free_name
from storage.transitions import mark_deleted, put_in_trash

KEPT_MS = 7 * 24 * 3_600_000
"""How long the trash keeps what is in it: a week."""


class Trashed(NamedTuple):
    """One thing in the trash: a study with its runs (run_id None), or a run that was deleted by itself.

    name: of the study, or the run's title; size: bytes of its files and curves; trashed_at: UTC milliseconds.
    """

    study_id: int
    run_id: int | None
    name: str
    runs: int
    size: int
    trashed_at: int


def trash_runs(db: Database, run_ids: Iterable[int]) -> Outcome:
    """Move runs to the trash; waiting ones leave the queue, those at work are refused."""
    now = now_ms()
    with db.write() as connection:
        return for_each(connection, run_ids, lambda connection, run: put_in_trash(connection, run, now))


def restore_runs(db: Database, run_ids: Iterable[int]) -> Outcome:
    """Take runs out of the trash, as they were but that none waits; those of a study that is in the trash are
    refused."""

    def restore(connection: Connection, run_id: int) -> None:
        run = fetch_run(connection, run_id)
        if run.trashed_at is None:
            raise WrongState(f"run {run_id} is not in the trash")
        home = select(studies.c.trashed_at).where(studies.c.id == run.study_id)
        if connection.execute(home).scalar_one() is not None:
            raise WrongState(f"run {run_id} is of the study '{run.study}', which is in the trash: restore it")
        connection.execute(update(runs).where(runs.c.id == run_id).values(trashed_at=None))

    with db.write() as connection:
        return for_each(connection, run_ids, restore)


def trash_study(db: Database, study_id: int) -> list[int]:
    """Move a study to the trash with the runs that were started in it; returns their numbers.

    Raises NoSuchStudy, and WrongState, and nothing is changed, while a run of it is at work.
    """
    now = now_ms()
    with db.write() as connection:
        if _study_trashed_at(connection, study_id) is not None:
            raise WrongState(f"study {study_id} is in the trash already")
        mine = STORED_RUNS.where(runs.c.study_id == study_id, runs.c.trashed_at.is_(None)).order_by(runs.c.id)
        members = [run_from(row) for row in connection.execute(mine)]
        working = [run.id for run in members if live_state(run, now) in ALIVE]
        if working:
            named = f"run {working[0]} is" if len(working) == 1 else f"{len(working)} of its runs are"
            raise WrongState(f"{named} at work; stop the study before deleting it")
        for run in members:
            put_in_trash(connection, run.id, now)
        connection.execute(update(studies).where(studies.c.id == study_id).values(trashed_at=now))
    return [run.id for run in members]


def restore_study(db: Database, study_id: int) -> str:
    """Take a study out of the trash with the runs that went there with it; returns its name, which has a
    number behind it where another study took the name meanwhile. Raises NoSuchStudy, WrongState."""
    with db.write() as connection:
        trashed_at = _study_trashed_at(connection, study_id)
        if trashed_at is None:
            raise WrongState(f"study {study_id} is not in the trash")
        together = (runs.c.study_id == study_id) & (runs.c.trashed_at == trashed_at)
        connection.execute(update(runs).where(together).values(trashed_at=None))
        wanted = connection.execute(select(studies.c.name).where(studies.c.id == study_id)).scalar_one()
        name = free_name(connection, str(wanted))
        connection.execute(update(studies).where(studies.c.id == study_id).values(trashed_at=None, name=name))
    return name


def list_trash(db: Database) -> list[Trashed]:
    """What is in the trash, the latest first: studies, and runs that were deleted by themselves."""
    sizes = _size_of_run()
    there = runs.c.trashed_at.is_not(None) & (runs.c.status != "deleted")
    of_study = there & (runs.c.study_id == studies.c.id)
    whole = select(
        studies.c.id,
        studies.c.name,
        studies.c.trashed_at,
        func.count(runs.c.id).label("runs"),
        func.coalesce(func.sum(sizes), 0).label("size"),
    ).outerjoin(runs, of_study)
    alone = select(runs.c.study_id, runs.c.id, runs.c.title, runs.c.trashed_at, sizes.label("size")).join(
        studies
    )
    with db.read() as connection:
        listed = [
            Trashed(row.id, None, row.name, row.runs, row.size, row.trashed_at)
            for row in connection.execute(
                whole.where(studies.c.trashed_at.is_not(None)).group_by(studies.c.id)
            )
        ]
        listed += [
            Trashed(row.study_id, row.id, row.title, 1, row.size, row.trashed_at)
            for row in connection.execute(alone.where(there, studies.c.trashed_at.is_(None)))
        ]
    return sorted(listed, key=lambda item: item.trashed_at, reverse=True)


def empty_trash(db: Database, *, kept_ms: int = 0) -> list[int]:
    """Delete for good what has been in the trash for longer than that; returns the numbers of its runs.

    What it says is gone is gone from sight at once; the bulk goes in small transactions.
    """
    long_ago = now_ms() - kept_ms
    with db.write() as connection:
        old = or_(runs.c.trashed_at <= long_ago, studies.c.trashed_at <= long_ago)
        query = (
            select(runs.c.id)
            .join(studies)
            .where(old, runs.c.trashed_at.is_not(None), runs.c.status != "deleted")
        )
        gone = for_each(connection, connection.execute(query).scalars(), mark_deleted).done
    _purge(db, gone)
    with db.write() as connection:
        _drop_studies(connection, studies.c.trashed_at <= long_ago)
    return list(gone)


def delete_from_trash(db: Database, run_ids: Iterable[int] = (), study_ids: Iterable[int] = ()) -> Outcome:
    """Delete runs and studies for good that are in the trash; the outcome is of runs, those of the studies
    among them."""

    def drop(connection: Connection, run_id: int) -> None:
        if fetch_run(connection, run_id).trashed_at is None:
            raise WrongState(f"run {run_id} is not in the trash")
        mark_deleted(connection, run_id)

    whole = studies.c.id.in_(list(study_ids)) & studies.c.trashed_at.is_not(None)
    with db.write() as connection:
        theirs = select(runs.c.id).join(studies).where(whole, runs.c.status != "deleted")
        outcome = for_each(connection, [*run_ids, *connection.execute(theirs).scalars()], drop)
    _purge(db, outcome.done)
    with db.write() as connection:
        _drop_studies(connection, whole)
    return outcome


def _purge(db: Database, run_ids: Iterable[int]) -> None:
    numbers = list(run_ids)
    for run_id in numbers:
        purge_run(db, run_id)
    if numbers:
        db.vacuum()


def _drop_studies(connection: Connection, which: ColumnElement[bool]) -> None:
    """Remove studies in the trash; one whose runs are still there stays for the next time."""
    empty = ~select(runs.c.id).where(runs.c.study_id == studies.c.id).exists()
    connection.execute(delete(studies).where(which, studies.c.trashed_at.is_not(None), empty))


def _study_trashed_at(connection: Connection, study_id: int) -> int | None:
    row = connection.execute(select(studies.c.trashed_at).where(studies.c.id == study_id)).one_or_none()
    if row is None:
        raise NoSuchStudy(f"no study {study_id}")
    moment: int | None = row.trashed_at
    return moment


def _size_of_run() -> ColumnElement[int]:
    """Bytes of a run's files and, about, of its curves."""
    files = select(func.coalesce(func.sum(artifacts.c.size), 0)).where(
        artifacts.c.run_id == runs.c.id, artifacts.c.state == "complete"
    )
    points = select(func.coalesce(func.sum(metric_summaries.c.n), 0)).where(
        metric_summaries.c.run_id == runs.c.id
    )
    return files.scalar_subquery() + POINT_BYTES * points.scalar_subquery()
