"""The data home: the one folder that holds the database, rendered data and logs.

`INFMASKING_HOME` names it; the default is `infmasking-data` in the current folder. Every path in it is made
here.
"""

import os
from pathlib import Path

from engine.settings.paths import absolute_path
from storage.database import Database


def data_home() -> Path:
    """Absolute path of the data home; it need not exist yet. Raises `PathError` where the variable is no
    path."""
    return absolute_path(os.environ.get("INFMASKING_HOME") or "infmasking-data")


def open_database() -> Database:
    """The database of the data home (or `INFMASKING_DATABASE_URL`), made and migrated where needed.

    Raises `storage.database.DatabaseError`, one line, where it cannot be opened.
    """
    return Database.at(data_home())


def run_log(home: Path, run_id: int) -> Path:
    """File that receives everything a run's processes print."""
    return home / "logs" / f"run-{run_id:06}.log"


def supervisor_log(home: Path) -> Path:
    """File that receives everything supervisors print."""
    return home / "logs" / "supervisor.log"


def spool_file(home: Path, run_id: int) -> Path:
    """File that keeps a run's records while the database cannot."""
    return home / "spool" / f"run-{run_id:06}.jsonl"
