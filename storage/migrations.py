"""From an older database file to this version: ordered named functions, counted by `user_version`.

A new file gets the newest tables at once (version 1 + len(MIGRATIONS)). An older file is first copied beside
itself, then the functions it lacks run in one transaction. To change the tables: change models.py and append
one function here.
"""

import hashlib
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


def make_studies(connection: sqlite3.Connection) -> None:
    """Version 4: studies, which the runs of one comparison become; the queue's order and pauses; preferences;
    what is archived or in the trash."""
    connection.execute("UPDATE runs SET comparison = 'untitled' WHERE comparison = ''")
    for statement in _STUDIES.split(";"):
        connection.execute(statement)


_STUDIES = """
CREATE TABLE studies (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, question TEXT DEFAULT '' NOT NULL,
    plan JSON, axes JSON DEFAULT '[]' NOT NULL, note TEXT DEFAULT '' NOT NULL,
    tags JSON DEFAULT '[]' NOT NULL,
    created_at BIGINT NOT NULL, archived_at BIGINT, trashed_at BIGINT
);
CREATE UNIQUE INDEX one_study_a_name ON studies (name) WHERE trashed_at IS NULL;
INSERT INTO studies (name, created_at)
    SELECT comparison, min(created_at) FROM runs GROUP BY comparison ORDER BY min(id);
ALTER TABLE runs ADD COLUMN study_id INTEGER DEFAULT '0' NOT NULL REFERENCES studies (id);
UPDATE runs SET study_id = (SELECT id FROM studies WHERE name = comparison);
ALTER TABLE runs DROP COLUMN comparison;
ALTER TABLE runs ADD COLUMN archived_at BIGINT;
ALTER TABLE runs ADD COLUMN trashed_at BIGINT;
CREATE INDEX ix_runs_study_id ON runs (study_id);
CREATE TABLE study_guests (
    study_id INTEGER NOT NULL, run_id INTEGER NOT NULL, added_at BIGINT NOT NULL,
    PRIMARY KEY (study_id, run_id),
    FOREIGN KEY(study_id) REFERENCES studies (id) ON DELETE CASCADE,
    FOREIGN KEY(run_id) REFERENCES runs (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX ix_study_guests_run_id ON study_guests (run_id);
ALTER TABLE jobs ADD COLUMN priority INTEGER DEFAULT '0' NOT NULL;
ALTER TABLE jobs ADD COLUMN position BIGINT DEFAULT '0' NOT NULL;
UPDATE jobs SET position = id;
CREATE TABLE queue_pauses (scope TEXT NOT NULL, since BIGINT NOT NULL, PRIMARY KEY (scope));
CREATE TABLE preferences (name TEXT NOT NULL, value JSON NOT NULL, PRIMARY KEY (name))
"""


def name_everywhere(connection: sqlite3.Connection) -> None:
    """Version 5: names of runs and studies that are the same in every studio, and where a run came from.

    Those that are there get a name derived from what they are, so that two copies of a file, each brought to
    this version by itself, hold the same runs.
    """
    for table, facts in (
        ("runs", "id, created_at, digest, seed, title"),
        ("studies", "id, created_at, name"),
    ):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN uid TEXT DEFAULT '' NOT NULL")
        for row in connection.execute(f"SELECT {facts} FROM {table}").fetchall():  # noqa: S608
            uid = hashlib.sha256(repr((table, *row)).encode("utf-8", "replace")).hexdigest()[:32]
            connection.execute(f"UPDATE {table} SET uid = ? WHERE id = ?", (uid, row[0]))  # noqa: S608
    connection.execute("CREATE UNIQUE INDEX one_study_a_uid ON studies (uid)")
    connection.execute("CREATE UNIQUE INDEX one_run_a_uid ON runs (uid) WHERE status != 'deleted'")
    connection.execute("ALTER TABLE runs ADD COLUMN machine JSON")
    connection.execute("ALTER TABLE runs ADD COLUMN origin JSON")


MIGRATIONS: tuple[Migration, ...] = (add_decompositions, name_comparisons, make_studies, name_everywhere)


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
