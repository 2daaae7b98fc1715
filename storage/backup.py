"""A copy of the whole database while others write, checked by opening it; and the way back into an empty
home."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from storage.clock import now_ms
from storage.database import Database, DatabaseError, file_at
from storage.migrations import MIGRATIONS, MigrationError, check_owner

_COUNTED = {
    "studies": "SELECT count(*) FROM studies",
    "runs": "SELECT count(*) FROM runs WHERE status != 'deleted'",
    "points": "SELECT coalesce(sum(n), 0) FROM metric_summaries",
    "results": "SELECT count(*) FROM results",
    "files": "SELECT count(*) FROM artifacts WHERE state = 'complete'",
}


class Backup(NamedTuple):
    """A checked copy: its size in bytes, and how much is in it."""

    size: int
    studies: int
    runs: int
    points: int
    results: int
    files: int


def back_up(db: Database, file: Path, *, force: bool = False) -> Backup:
    """Copy the database into one file, as it is at one moment, whoever writes meanwhile.

    The file appears only when whole and checked. Raises `DatabaseError`, one line.
    """
    if file.exists() and not force:
        raise DatabaseError(f"{file} exists already; --force replaces it")
    if not file.parent.is_dir():
        raise DatabaseError(f"no folder {file.parent}")
    with _beside(file) as partial:
        _copy(db.file, partial)
        checked = check_backup(partial)
        _to_disk(partial)
        os.replace(partial, file)
    return checked


def restore(file: Path, home: Path) -> tuple[Backup, int]:
    """Make the backup the database of a home that has none; also returns how many runs wait in it.

    Its queue is paused where runs wait: the studio that it came from may still work on them. Raises
    `DatabaseError`, one line, and nothing is changed.
    """
    target = file_at(home)
    if target.exists():
        raise DatabaseError(f"{target} exists already; a backup is restored into an empty data home only")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseError(f"the folder {target.parent} cannot be made: {error.strerror}") from error
    with _beside(target) as partial:
        checked = check_backup(file)
        _copy(file, partial)
        waiting = _pause_queue(partial)
        _to_disk(partial)
        os.link(partial, target)  # unlike a rename, refuses where somebody made one meanwhile
    return checked, waiting


def check_backup(file: Path) -> Backup:
    """Open the copy, let SQLite check every page, and see that every file in it has all its bytes.

    Raises `DatabaseError`, one line, for a file that is none of ours, newer, or damaged.
    """
    if not file.is_file():
        raise DatabaseError(f"there is no file {file}")
    newest = 1 + len(MIGRATIONS)
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as copy:
            check_owner(copy, file)
            version = copy.execute("PRAGMA user_version").fetchone()[0]
            if not 0 < version <= newest:
                raise DatabaseError(f"{file} is of version {version}; this program reads 1 to {newest}")
            said = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise DatabaseError(f"{file} is damaged: {said.splitlines()[-1]}")
            orphan = copy.execute("PRAGMA foreign_key_check").fetchone()
            if orphan is not None:
                raise DatabaseError(f"{file} is damaged: rows without owner in {orphan[0]}")
            short = copy.execute(_SHORT).fetchone()
            if short is not None:
                raise DatabaseError(f"{file} is damaged: of artifact {short[0]} bytes are missing")
            return Backup(file.stat().st_size, *(_count(copy, query) for query in _COUNTED.values()))
    except (sqlite3.Error, MigrationError) as error:
        told = str(error) if isinstance(error, MigrationError) else f"{file} is no database: {error}"
        raise DatabaseError(told) from error


_SHORT = (
    "SELECT a.id FROM artifacts a WHERE a.state = 'complete' AND a.size != "
    "(SELECT coalesce(sum(length(c.data)), 0) FROM artifact_chunks c WHERE c.artifact_id = a.id) LIMIT 1"
)


def _count(copy: sqlite3.Connection, query: str) -> int:
    try:
        return int(copy.execute(query).fetchone()[0])
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):  # of a version from before
            return 0
        raise


def _copy(source: Path, target: Path) -> None:
    """All pages in one read transaction: writers go on, and what they write is not in the copy."""
    try:
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True, timeout=30.0)) as there,
            closing(sqlite3.connect(target)) as here,
        ):
            there.backup(here)
            here.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise DatabaseError(f"{source} could not be copied to {target}: {error}") from error


def _pause_queue(file: Path) -> int:
    """Pause the queue of a copy where runs wait in it; how many do."""
    try:
        with closing(sqlite3.connect(file)) as copy, copy:
            waiting = int(copy.execute("SELECT count(*) FROM jobs WHERE status = 'queued'").fetchone()[0])
            paused = "SELECT count(*) FROM sqlite_schema WHERE name = 'queue_pauses'"
            if waiting and copy.execute(paused).fetchone()[0]:
                copy.execute("INSERT OR IGNORE INTO queue_pauses VALUES ('all', ?)", (now_ms(),))
    except sqlite3.Error as error:
        raise DatabaseError(f"{file} is damaged: {error}") from error
    return waiting


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    partial = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        yield partial
    except OSError as error:
        raise DatabaseError(f"{file} cannot be written: {error.strerror or error}") from error
    finally:
        for left in (partial, partial.with_name(partial.name + "-journal")):
            left.unlink(missing_ok=True)


def _to_disk(file: Path) -> None:
    with file.open("rb+") as content:
        os.fsync(content.fileno())
