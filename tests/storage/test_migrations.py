"""Older files, through a list of migrations given to Database."""

import sqlite3
from pathlib import Path

import pytest

from storage.database import Database, DatabaseError
from storage.migrations import MIGRATIONS
from storage.queries import decompositions
from storage.recorder import RunRecorder
from storage.runs import get_run

NOW = 1 + len(MIGRATIONS)
"""The version of a file of today."""


def add_colour(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE runs ADD COLUMN colour TEXT DEFAULT 'blue'")


def add_shade(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE runs ADD COLUMN shade TEXT")


def half_and_fail(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM runs")
    connection.execute("CREATE TABLE jobs (x)")


def orphan_the_jobs(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM runs")


def columns(file: Path) -> set[str]:
    connection = sqlite3.connect(file)
    names = {row[1] for row in connection.execute("PRAGMA table_info(runs)")}
    connection.close()
    return names


def version(file: Path) -> int:
    connection = sqlite3.connect(file)
    number = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return number


def test_an_older_file_is_copied_then_migrated_in_order(db: Database, run_id: int) -> None:
    assert version(db.file) == NOW
    migrated = Database(f"sqlite:///{db.file}", (*MIGRATIONS, add_colour, add_shade))
    with migrated.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, colour, shade FROM runs").all()
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    migrated.close()
    assert rows == [(run_id, "blue", None)]
    assert version(db.file) == NOW + 2

    backup = db.file.with_name(f"studio.db.version-{NOW}.backup")
    assert version(backup) == NOW
    assert not {"colour", "shade"} & columns(backup)
    old = Database(f"sqlite:///{backup}")  # what stood only in the write-ahead log is in the copy
    assert get_run(old, run_id).title == "CoMM on bits"
    old.close()
    assert not list(db.file.parent.glob("*.part"))


def test_only_missing_migrations_run(db: Database) -> None:
    Database(f"sqlite:///{db.file}", (*MIGRATIONS, add_colour)).close()
    Database(
        f"sqlite:///{db.file}", (*MIGRATIONS, add_colour, add_shade)
    ).close()  # add_colour twice would fail
    assert {"colour", "shade"} <= columns(db.file)
    assert version(db.file.with_name(f"studio.db.version-{NOW + 1}.backup")) == NOW + 1


def test_an_older_program_refuses_the_migrated_file(db: Database) -> None:
    Database(f"sqlite:///{db.file}", (*MIGRATIONS, add_colour)).close()
    with pytest.raises(
        DatabaseError, match=f"version {NOW + 1}, made by a newer program; this one reads up to {NOW}"
    ):
        Database(f"sqlite:///{db.file}")


def test_a_failed_migration_changes_nothing(db: Database, run_id: int) -> None:
    with pytest.raises(DatabaseError, match=r"migration half_and_fail failed .*the file is unchanged"):
        Database(f"sqlite:///{db.file}", (*MIGRATIONS, add_colour, half_and_fail))
    assert version(db.file) == NOW
    assert "colour" not in columns(db.file)
    assert get_run(db, run_id).id == run_id


def test_a_migration_that_leaves_orphans_changes_nothing(db: Database, run_id: int) -> None:
    with pytest.raises(DatabaseError, match="orphan_the_jobs left rows without owner in jobs"):
        Database(f"sqlite:///{db.file}", (*MIGRATIONS, orphan_the_jobs))
    assert get_run(db, run_id).id == run_id


def test_without_a_backup_nothing_is_migrated(db: Database) -> None:
    (db.file.parent / f"studio.db.version-{NOW}.backup" / "in the way").mkdir(parents=True)
    with pytest.raises(DatabaseError, match=r"no backup could be made.*nothing was changed"):
        Database(f"sqlite:///{db.file}", (*MIGRATIONS, add_colour))
    assert version(db.file) == NOW
    assert not list(db.file.parent.glob("*.part"))


def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'new.db'}", (*MIGRATIONS, add_colour)).close()
    assert version(tmp_path / "new.db") == NOW + 1
    assert not list(tmp_path.glob("*.backup*"))


MIGRATE = """
from storage.database import Database
from storage.migrations import MIGRATIONS
def add_colour(connection):
    connection.execute("ALTER TABLE runs ADD COLUMN colour TEXT")
go()
Database("sqlite:///" + sys.argv[1], (*MIGRATIONS, add_colour)).close()
"""


def test_several_processes_migrate_once(db: Database, run_together) -> None:
    run_together(MIGRATE, [[db.file]] * 3)  # a column added twice would be an error
    assert version(db.file) == NOW + 1
    assert "colour" in columns(db.file)


def test_a_file_of_the_first_version_takes_decompositions(db: Database, run_id: int, tmp_path: Path) -> None:
    db.close()
    with sqlite3.connect(db.file) as connection:
        connection.execute("DROP TABLE decompositions")
        connection.execute("PRAGMA user_version=1")
    connection.close()
    migrated = Database(f"sqlite:///{db.file}")
    assert version(db.file) == NOW
    assert version(db.file.with_name("studio.db.version-1.backup")) == 1
    with RunRecorder(migrated, run_id, tmp_path) as recorder:
        recorder.decomposition("synergy", "x1 | x2", "trained", 3, {"n": 2000})
    assert decompositions(migrated, [run_id])["content"] == [{"n": 2000}]
    migrated.close()
