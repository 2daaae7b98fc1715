"""What the layout of the metrics table is worth: python tests/benchmarks/bench_storage.py

Writes the same points to our table (integer keys, no rowid) and to a plain one (text keys, rowid and index)
by the same statements in the same file, and prints points/s, bytes/point and their ratios; then what a
recorder's whole batch costs.
"""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import BigInteger, Column, Connection, Float, MetaData, Table, Text

from storage.database import Database, upsert
from storage.models import metrics
from storage.points import Point, key_ids, write_points
from storage.queries import metric_points
from storage.runs import NewRun, create_runs

KEYS = [f"train/term_{number}" for number in range(8)]
STEPS, BATCH = 25_000, 500

plain = Table(
    "plain_metrics",
    MetaData(),
    Column("run", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),
    Column("value", Float),
    Column("time", BigInteger, nullable=False),
)


def batches(points: list[Point]) -> list[list[Point]]:
    return [points[start : start + BATCH] for start in range(0, len(points), BATCH)]


def pages(db: Database) -> int:
    with db.read() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar_one()) * 4096


def timed(
    db: Database, parts: list[list[Point]], write: Callable[[Connection, list[Point]], None]
) -> tuple[float, int]:
    """Points a second, and bytes the file grew."""
    before, start = pages(db), time.perf_counter()
    for part in parts:
        with db.write() as connection:
            write(connection, part)
    seconds = time.perf_counter() - start
    return sum(map(len, parts)) / seconds, pages(db) - before


def main() -> None:
    draw = random.Random(0)
    now = time.time_ns() // 1_000_000
    points = [Point(key, step, draw.random(), now + step * 50) for step in range(STEPS) for key in KEYS]
    with tempfile.TemporaryDirectory() as folder:
        db = Database.at(Path(folder))
        bare, whole = create_runs(
            db, [NewRun("bench", None, "bits", "comm", seed, "d", {}) for seed in range(2)]
        )
        with db.write() as connection:
            plain.create(connection)
            ids = key_ids(connection, KEYS)

        def ours(connection: Connection, part: list[Point]) -> None:
            rows = [
                {"run_id": bare, "key_id": ids[p.key], "step": p.step, "value": p.value, "time": p.time}
                for p in part
            ]
            connection.execute(upsert(metrics), rows)

        def theirs(connection: Connection, part: list[Point]) -> None:
            rows = [{"run": "run-20260101-000000-bits-comm", **p._asdict()} for p in part]
            connection.execute(upsert(plain), rows)

        parts = batches(points)
        plain_speed, plain_bytes = timed(db, parts, theirs)
        our_speed, our_bytes = timed(db, parts, ours)
        whole_speed, _ = timed(db, parts, lambda connection, part: write_points(connection, whole, part))
        start = time.perf_counter()
        read = len(metric_points(db, [whole])["value"]) / (time.perf_counter() - start)
        db.close()

    count = len(points)
    print(f"{count} points in batches of {BATCH}, {len(KEYS)} curves")
    print(f"{'':28}{'points/s':>12}{'bytes/point':>14}")
    print(f"{'text keys, rowid, index':28}{plain_speed:12,.0f}{plain_bytes / count:14.1f}")
    print(f"{'integer keys, no rowid':28}{our_speed:12,.0f}{our_bytes / count:14.1f}")
    print(f"{'  the same with summaries':28}{whole_speed:12,.0f}")
    print(f"{'  read as columns':28}{read:12,.0f}")
    print(f"ratios: {our_speed / plain_speed:.1f} × the speed, 1/{plain_bytes / our_bytes:.1f} of the bytes")


if __name__ == "__main__":
    main()
