"""From an older database file to this version: ordered named functions, counted by `user_version`.

A new file gets the newest tables at once (version 1 + len(MIGRATIONS)). An older file is first copied beside
itself, then the functions it lacks run in one transaction. To change the tables: change models.py and append
one function here.
"""

import os
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from storage.models import metadata

Migration = Callable[[sqlite3.Connection], None]
APPLICATION_ID = 0x494E464D  # "INFM" in the file's header tells our files from others


def add_decompositions(connection: sqlite3.Connection) -> None:
    """Version 2: what the information about each task splits into."""
    connection.execute(
        "CREATE TABLE decompositions (run_id INTEGER NOT NULL, task TEXT NOT NULL, sides TEXT NOT NULL, "
        "encoder TEXT NOT NULL, epoch INTEGER NOT NULL, content JSON NOT NULL, time BIGINT NOT NULL, "
        "PRIMARY KEY (run_id, task, sides, encoder, epoch), FOREIGN KEY(run_id) REFERENCES runs (id) ON "
        "DELETE CASCADE)"
    )


def name_comparisons(connection: sqlite3.Connection) -> None:
    """Version 3: the comparison of a run, until then read off its title.

    We made the titles "NAME · METHOD · seed N" and "imported · FILE"; any other title is a name by itself.
    """
    connection.execute("ALTER TABLE runs ADD COLUMN comparison TEXT DEFAULT '' NOT NULL")
    rows = connection.execute("SELECT id, title, method, seed FROM runs").fetchall()
    for number, title, method, seed in rows:
        imported = title.startswith("imported · ")
        name = "imported" if imported else title.removesuffix(f" · {method} · seed {seed}")
        connection.execute("UPDATE runs SET comparison = ? WHERE id = ?", (name or title, number))


MIGRATIONS: tuple[Migration, ...] = (add_decompositions, name_comparisons)


class MigrationError(RuntimeError):
    """The file cannot be brought to this version; the message is one line for the user."""


def check_owner(connection: sqlite3.Connection, file: Path) -> None:
    """Raises MigrationError when the file has tables of another program."""
    # in this order: tables and mark appear in one transaction, so who sees the tables also sees the mark
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    if tables and mark != APPLICATION_ID:
        raise MigrationError(f"{file} is a database of another program; name another file")


def migrate(connection: sqlite3.Connection, file: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Bring the opened file to version 1 + len(migrations); several processes may do so at once.

    `connection` must be in autocommit mode. Raises MigrationError for a newer file or a failed migration.
    """
    newest = 1 + len(migrations)
    if _version(connection) == newest:
        return
    connection.execute(
        "PRAGMA foreign_keys=OFF"
    )  # has no effect inside a transaction; rebuilding a table needs it off
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)  # another process may have been first
        if version > newest:
            raise MigrationError(
                f"{file} is of version {version}, made by a newer program; this one reads up to {newest}"
            )
        if version == 0:
            _create(connection)
        elif version < newest:
            _backup(file, file.with_name(f"{file.name}.version-{version}.backup"))
            for step in migrations[version - 1 :]:
                _apply(connection, file, step)
        connection.execute(f"PRAGMA user_version={newest}")
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA foreign_keys=ON")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _create(connection: sqlite3.Connection) -> None:
    connection.execute(f"PRAGMA application_id={APPLICATION_ID}")
    dialect = sqlite.dialect()
    for table in metadata.sorted_tables:
        connection.execute(str(CreateTable(table).compile(dialect=dialect)))
        for index in table.indexes:
            connection.execute(str(CreateIndex(index).compile(dialect=dialect)))


def _apply(connection: sqlite3.Connection, file: Path, step: Migration) -> None:
    try:
        step(connection)
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        raise MigrationError(
            f"{file}: migration {step.__name__} failed ({error}); the file is unchanged"
        ) from error
    if broken is not None:
        raise MigrationError(
            f"{file}: migration {step.__name__} left rows without owner in {broken[0]}; the file is unchanged"
        )


def _backup(file: Path, copy: Path) -> None:
    """Copy the database through SQLite, so that what still stands in its write-ahead log is in the copy."""
    part = copy.with_name(copy.name + ".part")
    try:
        source, target = sqlite3.connect(file), sqlite3.connect(part)
        try:
            source.backup(target)
        finally:
            target.close()
            source.close()
        os.replace(part, copy)
    except (sqlite3.Error, OSError) as error:
        part.unlink(missing_ok=True)
        raise MigrationError(f"no backup could be made at {copy} ({error}); nothing was changed") from error
