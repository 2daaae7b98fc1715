"""A database file as the program made it before version 3, with one small comparison in it, for tests of
migrations.

The tables are made by the SQL of that time (`storage/version_2.sql`), the rows are what was stored then:
nothing here goes through today's code. `python tests/old_database.py FOLDER` makes a data home to look at.
"""

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parent / "storage" / "version_2.sql"
STORED = json.loads((Path(__file__).parent / "storage" / "version_2.json").read_text(encoding="utf-8"))
"""Settings by method and a decomposition, as JSON of that time."""
RUNS: tuple[tuple[str, str, int], ...] = (
    ("MOSI · big · infmasking · seed 0", "infmasking", 0),
    ("MOSI · big · infmasking · seed 1", "infmasking", 1),
    ("MOSI · big · comm · seed 0", "comm", 0),
    ("MOSI · big · comm · seed 1", "comm", 1),
    ("MOSI · small · comm · seed 7", "comm", 7),
    ("imported · last week", "comm", 3),
    ("tried by hand", "comm", 4),
    ("A · B", "infmasking", 9),
)
"""Title, method and seed of runs 1, 2, …"""
COMPARISONS = ("MOSI · big",) * 4 + ("MOSI · small", "imported", "tried by hand", "A · B")
"""What they are compared under from version 3 on."""
ACCURACY = {1: 0.78, 2: 0.76, 3: 0.72, 4: 0.71}
SYNERGY = {1: 0.31, 2: 0.33, 3: 0.21, 4: 0.20}
LOSS = ((10, 3.2), (20, 2.5), (30, None), (40, 1.9))
"""Step and value; NaN was stored as NULL."""
TIME = 1_795_000_000_000


def make_version_2(file: Path) -> None:
    """Make the file; it must not be there."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(TABLES.read_text(encoding="utf-8"))
        for number, (title, method, seed) in enumerate(RUNS, 1):
            _add_run(connection, number, title, method, seed)
        for number in ACCURACY:
            _add_figures(connection, number)
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")


def _add_run(connection: sqlite3.Connection, number: int, title: str, method: str, seed: int) -> None:
    of_method = STORED["settings"][method]
    _insert(
        connection,
        "runs",
        id=number,
        title=title,
        preset="bits-quick",
        dataset="bits",
        method=method,
        seed=seed,
        digest=of_method["digest"],
        settings=json.dumps(of_method["content"] | {"seed": seed}),
        status="finished",
        epoch=5,
        epochs=5,
        step=40,
        steps=40,
        created_at=TIME + number,
        started_at=TIME + 1000,
        ended_at=TIME + 60_000,
        tags='["kept"]',
        note="as it was",
        code_version="0.1.0",
    )


def _add_figures(connection: sqlite3.Connection, number: int) -> None:
    facts = {"kind": "classification", "measures": "synergy", "classes": 2, "chance": 0.5, "n_train": 4000}
    facts |= {"n_test": 4000, "cost": 0.1, "split": "test", "checkpoint": "last"}
    facts |= {"true_redundancy": 0.0, "true_unique1": 0.0, "true_unique2": 0.0, "true_synergy": 0.469}
    result = {"task": "synergy", "metric": "accuracy", "value": ACCURACY[number], "facts": json.dumps(facts)}
    _insert(connection, "results", run_id=number, time=TIME, **result)
    content = STORED["decomposition"] | {"synergy": _known(SYNERGY[number])}
    place = {"task": "synergy", "sides": "x1 | x2", "encoder": "trained", "epoch": 5}
    _insert(connection, "decompositions", run_id=number, content=json.dumps(content), time=TIME, **place)
    connection.execute("INSERT OR IGNORE INTO metric_keys VALUES (1, 'train/loss')")
    for step, value in LOSS:
        _insert(connection, "metrics", run_id=number, key_id=1, step=step, value=value, time=TIME)
    ends = {"last": 1.9, "last_step": 40, "min": 1.9, "min_step": 40, "max": 3.2, "max_step": 10, "n": 4}
    _insert(connection, "metric_summaries", run_id=number, key_id=1, time=TIME, **ends)
    _insert(connection, "log_lines", run_id=number, number=TIME * 1000, text="40 steps in 5 epochs of 8")


def _known(bits: float) -> dict[str, float]:
    return {"value": bits, "low": bits - 0.03, "high": bits + 0.03}


def _insert(connection: sqlite3.Connection, table: str, **values: Any) -> None:
    places = ", ".join("?" * len(values))
    connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", list(values.values()))


if __name__ == "__main__":
    make_version_2(Path(sys.argv[1]) / "studio.db")
