"""What a run records between two commits: written to the database in one transaction, or set aside as one
line of JSON."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar, get_type_hints

from sqlalchemy import Connection, delete, func, select, update

from storage.database import insert_missing, upsert
from storage.models import decompositions, log_lines, results, runs
from storage.points import MAX_STEP, Point, write_points

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
        """Raises ValueError for a line that is not whole, or not as `to_json` writes it: what is read back is
        written to the database as it is, and a row that it refuses would be tried for ever."""
        try:
            points, figures, lines, columns, *later = json.loads(text)  # files of the first version end here
        except (TypeError, RecursionError) as error:
            raise ValueError("no batch") from error
        if not isinstance(columns, dict) or not columns.keys() <= COLUMNS:
            raise ValueError("no columns of a run")
        _check_values([str, int], columns.values())
        return cls(
            _rows(Point, points),
            _with_json(_rows(Figure, figures), "facts"),
            _rows(Line, lines),
            columns,
            _with_json(_rows(Split, later[0] if later else []), "content"),
        )


COLUMNS = frozenset(("phase", "epoch", "epochs", "step", "steps", "progressed_at"))
"""Columns of a run's row that a batch may change."""
Row = TypeVar("Row", Point, Figure, Line, Split)


def _rows(kind: type[Row], content: Any) -> list[Row]:
    """Rows of one kind, each value of its field's type; raises ValueError for anything else."""
    kinds = list(get_type_hints(kind).values())
    if type(content) is not list or any(type(row) is not list or len(row) != len(kinds) for row in content):
        raise ValueError(f"no rows of {kind.__name__}")
    for place, wanted in enumerate(kinds):
        _check_values([int, float] if wanted is float else [wanted], (row[place] for row in content))
    return [kind(*row) for row in content]


def _check_values(kinds: list[type], values: Iterable[Any]) -> None:
    """Values of these types that a database column holds."""
    for value in values:
        if type(value) not in kinds or (isinstance(value, int) and abs(value) > MAX_STEP):
            raise ValueError(
                f"a {type(value).__name__} where {kinds[0].__name__} is expected, or a number too large"
            )
        if isinstance(value, str):
            value.encode()  # UnicodeEncodeError is a ValueError


def _with_json(rows: list[Row], name: str) -> list[Row]:
    """The rows, whose field of that name must be a JSON table."""
    for row in rows:
        try:
            content = json.loads(getattr(row, name))
        except RecursionError as error:
            raise ValueError(f"the {name} are nested too deep") from error
        if not isinstance(content, dict):
            raise ValueError(f"the {name} are no table")
    return rows


def write_batch(connection: Connection, run_id: int, batch: Batch) -> None:
    """Store the batch; written a second time it changes nothing."""
    write_points(connection, run_id, batch.points)
    if batch.figures:
        rows = [
            {
                "run_id": run_id,
                **figure._asdict(),
                "value": None if figure.value != figure.value else figure.value,
                "facts": json.loads(figure.facts),
            }
            for figure in batch.figures
        ]
        connection.execute(upsert(results), rows)
    if batch.splits:
        contents = [
            {"run_id": run_id, **split._asdict(), "content": json.loads(split.content)}
            for split in batch.splits
        ]
        connection.execute(upsert(decompositions), contents)
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
