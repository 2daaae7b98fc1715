"""Reads for pages and exports: column by column, ready for `polars.DataFrame(...)`. A NULL value comes out as
NaN."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Column, Select, Text, and_, cast, func, select

from storage import models
from storage.database import Database

Columns = dict[str, list[Any]]


class LogLine(NamedTuple):
    """time in UTC milliseconds."""

    time: int
    text: str


class Curve(NamedTuple):
    """Points of one curve, by step: steps (n,), ascending; values (n,), NaN where none is stored; times (n,)
    in UTC milliseconds."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]
    times: NDArray[np.int64]


def metric_keys(db: Database, run_ids: Iterable[int]) -> list[str]:
    """The names of the curves that the runs have, sorted."""
    has = select(models.metric_summaries.c.key_id).where(models.metric_summaries.c.run_id.in_(list(run_ids)))
    query = (
        select(models.metric_keys.c.name)
        .where(models.metric_keys.c.id.in_(has))
        .order_by(models.metric_keys.c.name)
    )
    with db.read() as connection:
        return list(connection.execute(query).scalars())


def metric_points(
    db: Database, run_ids: Iterable[int], keys: Iterable[str] | None = None, since_step: int | None = None
) -> Columns:
    """All points of the curves, at steps above `since_step`: run_id, key, step, value, time; ordered by run,
    key, step."""
    names = ("run_id", "key", "step", "value", "time")
    query = _of_curves(models.metrics, names, run_ids, keys).order_by(
        models.metrics.c.run_id, models.metrics.c.key_id, models.metrics.c.step
    )
    if since_step is not None:
        query = query.where(models.metrics.c.step > since_step)
    return _curves(db, query, names, ("value",))


def curve_arrays(db: Database, key: str, run_ids: Iterable[int]) -> dict[int, Curve]:
    """One curve of many runs, by run; runs that have no point of it are missing.

    SQLite writes each run's columns as one text, which costs half of what a row a point would; values have 15
    digits.
    """
    table = models.metrics.c
    value = func.coalesce(cast(table.value, Text), "nan")
    columns = [func.group_concat(part) for part in (table.step, value, table.time)]
    key_id = select(models.metric_keys.c.id).where(models.metric_keys.c.name == key).scalar_subquery()
    wanted = (table.run_id.in_(list(run_ids))) & (table.key_id == key_id)
    with db.read() as connection:
        rows = connection.execute(select(table.run_id, *columns).where(wanted).group_by(table.run_id)).all()
    return {run_id: _ascending(*texts) for run_id, *texts in rows}


def _ascending(steps: str, values: str, times: str) -> Curve:
    read = np.fromstring
    curve = Curve(read(steps, np.int64, sep=","), read(values, sep=","), read(times, np.int64, sep=","))
    if (np.diff(curve.steps) > 0).all():
        return curve
    order = np.argsort(curve.steps)  # the table is in this order already, but an aggregate promises none
    return Curve(curve.steps[order], curve.values[order], curve.times[order])


def summaries(db: Database, run_ids: Iterable[int], keys: Iterable[str] | None = None) -> Columns:
    """One row a curve: run_id, key, last, last_step, min, min_step, max, max_step, n, time.

    min and max are over finite values (NaN when there is none), their steps the earliest ones.
    """
    names = ("run_id", "key", "last", "last_step", "min", "min_step", "max", "max_step", "n", "time")
    query = _of_curves(models.metric_summaries, names, run_ids, keys)
    return _curves(
        db,
        query.order_by(models.metric_summaries.c.run_id, models.metric_summaries.c.key_id),
        names,
        ("last", "min", "max"),
    )


def results(db: Database, run_ids: Iterable[int] | None = None) -> Columns:
    """Final figures (of all runs): run_id, task, metric, value, facts."""
    names = ("run_id", "task", "metric", "value", "facts")
    table = models.results.c
    query = select(*(table[name] for name in names)).order_by(table.run_id, table.task, table.metric)
    if run_ids is not None:
        query = query.where(table.run_id.in_(list(run_ids)))
    with db.read() as connection:
        return _columns(connection.execute(query).all(), names, ("value",))


def decompositions(db: Database, run_ids: Iterable[int]) -> Columns:
    """What the tasks' information splits into: run_id, task, sides, encoder, epoch, content (plain
    values)."""
    names = ("run_id", "task", "sides", "encoder", "epoch", "content")
    table = models.decompositions.c
    query = select(*(table[name] for name in names)).where(table.run_id.in_(list(run_ids)))
    with db.read() as connection:
        return _columns(
            connection.execute(query.order_by(*(table[name] for name in names[:5]))).all(), names, ()
        )


def last_decompositions(db: Database, run_ids: Iterable[int], encoder: str) -> Columns:
    """`decompositions` of one encoder, of every run, task and sides only those after the most epochs."""
    table = models.decompositions.c
    places = (table.run_id, table.task, table.sides)
    wanted = (table.run_id.in_(list(run_ids)), table.encoder == encoder)
    last = select(*places, func.max(table.epoch).label("epoch")).where(*wanted).group_by(*places).subquery()
    names = ("run_id", "task", "sides", "encoder", "epoch", "content")
    query = (
        select(*(table[name] for name in names))
        .join(last, and_(*(column == last.c[column.name] for column in (*places, table.epoch))))
        .where(table.encoder == encoder)
        .order_by(*places)
    )
    with db.read() as connection:
        return _columns(connection.execute(query).all(), names, ())


def log_tail(db: Database, run_id: int, limit: int = 200) -> list[LogLine]:
    """The run's last log lines, oldest first."""
    query = select(models.log_lines.c.number, models.log_lines.c.text).where(
        models.log_lines.c.run_id == run_id
    )
    with db.read() as connection:
        rows = connection.execute(query.order_by(models.log_lines.c.number.desc()).limit(limit)).all()
    return [LogLine(number // 1000, text) for number, text in reversed(rows)]


def change_token(db: Database) -> str:
    """Differs from an earlier token of this Database when anything was committed since, by any process; costs
    microseconds."""
    return db.change_token()


def _of_curves(
    table: Any, names: Iterable[str], run_ids: Iterable[int], keys: Iterable[str] | None
) -> Select[Any]:
    columns: list[Column[Any]] = [table.c["key_id" if name == "key" else name] for name in names]
    query = select(*columns).where(table.c.run_id.in_(list(run_ids)))
    if keys is not None:
        query = query.where(
            table.c.key_id.in_(
                select(models.metric_keys.c.id).where(models.metric_keys.c.name.in_(list(keys)))
            )
        )
    return query


def _curves(db: Database, query: Select[Any], names: tuple[str, ...], real: tuple[str, ...]) -> Columns:
    """Rows with key numbers turned into names: cheaper than a join that repeats the name in every row."""
    with db.read() as connection:
        rows = connection.execute(query).all()
        keys = {row.id: row.name for row in connection.execute(select(models.metric_keys))}
    columns = _columns(rows, names, real)
    columns["key"] = [keys[number] for number in columns["key"]]
    return columns


def _columns(rows: Any, names: tuple[str, ...], real: tuple[str, ...]) -> Columns:
    columns: Columns = (
        dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
        if rows
        else {name: [] for name in names}
    )
    for name in real:
        columns[name] = [math.nan if value is None else value for value in columns[name]]
    return columns
