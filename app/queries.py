"""What pages read: the open database, and reads that are kept until somebody commits a change to it.

A cached read has the database's change token in its key, so that it is never older than the last commit of
any process, and all sessions share it. Points of a curve are kept by what the curve's summary says instead: a
commit elsewhere does not make a finished run's curves be read again. What is returned is shared and must not
be changed.
"""

import os
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl
import streamlit as st

from app.home import data_home
from app.training.processes import host_name
from storage import artifacts as stored_artifacts
from storage import jobs as stored_jobs
from storage import queries as stored
from storage import runs as stored_runs
from storage import sizes as stored_sizes
from storage import studies as stored_studies
from storage import trash as stored_trash
from storage.artifacts import Artifact
from storage.database import URL_VARIABLE, Database
from storage.jobs import Job, Supervisor
from storage.marks import Marks, read_marks
from storage.pauses import Pause, list_pauses
from storage.queries import Columns, LogLine
from storage.run import Run
from storage.sizes import Held
from storage.studies import Study
from storage.trash import Trashed

CURVES = {"run_id": pl.Int64, "key": pl.String, "step": pl.Int64, "value": pl.Float64, "time": pl.Int64}
SUMMARIES = {
    "run_id": pl.Int64,
    "key": pl.String,
    "last": pl.Float64,
    "last_step": pl.Int64,
    "min": pl.Float64,
    "min_step": pl.Int64,
    "max": pl.Float64,
    "max_step": pl.Int64,
    "n": pl.Int64,
    "time": pl.Int64,
}


def database() -> Database:
    """The database of the data home, opened once a process. Raises `DatabaseError` where it cannot be."""
    return _open(data_home(), os.environ.get(URL_VARIABLE))


@cache
def _open(home: Path, url: str | None) -> Database:
    return Database(url) if url else Database.at(home)


def change_token() -> str:
    """Differs from an earlier one when anything was committed since."""
    return stored.change_token(database())


def marks() -> Marks:
    """Whether what pages show has changed, and how far the runs at work are."""
    return _marks(change_token(), database())


def list_runs(run_ids: Iterable[int] | None = None) -> list[Run]:
    """All runs, or those of these ids that there are, newest first."""
    found = _runs(change_token(), database())
    if run_ids is None:
        return found
    wanted = set(run_ids)
    return [run for run in found if run.id in wanted]


def get_run(run_id: int) -> Run:
    """One run. Raises `NoSuchRun`."""
    return stored_runs.get_run(database(), run_id)


def results(run_ids: Sequence[int] | None = None) -> Columns:
    """Final figures: run_id, task, metric, value, facts."""
    return _results(change_token(), database(), None if run_ids is None else tuple(run_ids))


def decompositions(run_ids: Sequence[int]) -> Columns:
    """What the tasks' information splits into: run_id, task, sides, encoder, epoch, content."""
    return _decompositions(change_token(), database(), tuple(run_ids))


def last_decompositions(run_ids: Sequence[int], encoder: str = "trained") -> Columns:
    """Of one encoder the decompositions after the most epochs; the columns of `decompositions`."""
    return _last_decompositions(change_token(), database(), tuple(run_ids), encoder)


def summaries(run_ids: Sequence[int], keys: Sequence[str] | None = None) -> pl.DataFrame:
    """One row a curve, as `SUMMARIES`."""
    return _summaries(change_token(), database(), tuple(run_ids), None if keys is None else tuple(keys))


def curves(run_ids: Sequence[int], keys: Sequence[str] | None = None) -> pl.DataFrame:
    """Every point of the runs' curves (or of those named), as `CURVES`, ordered by run, key and step."""
    db = database()
    state = (
        summaries(run_ids)
        .group_by("run_id")
        .agg(pl.col("n").sum(), pl.col("time").max(), pl.col("last_step").max())
    )
    parts = [_points(str(db.file), db, *row) for row in state.sort("run_id").iter_rows()]
    points = pl.concat(parts) if parts else pl.DataFrame(schema=CURVES)
    return points if keys is None else points.filter(pl.col("key").is_in(list(keys)))


def log_tail(run_id: int, limit: int = 200) -> list[LogLine]:
    """The last lines of a run's log, oldest first."""
    return stored.log_tail(database(), run_id, limit)


def list_artifacts(run_id: int | None = None) -> list[Artifact]:
    """Complete artifacts (of a run), newest first."""
    found = _artifacts(change_token(), database())
    return found if run_id is None else [artifact for artifact in found if artifact.run_id == run_id]


