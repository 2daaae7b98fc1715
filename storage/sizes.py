"""How many bytes the database holds, of what and for whom: by a few sums over small tables, whatever the size
of the file."""

from typing import NamedTuple

from sqlalchemy import case, func, literal, select, union_all

from storage.database import Database
from storage.models import artifacts, metric_summaries, runs, studies

POINT_BYTES = 28
"""What a point of a curve takes, measured: integers only in the key, and no row number."""


class Held(NamedTuple):
    """Bytes of one kind that one study holds. kind: that of a file (best, last, state), or "curves", whose
    size is an estimate; number: how many files or curves; finished, trashed: whether the runs are."""

    study_id: int
    study: str
    kind: str
    finished: bool
    trashed: bool
    number: int
    size: int


class FileSize(NamedTuple):
    """Bytes of the database file, and of it those that are free for what comes."""

    total: int
    free: int


def held_bytes(db: Database) -> list[Held]:
    """What runs hold, by study, kind, and whether they are finished or in the trash; largest first."""
    files = select(
        artifacts.c.run_id, artifacts.c.kind, literal(1).label("number"), artifacts.c.size.label("size")
    ).where(artifacts.c.state == "complete")
    curves = select(
        metric_summaries.c.run_id, literal("curves"), literal(1), metric_summaries.c.n * POINT_BYTES
    )
    parts = union_all(files, curves).subquery()
    finished = case((runs.c.status == "finished", True), else_=False)
    trashed = runs.c.trashed_at.is_not(None)
    size = func.sum(parts.c.size)
    query = (
        select(
            runs.c.study_id, studies.c.name, parts.c.kind, finished, trashed, func.sum(parts.c.number), size
        )
        .join(runs, runs.c.id == parts.c.run_id)
        .join(studies, studies.c.id == runs.c.study_id)
        .where(runs.c.status != "deleted")
        .group_by(runs.c.study_id, parts.c.kind, finished, trashed)
        .order_by(size.desc(), runs.c.study_id, parts.c.kind)
    )
    with db.read() as connection:
        return [
            Held(study, name, kind, bool(done), bool(gone), number, total)
            for study, name, kind, done, gone, number, total in connection.execute(query)
        ]


def database_size(db: Database) -> FileSize:
    """The size of the file as SQLite counts it, without its write-ahead log."""
    with db.read() as connection:
        page, pages, free = (
            int(connection.exec_driver_sql(f"PRAGMA {name}").scalar_one())
            for name in ("page_size", "page_count", "freelist_count")
        )
    return FileSize(page * pages, page * free)
