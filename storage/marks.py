"""Whether anything that a page could show has changed: read in milliseconds, blind to mere signs of life."""

import hashlib
from typing import NamedTuple

from sqlalchemy import Connection, select, text

from storage.database import Database
from storage.models import runs
from storage.run import Status

_FACTS = (
    ("runs", "status stop_requested attempts study_id archived_at trashed_at title note tags error id", ""),
    ("jobs", "id run_id priority position", "WHERE status = 'queued'"),
    ("studies", "id name question note tags axes plan archived_at trashed_at", ""),
    ("study_guests", "study_id run_id", ""),
    ("queue_pauses", "scope since", ""),
    ("preferences", "name value", ""),
)
"""Table, columns, rows of what somebody decides; heartbeats and the progress of a training are not here."""
_COUNTS = (
    "SELECT count(*) || ' ' || coalesce(max(time), 0) FROM results",
    "SELECT count(*) || ' ' || coalesce(max(rowid), 0) FROM decompositions",
    "SELECT count(*) || ' ' || coalesce(max(id), 0) FROM artifacts WHERE state = 'complete'",
)
"""What runs find and keep, which is only added or written anew."""


class Working(NamedTuple):
    """A run at work: what its live state is told from, and how far it is."""

    id: int
    status: Status
    stop_requested: bool
    created_at: int
    started_at: int | None
    heartbeat_at: int | None
    phase: str
    step: int


class Marks(NamedTuple):
    """facts: differs from an earlier one when runs, results, studies, the queue, files or preferences have
    changed; working: the runs at work."""

    facts: str
    working: tuple[Working, ...]


def read_marks(db: Database) -> Marks:
    """The marks of now, in one consistent read."""
    at_work = select(*(runs.c[name] for name in Working._fields)).where(
        runs.c.status.in_(("starting", "running")), runs.c.trashed_at.is_(None)
    )
    with db.read() as connection:
        return Marks(_digest(connection), tuple(Working(*row) for row in connection.execute(at_work)))


def _digest(connection: Connection) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for query in (*map(_joined, _FACTS), *_COUNTS):
        digest.update(str(connection.execute(text(query)).scalar_one()).encode(errors="surrogatepass"))
        digest.update(b"\x1d")
    return digest.hexdigest()


def _joined(table: tuple[str, str, str]) -> str:
    """A query for one text of all rows: SQLite puts it together ten times as fast as we would."""
    name, columns, where = table
    values = " || char(31) || ".join(f"coalesce({column}, '')" for column in columns.split())
    return f"SELECT group_concat({values}, char(30)) FROM {name} {where}"  # noqa: S608 - fixed words