def list_studies() -> list[Study]:
    """Studies that are not in the trash, newest first."""
    return _studies(change_token(), database())


def get_study(study_id: int) -> Study:
    """One study. Raises `NoSuchStudy`."""
    return stored_studies.get_study(database(), study_id)


def members() -> dict[int, list[int]]:
    """Study → its runs, ascending, for every study that has any."""
    return _members(change_token(), database())


def supervisor() -> Supervisor | None:
    """The live supervisor of this host; not cached, for its silence commits nothing."""
    return stored_jobs.live_supervisor(database(), host_name())


def queued_jobs() -> list[Job]:
    """What waits, in the order in which it will start."""
    return _queue(change_token(), database()).waiting


def startable_jobs() -> list[Job]:
    """What waits and is not held back by a pause of the queue or of its study."""
    return _queue(change_token(), database()).startable


def active_jobs() -> list[Job]:
    """What works."""
    return _queue(change_token(), database()).active


def pauses() -> list[Pause]:
    """What of the queue is paused."""
    return _queue(change_token(), database()).pauses


def held_bytes() -> list[Held]:
    """What runs hold, by study and kind."""
    return _held(change_token(), database())


def trash() -> list[Trashed]:
    """What is in the trash, the latest first."""
    return _trash(change_token(), database())


@st.cache_resource(max_entries=2, show_spinner=False)
def _held(token: str, _db: Database) -> list[Held]:
    return stored_sizes.held_bytes(_db)


@st.cache_resource(max_entries=2, show_spinner=False)
def _trash(token: str, _db: Database) -> list[Trashed]:
    return stored_trash.list_trash(_db)


@st.cache_resource(max_entries=2, show_spinner=False)
def _queue(token: str, _db: Database) -> "_Queue":
    waiting, startable = stored_jobs.queued_jobs(_db), stored_jobs.queued_jobs(_db, startable=True)
    return _Queue(waiting, startable, stored_jobs.active_jobs(_db), list_pauses(_db))


class _Queue(NamedTuple):
    """What there is to know of the queue at one time."""

    waiting: list[Job]
    startable: list[Job]
    active: list[Job]
    pauses: list[Pause]


@st.cache_resource(max_entries=2, show_spinner=False)
def _marks(token: str, _db: Database) -> Marks:
    return read_marks(_db)


@st.cache_resource(max_entries=8, show_spinner=False)
def _runs(token: str, _db: Database) -> list[Run]:
    return stored_runs.list_runs(_db)


@st.cache_resource(max_entries=8, show_spinner=False)
def _studies(token: str, _db: Database) -> list[Study]:
    return stored_studies.list_studies(_db)


@st.cache_resource(max_entries=8, show_spinner=False)
def _members(token: str, _db: Database) -> dict[int, list[int]]:
    return stored_studies.members_of_all(_db)


@st.cache_resource(max_entries=32, show_spinner=False)
def _results(token: str, _db: Database, run_ids: tuple[int, ...] | None) -> Columns:
    return stored.results(_db, run_ids)


@st.cache_resource(max_entries=32, show_spinner=False)
def _decompositions(token: str, _db: Database, run_ids: tuple[int, ...]) -> Columns:
    return stored.decompositions(_db, run_ids)


@st.cache_resource(max_entries=32, show_spinner=False)
def _last_decompositions(token: str, _db: Database, run_ids: tuple[int, ...], encoder: str) -> Columns:
    return stored.last_decompositions(_db, run_ids, encoder)


@st.cache_resource(max_entries=32, show_spinner=False)
def _summaries(
    token: str, _db: Database, run_ids: tuple[int, ...], keys: tuple[str, ...] | None
) -> pl.DataFrame:
    return pl.DataFrame(stored.summaries(_db, run_ids, keys), schema=SUMMARIES)


@st.cache_resource(max_entries=64, show_spinner=False)
def _points(file: str, _db: Database, run_id: int, count: int, time: int, last_step: int) -> pl.DataFrame:
    """A run's points; a point recorded again has a later time, so that count, time and step name one version
    of them."""
    return pl.DataFrame(stored.metric_points(_db, [run_id]), schema=CURVES)


@st.cache_resource(max_entries=8, show_spinner=False)
def _artifacts(token: str, _db: Database) -> list[Artifact]:
    return stored_artifacts.list_artifacts(_db)
