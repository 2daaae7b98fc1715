"""What a run records between two commits: written to the database in one transaction, or set aside as one
line of JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from storage.database import insert_missing, upsert
from storage.models import decompositions, log_lines, results, runs
from storage.points import Point, write_points

KEPT_LINES = 2_000
"""So many log lines of a run are kept here; the log file has all."""


class Figure(NamedTuple):
    """A final figure of a run. facts: as JSON text."""

    task: str
    metric: str
    value: float
    facts: str
    time: int


class Split(NamedTuple):
    """What a task's information splits into, in one representation. content: as JSON text."""

    task: str
    sides: str
    encoder: str
    epoch: int
    content: str
    time: int


class Line(NamedTuple):
    """A log line. number: microseconds since 1970, unique within the run."""

    number: int
    text: str


@dataclass
class Batch:
    """Points, figures, decompositions, log lines, and the columns of the run's row that changed (phase,
    epoch, step, …)."""

    points: list[Point] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    columns: dict[str, Any] = field(default_factory=dict)
    splits: list[Split] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.points) + len(self.figures) + len(self.lines) + bool(self.columns) + len(self.splits)

    def parts(self, rows: int) -> Iterator["Batch"]:
        """The same in batches of at most so many points; all else goes with the first."""
        yield Batch(self.points[:rows], self.figures, self.lines, self.columns, self.splits)
        for start in range(rows, len(self.points), rows):
            yield Batch(self.points[start : start + rows])

    def to_json(self) -> str:
        """One line of text; NaN and ±Infinity as Python writes them."""
        return json.dumps([self.points, self.figures, self.lines, self.columns, self.splits])

    @classmethod
    def from_json(cls, text: str) -> "Batch":
        """Raises ValueError for a line that is not whole."""
        points, figures, lines, columns, *later = json.loads(text)  # files of the first version end here
        return cls(
            [Point(*row) for row in points],
            [Figure(*row) for row in figures],
            [Line(*row) for row in lines],
            columns,
            [Split(*row) for row in (later[0] if later else [])],
        )


def write_batch(connection: Connection, run_id: int, batch: Batch) -> None:
    """Store the batch; written a second time it changes nothing."""
    write_points(connection, run_id, batch.points)
    if batch.figures:
        rows = [
            {
                "run_id": run_id,
                **one._asdict(),
                "value": None if one.value != one.value else one.value,
                "facts": json.loads(one.facts),
            }
            for one in batch.figures
        ]
        connection.execute(upsert(results), rows)
    if batch.splits:
        found = [
            {"run_id": run_id, **one._asdict(), "content": json.loads(one.content)} for one in batch.splits
        ]
        connection.execute(upsert(decompositions), found)
    if batch.lines:
        write_lines(connection, run_id, batch.lines)
    if batch.columns:
        connection.execute(update(runs).where(runs.c.id == run_id).values(**batch.columns))


def write_lines(connection: Connection, run_id: int, lines: list[Line]) -> None:
    """Store log lines and forget the oldest beyond KEPT_LINES."""
    connection.execute(insert_missing(log_lines), [{"run_id": run_id, **line._asdict()} for line in lines])
    numbers = select(log_lines.c.number).where(log_lines.c.run_id == run_id)
    oldest_kept = (
        numbers.order_by(log_lines.c.number.desc()).offset(KEPT_LINES - 1).limit(1).scalar_subquery()
    )
    connection.execute(
        delete(log_lines).where(log_lines.c.run_id == run_id, log_lines.c.number < oldest_kept)
    )


def next_number(connection: Connection, run_id: int, now_us: int) -> int:
    """A number for a new log line, above all the run has."""
    highest = connection.execute(
        select(func.max(log_lines.c.number)).where(log_lines.c.run_id == run_id)
    ).scalar_one()
    return max(now_us, (highest or 0) + 1)
