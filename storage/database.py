"""The one place that knows SQLite: opening, pragmas, transactions, upserts, vacuum. Each process opens a
Database of its own."""

import contextlib
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects.sqlite import Insert, insert
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from storage.filesystem import network_filesystem
from storage.migrations import MIGRATIONS, Migration, MigrationError, check_owner, migrate

URL_VARIABLE = "INFMASKING_DATABASE_URL"
BUSY_SECONDS = 5.0
_OPEN_SECONDS = 30.0
_PRAGMAS = (
    f"busy_timeout={int(BUSY_SECONDS * 1000)}",  # first: the others may already have to wait
    "foreign_keys=ON",
    "synchronous=NORMAL",
    "temp_store=MEMORY",
    "mmap_size=0",
    "secure_delete=OFF",
    "journal_size_limit=67108864",
)


class DatabaseError(RuntimeError):
    """What went wrong with the database, as one line for the user."""


class Database:
    """An open database file: one writing connection (BEGIN IMMEDIATE) and read-only connections, shared by
    threads.

    Not usable after a fork: a new process opens its own.
    """

    def __init__(self, url: str, migrations: Sequence[Migration] = MIGRATIONS) -> None:
        """Open, creating or migrating as needed. Raises DatabaseError with one line that says what is
        wrong."""
        self.file = _file_of(url)
        self._pid = os.getpid()
        self._token = uuid.uuid4().hex[:12]
        self._watching = threading.Lock()
        with self._one_line_errors():
            try:
                _prepare(self.file, migrations)
            except (MigrationError, OSError) as error:
                raise DatabaseError(str(error)) from error
            self._watcher = _connect(self.file, "ro")
        self._writer = _engine(self.file, "rw", "BEGIN IMMEDIATE", size=1, overflow=0)
        self._reader = _engine(self.file, "ro", "BEGIN", size=4, overflow=28)

    @classmethod
    def at(cls, home: Path) -> "Database":
        """The database of a data home: what INFMASKING_DATABASE_URL names, else home/studio.db."""
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseError(f"the data home {home} cannot be made: {error.strerror}") from error
        return cls(_url_at(home))

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may write; commits at the end, rolls back on an exception. Raises
        DatabaseError."""
        with self._begin(self._writer) as connection:
            yield connection

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A read-only transaction: one consistent view. Raises DatabaseError."""
        with self._begin(self._reader) as connection:
            yield connection

    def change_token(self) -> str:
        """Differs from an earlier token of this object when anyone, in any process, has committed since."""
        with self._watching, self._one_line_errors():
            return f"{self._token}.{self._watcher.execute('PRAGMA data_version').fetchone()[0]}"

    def vacuum(self, pages: int = 256) -> None:
        """Give free pages back to the disk, a few a transaction so that other writers hardly wait."""
        with self._one_line_errors(), contextlib.closing(_connect(self.file, "rw")) as connection:
            free, before = _free_pages(connection), -1
            while free not in (0, before):
                # a script, since `execute` takes only one step of the pragma, which frees one page
                connection.executescript(f"PRAGMA incremental_vacuum({pages})")
                free, before = _free_pages(connection), free
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)")  # the file itself shrinks only here

    def close(self) -> None:
        """Close all connections; the object is of no use afterwards."""
        self._reader.dispose()
        self._writer.dispose()
        self._watcher.close()

    @contextlib.contextmanager
    def _begin(self, engine: Engine) -> Iterator[Connection]:
        if os.getpid() != self._pid:
            raise DatabaseError("this Database was opened by another process; open one here")
        with self._one_line_errors(), engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        try:
            yield
        # a value of no kind
        except (SQLAlchemyError, sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            text = str(getattr(error, "orig", None) or error).partition("\n")[0]
            raise DatabaseError(f"database {self.file}: {text}") from error


def upsert(table: Table) -> Insert:
    """INSERT that replaces the row of the same primary key."""
    statement = insert(table)
    rest = {
        column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key
    }
    return statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=rest)


def insert_missing(table: Table) -> Insert:
    """INSERT that leaves a row already there as it is."""
    return insert(table).on_conflict_do_nothing()


def file_at(home: Path) -> Path:
    """The file of the database of a data home, which need not exist. Raises DatabaseError."""
    return _file_of(_url_at(home))


def _url_at(home: Path) -> str:
    return os.environ.get(URL_VARIABLE) or f"sqlite:///{home.resolve() / 'studio.db'}"


def _file_of(url: str) -> Path:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:  # ValueError: a port that is no number
        raise DatabaseError(f"{url[:200]!r} is no database URL; write sqlite:////folder/studio.db") from error
    name = parsed.database or ""
    if parsed.get_backend_name() != "sqlite" or name in ("", ":memory:") or name.startswith("file:"):
        raise DatabaseError(f"no database {url!r}: only SQLite files, as sqlite:////folder/studio.db")
    try:
        return Path(os.path.realpath(Path(name).expanduser()))
    except (RuntimeError, ValueError) as error:  # the home of nobody; a NUL
        raise DatabaseError(f"{url[:200]!r} names no file: {error}") from error


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{file.as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _free_pages(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA freelist_count").fetchone()[0])


def _engine(file: Path, mode: str, begin: str, size: int, overflow: int) -> Engine:
    engine = create_engine(
        "sqlite://",
        creator=lambda: _connect(file, mode),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=overflow,
        pool_timeout=30.0,
    )
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _prepare(file: Path, migrations: Sequence[Migration]) -> None:
    """Make the file if it is not there, in WAL mode, and bring its tables to this version."""
    file.parent.mkdir(parents=True, exist_ok=True)
    kind = network_filesystem(file.parent)
    if kind is not None:
        raise DatabaseError(
            f"{file} lies on a network file system ({kind}), where SQLite loses data; name a local folder"
        )
    connection = _connect(file, "rwc")
    try:
        _patiently(
            lambda: check_owner(connection, file)
        )  # before anything is changed in a file that is not ours
        if not connection.execute("PRAGMA auto_vacuum").fetchone()[0]:  # setting it waits for writers
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # only has effect before the first table
        _patiently(lambda: _enter_wal(connection))
        migrate(connection, file, migrations)
    finally:
        connection.close()


def _enter_wal(connection: sqlite3.Connection) -> None:
    mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
    if mode != "wal":  # SQLite says so only here, and goes on in the old mode
        raise sqlite3.OperationalError(f"no write-ahead log is possible here (journal mode {mode})")


def _patiently(action: Callable[[], object]) -> None:
    """Do it again while others have the file locked: around a change to WAL, SQLite does not always wait by
    itself."""
    deadline = time.monotonic() + _OPEN_SECONDS
    while True:
        try:
            action()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
