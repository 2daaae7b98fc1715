"""Removing bulk: chunks of dropped artifacts and points of deleted runs, in transactions small enough to let
others write."""

import time
from collections.abc import Collection

from sqlalchemy import ColumnElement, Delete, delete, select, true, tuple_, update

from storage.clock import now_ms
from storage.database import Database
from storage.models import artifact_chunks, artifacts, metrics, runs

ABANDONED_AFTER_MS = 120_000
"""An artifact whose next chunk did not come for so long was left by a process that died."""
_CHUNKS, _POINTS = 8, 4_000


def purge(db: Database) -> None:
    """Remove what crashes left behind: artifacts begun and never completed, runs half deleted; then free the
    disk space."""
    with db.write() as connection:
        abandoned = (artifacts.c.state == "writing") & (
            artifacts.c.touched_at < now_ms() - ABANDONED_AFTER_MS
        )
        connection.execute(update(artifacts).where(abandoned).values(state="dropped"))
    purge_artifacts(db)
    with db.read() as connection:
        deleted = connection.execute(select(runs.c.id).where(runs.c.status == "deleted")).scalars().all()
    for run_id in deleted:
        purge_run(db, run_id)
    db.vacuum()


def drop_states(db: Database, statuses: Collection[str] = ("finished",)) -> int:
    """Give up the training states of runs that ended so; returns how many.

    A finished run needs none; one that was stopped, failed or is lost cannot be resumed without. Raises
    ValueError for runs that have not ended.
    """
    if not set(statuses) <= {"finished", "stopped", "failed", "lost"}:
        raise ValueError("only the states of runs that have ended can go")
    ended = select(runs.c.id).where(runs.c.status.in_(list(statuses)))
    return _drop(db, (artifacts.c.kind == "state") & artifacts.c.run_id.in_(ended))


def drop_artifacts(db: Database, artifact_ids: Collection[int]) -> int:
    """Delete these files, those of them that there are; returns how many."""
    return _drop(db, artifacts.c.id.in_(list(artifact_ids)))


def _drop(db: Database, which: ColumnElement[bool]) -> int:
    complete = artifacts.c.state == "complete"
    with db.write() as connection:
        gone = connection.execute(update(artifacts).where(which, complete).values(state="dropped")).rowcount
    if gone:
        purge_artifacts(db)
        db.vacuum()
    return gone


def purge_artifacts(db: Database) -> None:
    """Remove dropped artifacts and their chunks."""
    with db.read() as connection:
        dropped = (
            connection.execute(select(artifacts.c.id).where(artifacts.c.state == "dropped")).scalars().all()
        )
    for artifact in dropped:
        some = select(artifact_chunks.c.id).where(artifact_chunks.c.artifact_id == artifact).limit(_CHUNKS)
        while _delete(db, delete(artifact_chunks).where(artifact_chunks.c.id.in_(some))):
            pass
        _delete(db, delete(artifacts).where(artifacts.c.id == artifact))


def purge_run(db: Database, run_id: int) -> None:
    """Remove all that a run marked as deleted still has, and the run."""
    purge_artifacts(db)
    mine, key = metrics.c.run_id == run_id, (metrics.c.key_id, metrics.c.step)
    a_few_on = select(*key).where(mine).order_by(*key).offset(_POINTS).limit(1)
    left = True
    while left:
        with db.read() as connection:
            bound = connection.execute(a_few_on).one_or_none()
        left = bound is not None
        before = tuple_(*key) < tuple_(*bound) if bound is not None else true()
        _delete(db, delete(metrics).where(mine, before))  # a range: three times as fast as a list of keys
    _delete(db, delete(runs).where(runs.c.id == run_id, runs.c.status == "deleted"))


def _delete(db: Database, statement: Delete) -> int:
    """Delete and return how many rows; then leave the database to others for as long as they had to wait.

    Waiting writers poll, and without such gaps one was measured to wait for seconds.
    """
    start = time.monotonic()
    with db.write() as connection:
        count = connection.execute(statement).rowcount
    time.sleep(time.monotonic() - start)
    return count
