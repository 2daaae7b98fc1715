"""Writing curves: points and, in the same transaction, the summary of each curve they belong to."""

import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, func, insert, select

from storage.database import upsert
from storage.models import metric_keys, metric_summaries, metrics

MAX_STEP = 2**63 - 1
_LARGEST = sys.float_info.max


class Point(NamedTuple):
    """A value of a curve at a step; time in UTC milliseconds."""

    key: str
    step: int
    value: float
    time: int


class Summary(NamedTuple):
    """Of one curve: the value at the highest step, extremes over finite values with their earliest step, how
    many points."""

    last: float | None
    last_step: int
    min: float | None
    min_step: int | None
    max: float | None
    max_step: int | None
    n: int
    time: int


def write_points(connection: Connection, run_id: int, points: Sequence[Point]) -> None:
    """Store the points; one at a step that the curve already has replaces it, and the summary stays true."""
    latest = {(point.key, point.step): point for point in points}
    if not latest:
        return
    ids = key_ids(connection, {point.key for point in latest.values()})
    rows = [
        {
            "run_id": run_id,
            "key_id": ids[key],
            "step": step,
            "value": _stored(point.value),
            "time": point.time,
        }
        for (key, step), point in sorted(latest.items())
    ]
    connection.execute(upsert(metrics), rows)
    _write_summaries(connection, run_id, ids, sorted(latest.values()))


def key_ids(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The number of each curve name; new names get one."""
    wanted = sorted(set(names))
    query = select(metric_keys.c.name, metric_keys.c.id).where(metric_keys.c.name.in_(wanted))
    known = {row.name: row.id for row in connection.execute(query)}
    for name in wanted:
        if name not in known:
            known[name] = connection.execute(
                insert(metric_keys).values(name=name).returning(metric_keys.c.id)
            ).scalar_one()
    return known


def _write_summaries(connection: Connection, run_id: int, ids: dict[str, int], points: list[Point]) -> None:
    names = {number: name for name, number in ids.items()}
    table = metric_summaries.c
    fields = [table[name] for name in Summary._fields]
    query = select(table.key_id, *fields).where(table.run_id == run_id, table.key_id.in_(list(names)))
    before = {names[row.key_id]: Summary(*row[1:]) for row in connection.execute(query)}
    rows: list[dict[str, Any]] = []
    for name, number in ids.items():
        fresh = [point for point in points if point.key == name]
        known = before.get(name)
        if known is None or fresh[0].step > known.last_step:
            summary = extended(known, fresh)
        else:  # a step may have been replaced, and with it an extreme: only the whole curve tells
            summary = _of_whole_curve(connection, run_id, number)
        rows.append({"run_id": run_id, "key_id": number, **summary._asdict()})
    connection.execute(upsert(metric_summaries), rows)


def extended(summary: Summary | None, points: Sequence[Point]) -> Summary:
    """The summary of a curve after points at higher steps, given in order of step."""
    finite = [point for point in points if math.isfinite(point.value)]
    low = [(point.value, point.step) for point in finite]
    high = [(-point.value, point.step) for point in finite]
    if summary is not None and summary.min is not None and summary.max is not None:
        low.append((summary.min, summary.min_step or 0))
        high.append((-summary.max, summary.max_step or 0))
    least, most = min(low, default=None), min(high, default=None)
    last = points[-1]
    return Summary(
        _stored(last.value),
        last.step,
        None if least is None else least[0],
        None if least is None else least[1],
        None if most is None else -most[0],
        None if most is None else most[1],
        len(points) + (0 if summary is None else summary.n),
        last.time,
    )


def _of_whole_curve(connection: Connection, run_id: int, key_id: int) -> Summary:
    curve = metrics.c
    mine = and_(curve.run_id == run_id, curve.key_id == key_id)
    point = select(curve.value, curve.step, curve.time)
    last = connection.execute(point.where(mine).order_by(curve.step.desc()).limit(1)).one()
    finite = point.where(mine, curve.value.between(-_LARGEST, _LARGEST)).limit(1)
    least = connection.execute(finite.order_by(curve.value, curve.step)).first()
    most = connection.execute(finite.order_by(curve.value.desc(), curve.step)).first()
    n = connection.execute(select(func.count()).select_from(metrics).where(mine)).scalar_one()
    low, low_step = (None, None) if least is None else (least.value, least.step)
    high, high_step = (None, None) if most is None else (most.value, most.step)
    return Summary(last.value, last.step, low, low_step, high, high_step, n, last.time)


def _stored(value: float) -> float | None:
    return None if math.isnan(value) else value
