"""Older files, through a list of migrations given to Database."""

import sqlite3
from pathlib import Path

import pytest

from storage.database import Database, DatabaseError
from storage.runs import get_run


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
    assert version(db.file) == 1
    migrated = Database(f"sqlite:///{db.file}", (add_colour, add_shade))
    with migrated.read() as connection:
        rows = connection.exec_driver_sql("SELECT id, colour, shade FROM runs").all()
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    migrated.close()
    assert rows == [(run_id, "blue", None)]
    assert version(db.file) == 3

    backup = db.file.with_name("studio.db.version-1.backup")
    assert version(backup) == 1
    assert not {"colour", "shade"} & columns(backup)
    old = Database(f"sqlite:///{backup}")  # what stood only in the write-ahead log is in the copy
    assert get_run(old, run_id).title == "CoMM on bits"
    old.close()
    assert not list(db.file.parent.glob("*.part"))


def test_only_missing_migrations_run(db: Database) -> None:
    Database(f"sqlite:///{db.file}", (add_colour,)).close()
    Database(f"sqlite:///{db.file}", (add_colour, add_shade)).close()  # add_colour twice would fail
    assert {"colour", "shade"} <= columns(db.file)
    assert version(db.file.with_name("studio.db.version-2.backup")) == 2


def test_an_older_program_refuses_the_migrated_file(db: Database) -> None:
    Database(f"sqlite:///{db.file}", (add_colour,)).close()
    with pytest.raises(DatabaseError, match="version 2, made by a newer program; this one reads up to 1"):
        Database(f"sqlite:///{db.file}")


def test_a_failed_migration_changes_nothing(db: Database, run_id: int) -> None:
    with pytest.raises(DatabaseError, match=r"migration half_and_fail failed .*the file is unchanged"):
        Database(f"sqlite:///{db.file}", (add_colour, half_and_fail))
    assert version(db.file) == 1
    assert "colour" not in columns(db.file)
    assert get_run(db, run_id).id == run_id


def test_a_migration_that_leaves_orphans_changes_nothing(db: Database, run_id: int) -> None:
    with pytest.raises(DatabaseError, match="orphan_the_jobs left rows without owner in jobs"):
        Database(f"sqlite:///{db.file}", (orphan_the_jobs,))
    assert get_run(db, run_id).id == run_id


def test_without_a_backup_nothing_is_migrated(db: Database) -> None:
    (db.file.parent / "studio.db.version-1.backup" / "in the way").mkdir(parents=True)
    with pytest.raises(DatabaseError, match=r"no backup could be made.*nothing was changed"):
        Database(f"sqlite:///{db.file}", (add_colour,))
    assert version(db.file) == 1
    assert not list(db.file.parent.glob("*.part"))


def test_a_new_file_needs_no_backup(tmp_path: Path) -> None:
    Database(f"sqlite:///{tmp_path / 'new.db'}", (add_colour,)).close()
    assert version(tmp_path / "new.db") == 2
    assert not list(tmp_path.glob("*.backup*"))


MIGRATE = """
from storage.database import Database
def add_colour(connection):
    connection.execute("ALTER TABLE runs ADD COLUMN colour TEXT")
go()
Database("sqlite:///" + sys.argv[1], (add_colour,)).close()
"""


def test_several_processes_migrate_once(db: Database, run_together) -> None:
    run_together(MIGRATE, [[db.file]] * 3)  # a column added twice would be an error
    assert version(db.file) == 2
    assert "colour" in columns(db.file)
