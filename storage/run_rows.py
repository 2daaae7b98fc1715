"""Everything one run recorded, a page at a time, in an order that is the same in every database."""

import json
import math
from collections.abc import Iterator

from sqlalchemy import select, tuple_

from storage.batch import Figure, Line, Split
from storage.database import Database
from storage.models import decompositions, log_lines, metric_keys, metric_summaries, metrics, results
from storage.points import Point

PAGE = 2_000
"""Rows that are in memory at once."""


def points_of(db: Database, run_id: int) -> Iterator[Point]:
    """The points of the run's curves, by name and step."""
    curves = (
        select(metric_keys.c.name, metric_keys.c.id)
        .join(metric_summaries, metric_summaries.c.key_id == metric_keys.c.id)
        .where(metric_summaries.c.run_id == run_id)
        .order_by(metric_keys.c.name)
    )
    with db.read() as connection:
        listed = connection.execute(curves).all()
    for name, key in listed:
        last = -1
        while True:
            page = (
                select(metrics.c.step, metrics.c.value, metrics.c.time)
                .where(metrics.c.run_id == run_id, metrics.c.key_id == key, metrics.c.step > last)
                .order_by(metrics.c.step)
                .limit(PAGE)
            )
            with db.read() as connection:
                rows = connection.execute(page).all()
            for row in rows:
                yield Point(name, row.step, math.nan if row.value is None else row.value, row.time)
            if len(rows) < PAGE:
                break
            last = rows[-1].step


def figures_of(db: Database, run_id: int) -> Iterator[Figure]:
    """The run's final figures, by task and metric."""
    table = results.c
    query = select(table.task, table.metric, table.value, table.facts, table.time)
    with db.read() as connection:
        rows = connection.execute(
            query.where(table.run_id == run_id).order_by(table.task, table.metric)
        ).all()
    for row in rows:
        value = math.nan if row.value is None else row.value
        yield Figure(row.task, row.metric, value, json.dumps(row.facts), row.time)


def splits_of(db: Database, run_id: int) -> Iterator[Split]:
    """The run's decompositions, by task, sides, encoder and epoch."""
    table = decompositions.c
    key = (table.task, table.sides, table.encoder, table.epoch)
    page = select(*key, table.content, table.time).where(table.run_id == run_id).order_by(*key).limit(50)
    last = None
    while True:
        query = page if last is None else page.where(tuple_(*key) > tuple_(*last))
        with db.read() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            yield Split(row.task, row.sides, row.encoder, row.epoch, json.dumps(row.content), row.time)
        if len(rows) < 50:
            return
        last = rows[-1][:4]


def lines_of(db: Database, run_id: int) -> Iterator[Line]:
    """The run's log, oldest first."""
    query = select(log_lines.c.number, log_lines.c.text).where(log_lines.c.run_id == run_id)
    with db.read() as connection:
        rows = connection.execute(query.order_by(log_lines.c.number)).all()
    for row in rows:
        yield Line(row.number, row.text)
