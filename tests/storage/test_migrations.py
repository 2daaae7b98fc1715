"""Older files, through a list of migrations given to Database."""

import math
import sqlite3
from contextlib import closing
from pathlib import Path

import old_database
import pytest

from storage.database import Database, DatabaseError
from storage.migrations import MIGRATIONS
from storage.queries import decompositions, metric_points, results, summaries
from storage.recorder import RunRecorder
from storage.runs import get_run, list_runs

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


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A file of version 2 with a small comparison in it."""
    file = tmp_path / "old.db"
    old_database.make_version_2(file)
    return file


def test_a_file_of_version_2_keeps_every_number(old: Path) -> None:
    with closing(Database(f"sqlite:///{old}")) as db:
        assert version(old) == NOW
        assert version(old.with_name("old.db.version-2.backup")) == 2
        runs = {run.id: run for run in list_runs(db)}
        assert tuple(runs[number].study for number in sorted(runs)) == old_database.COMPARISONS
        assert [(runs[i].title, runs[i].method, runs[i].seed) for i in sorted(runs)] == list(
            old_database.RUNS
        )
        assert {(run.note, run.tags, run.step, run.status) for run in runs.values()} == {
            ("as it was", ("kept",), 40, "finished")
        }
        found = results(db)
        assert dict(zip(found["run_id"], found["value"], strict=True)) == old_database.ACCURACY
        bits = decompositions(db, list(runs))
        read = {
            number: one["synergy"]["value"]
            for number, one in zip(bits["run_id"], bits["content"], strict=True)
        }
        assert read == old_database.SYNERGY
        points = metric_points(db, [1])
        assert points["step"] == [step for step, _ in old_database.LOSS]
        assert [None if math.isnan(value) else value for value in points["value"]] == [
            value for _, value in old_database.LOSS
        ]
        assert summaries(db, [1])["min"] == [1.9]


def test_a_migrated_file_has_the_tables_of_a_new_one(old: Path, tmp_path: Path) -> None:
    Database(f"sqlite:///{old}").close()
    Database(f"sqlite:///{tmp_path / 'new.db'}").close()
    shapes = []
    for file in (old, tmp_path / "new.db"):
        with closing(sqlite3.connect(file)) as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema ORDER BY name")]
            columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in names}
            shapes.append({name: sorted(row[1:] for row in found) for name, found in columns.items()})
    assert shapes[0] == shapes[1]


def uids(file: Path, table: str) -> list[str]:
    with closing(sqlite3.connect(file)) as connection:
        return [row[0] for row in connection.execute(f"SELECT uid FROM {table} ORDER BY id")]


def test_two_copies_of_a_file_give_their_runs_and_studies_the_same_names(old: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.db"
    old_database.make_version_2(other)
    for file in (old, other):
        Database(f"sqlite:///{file}").close()
    for table in ("runs", "studies"):
        assert uids(old, table) == uids(other, table)
        assert len(set(uids(old, table))) == len(uids(old, table))
        assert all(len(uid) == 32 and int(uid, 16) >= 0 for uid in uids(old, table))


def test_a_file_of_the_first_version_takes_decompositions(old: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("DROP TABLE decompositions")
        connection.execute("PRAGMA user_version=1")
    with closing(Database(f"sqlite:///{old}")) as migrated:
        assert version(old) == NOW
        assert version(old.with_name("old.db.version-1.backup")) == 1
        with RunRecorder(migrated, 1, tmp_path) as recorder:
            recorder.decomposition("synergy", "x1 | x2", "trained", 3, {"n": 2000})
        assert decompositions(migrated, [1])["content"] == [{"n": 2000}]
