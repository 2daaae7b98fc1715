"""Runs and studies that come from another studio or from a folder.

A run that arrives stands in the trash, as failed, until all of it is here; then it and its study come to
sight in one transaction. What a process leaves that dies on the way is replaced when the same run comes
again, or goes with the trash.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from storage.clock import now_ms
from storage.database import Database, DatabaseError, insert_missing
from storage.models import runs, studies, study_guests
from storage.purging import purge_run
from storage.run import STORED_RUNS, Run, change_run, run_from
from storage.studies import Study, free_name, study_from
from storage.transitions import mark_deleted

UNFINISHED = "it was being taken in from elsewhere, and not all of it came"


class ArrivingStudy(NamedTuple):
    """A study that runs arrive with: its columns but for uid, and the uids of guests among its runs."""

    uid: str
    columns: Mapping[str, Any]
    guests: tuple[str, ...] = ()


def run_of_uid(db: Database, uid: str) -> Run | None:
    """The run that has this name in every studio, in the trash or not."""
    with db.read() as connection:
        row = connection.execute(STORED_RUNS.where(runs.c.uid == uid)).one_or_none()
    return None if row is None else run_from(row)


def study_of_uid(db: Database, uid: str) -> Study | None:
    """The study that has this name in every studio, in the trash or not."""
    with db.read() as connection:
        row = connection.execute(select(studies).where(studies.c.uid == uid)).one_or_none()
    return None if row is None else study_from(row)


def is_unfinished(run: Run) -> bool:
    """Whether a run is what is left of an arrival that did not end."""
    return bool(run.origin and run.origin.get("unfinished"))


def expect_study(db: Database, study: ArrivingStudy) -> int:
    """The number of the study that has the uid; where there is none, a new one, in the trash for now."""
    with db.write() as connection:
        there = connection.execute(
            select(studies.c.id).where(studies.c.uid == study.uid)
        ).scalar_one_or_none()
        if there is not None:
            return int(there)
        values = {**study.columns, "uid": study.uid, "trashed_at": now_ms()}
        return int(connection.execute(insert(studies).values(values).returning(studies.c.id)).scalar_one())


def expect_run(db: Database, columns: Mapping[str, Any], origin: Mapping[str, Any]) -> int:
    """A new run of these columns, out of sight; its number. What an earlier arrival of it left is removed.

    Raises DatabaseError where a run of the uid is here.
    """
    left = run_of_uid(db, columns["uid"])
    if left is not None and is_unfinished(left):
        drop_arrival(db, [left.id])
    waiting = {"status": "failed", "error": UNFINISHED, "trashed_at": now_ms()}
    values = {**columns, **waiting, "origin": {**origin, "unfinished": True}}
    with db.write() as connection:
        return int(connection.execute(insert(runs).values(values).returning(runs.c.id)).scalar_one())


def show_arrivals(
    db: Database, arrived: Mapping[int, Mapping[str, Any]], arriving: Iterable[ArrivingStudy]
) -> None:
    """All of them are here: runs get the columns of how they stand, and are seen from now on with their
    studies. Raises NoSuchRun where one was deleted on the way."""
    with db.write() as connection:
        for study in arriving:
            _show_study(connection, study)
        for run_id, columns in arrived.items():
            change_run(connection, run_id, trashed_at=None, **columns)
        for study in arriving:
            _add_guests(connection, study)


def drop_arrival(db: Database, run_ids: Iterable[int], study_ids: Iterable[int] = ()) -> None:
    """Remove runs that did not come whole, and studies in the trash that nothing is left of."""
    gone = list(run_ids)
    with db.write() as connection:
        for run_id in gone:
            mark_deleted(connection, run_id)
    for run_id in gone:
        purge_run(db, run_id)
    empty = ~select(runs.c.id).where(runs.c.study_id == studies.c.id).exists()
    mine = studies.c.id.in_(list(study_ids)) & studies.c.trashed_at.is_not(None)
    with db.write() as connection:
        connection.execute(delete(studies).where(mine, empty))


def update_arrived(db: Database, run_id: int, columns: Mapping[str, Any]) -> None:
    """A later state of a run that is here. Raises NoSuchRun."""
    with db.write() as connection:
        change_run(connection, run_id, **columns)


def _show_study(connection: Connection, study: ArrivingStudy) -> None:
    row = connection.execute(select(studies).where(studies.c.uid == study.uid)).one_or_none()
    if row is None:
        raise DatabaseError(f"the study '{study.columns['name']}' was deleted while it was taken in")
    if row.trashed_at is not None:
        name = free_name(connection, row.name)
        connection.execute(update(studies).where(studies.c.id == row.id).values(trashed_at=None, name=name))


def _add_guests(connection: Connection, study: ArrivingStudy) -> None:
    number = connection.execute(select(studies.c.id).where(studies.c.uid == study.uid)).scalar_one()
    here = select(runs.c.id).where(runs.c.uid.in_(study.guests), runs.c.status != "deleted")
    now = now_ms()
    rows = [
        {"study_id": number, "run_id": run, "added_at": now}
        for run in connection.execute(here.where(runs.c.study_id != number)).scalars()
    ]
    if rows:
        connection.execute(insert_missing(study_guests), rows)
