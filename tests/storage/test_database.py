"""Opening, refusing, transactions."""

import multiprocessing
import sqlite3
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import insert, select

import storage.filesystem
from storage.database import Database, DatabaseError
from storage.filesystem import filesystem_type
from storage.models import metadata, metric_keys


def pragma(connection, name: str):
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


def test_both_engines_have_the_pragmas(db: Database) -> None:
    for transaction in (db.write, db.read):
        with transaction() as connection:
            assert pragma(connection, "journal_mode") == "wal"
            assert pragma(connection, "auto_vacuum") == 2
            assert pragma(connection, "busy_timeout") == 5000
            assert pragma(connection, "foreign_keys") == 1
            assert pragma(connection, "synchronous") == 1
            assert pragma(connection, "temp_store") == 2
            assert pragma(connection, "mmap_size") == 0
            assert pragma(connection, "secure_delete") == 0


def test_all_tables_are_there(db: Database) -> None:
    with db.read() as connection:
        names = set(
            connection.exec_driver_sql("SELECT name FROM sqlite_schema WHERE type = 'table'").scalars()
        )
    assert set(metadata.tables) <= names


def test_readers_cannot_write(db: Database) -> None:
    with pytest.raises(DatabaseError, match="readonly"), db.read() as connection:
        connection.execute(insert(metric_keys).values(name="x"))


def test_an_exception_rolls_back(db: Database) -> None:
    with pytest.raises(KeyError), db.write() as connection:
        connection.execute(insert(metric_keys).values(name="x"))
        raise KeyError
    with db.read() as connection:
        assert connection.execute(select(metric_keys)).all() == []


def test_a_reader_sees_one_state_while_others_write(db: Database) -> None:
    with db.read() as reading:
        assert reading.execute(select(metric_keys)).all() == []
        with db.write() as writing:
            writing.execute(insert(metric_keys).values(name="x"))
        assert reading.execute(select(metric_keys)).all() == []
    with db.read() as reading:
        assert len(reading.execute(select(metric_keys)).all()) == 1


def test_a_lock_that_stays_is_one_line(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=20")
    other = sqlite3.connect(db.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseError, match="database is locked") as caught, db.write():
        pass
    assert "\n" not in str(caught.value)
    other.close()
    with db.write() as connection:  # and the connection is good again
        connection.execute(insert(metric_keys).values(name="x"))


@pytest.mark.parametrize(
    "url",
    ["postgresql://host/name", "sqlite://", "sqlite:///:memory:", "sqlite:///file:x?uri=true", "nonsense"],
)
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(DatabaseError, match=r"sqlite:////folder/studio\.db") as caught:
        Database(url)
    assert url in str(caught.value)


def test_a_newer_file_is_refused_and_kept(db: Database) -> None:
    with db.write() as connection:
        connection.exec_driver_sql("PRAGMA user_version=99")
    with pytest.raises(DatabaseError, match="version 99, made by a newer program"):
        Database(f"sqlite:///{db.file}")
    with db.read() as connection:
        assert pragma(connection, "user_version") == 99


def test_another_programs_file_is_refused_untouched(tmp_path: Path) -> None:
    file = tmp_path / "theirs.db"
    with sqlite3.connect(file) as theirs:
        theirs.execute("CREATE TABLE things (x)")
        theirs.execute("PRAGMA user_version=1")
    theirs.close()
    before = file.read_bytes()
    with pytest.raises(DatabaseError, match="database of another program"):
        Database(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "text.db"
    file.write_text("not a database at all, " * 100)
    with pytest.raises(DatabaseError, match="file is not a database"):
        Database(f"sqlite:///{file}")


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DatabaseError, match="cannot be made"):
        Database.at(tmp_path / "file" / "home")


def test_the_environment_names_another_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INFMASKING_DATABASE_URL", f"sqlite:///{tmp_path / 'deep' / 'other.db'}")
    database = Database.at(tmp_path / "home")
    database.close()
    assert (tmp_path / "deep" / "other.db").exists()
    assert not (tmp_path / "home" / "studio.db").exists()


MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /mnt/lab\\040data nfs4 rw 0 0
/dev/sdb1 /mnt/lab\\040data/local ext4 rw 0 0
me@host: /home/me/far fuse.sshfs rw 0 0
tmpfs /twice tmpfs rw 0 0
//host/share /twice cifs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/home/me", "ext4"),
        ("/mnt/lab data/x/y", "nfs4"),
        ("/mnt/lab database", "ext4"),
        ("/mnt/lab data/local/x", "ext4"),
        ("/home/me/far", "fuse.sshfs"),
        ("/twice/x", "cifs"),
    ],
)
def test_the_deepest_and_latest_mount_counts(path: str, kind: str) -> None:
    assert filesystem_type(Path(path), MOUNTS) == kind


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path.resolve()} nfs4 rw 0 0\n")
    monkeypatch.setattr(storage.filesystem, "_MOUNTS", mounts)
    with pytest.raises(DatabaseError, match=r"network file system \(nfs4\)"):
        Database.at(tmp_path)
    assert not (tmp_path / "studio.db").exists()


def test_opening_waits_where_sqlite_does_not(tmp_path: Path) -> None:
    Database.at(tmp_path).close()
    other = sqlite3.connect(tmp_path / "studio.db", isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode=DELETE")
    other.execute(
        "BEGIN IMMEDIATE"
    )  # now SQLite refuses the switch to WAL at once, whatever busy_timeout says
    release = threading.Timer(0.3, other.execute, ["ROLLBACK"])
    release.start()
    database = Database.at(tmp_path)
    release.join()
    other.close()
    with database.read() as connection:
        assert pragma(connection, "journal_mode") == "wal"
    database.close()


def test_opening_does_not_wait_for_writers(db: Database) -> None:
    with db.write() as connection:
        connection.execute(insert(metric_keys).values(name="x"))
        Database(f"sqlite:///{db.file}").close()  # waiting for the lock would end in DatabaseError


OPEN = """
from storage.database import Database
go()
for n in range(4):
    Database.at(pathlib.Path(sys.argv[1], str(n))).close()
"""


def test_many_processes_may_open_a_new_file_at_once(tmp_path: Path, run_together) -> None:
    run_together(OPEN, [[tmp_path]] * 4)
    for n in range(4):
        with sqlite3.connect(tmp_path / str(n) / "studio.db") as file:
            assert file.execute("PRAGMA auto_vacuum").fetchone() == (2,)
            assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
            assert file.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        file.close()


def _write_in_child(db: Database, answers) -> None:
    try:
        with db.write():
            answers.put("wrote")
    except DatabaseError as error:
        answers.put(str(error))


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_a_forked_child_is_told_to_open_its_own(db: Database) -> None:
    context = multiprocessing.get_context("fork")
    answers = context.SimpleQueue()
    child = context.Process(target=_write_in_child, args=(db, answers))
    child.start()
    child.join(60)
    assert "opened by another process" in answers.get()


def test_the_token_changes_with_every_commit_anywhere(db: Database) -> None:
    first = db.change_token()
    assert db.change_token() == first
    with db.write() as connection:
        connection.execute(insert(metric_keys).values(name="mine"))
    second = db.change_token()
    assert second != first
    other = Database(f"sqlite:///{db.file}")
    with other.write() as connection:
        connection.execute(insert(metric_keys).values(name="theirs"))
    third = db.change_token()
    assert third not in (first, second)
    with db.read() as connection:
        connection.execute(select(metric_keys)).all()
    assert db.change_token() == third
    assert other.change_token() != third  # another object's tokens never agree with ours
    other.close()
