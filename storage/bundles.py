"""A study as plain values, to carry from one database to another: its runs with their curves, results and
decompositions, but no files and no logs."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from storage.batch import Batch, Figure, Split, write_batch
from storage.clock import now_ms
from storage.database import Database, DatabaseError
from storage.models import decompositions, metric_keys, metrics, results, runs, studies
from storage.points import Point
from storage.run import fetch_run
from storage.studies import free_name, get_study, members

FORM = 1
"""Version of the form; another one is refused."""
STUDY = ("name", "question", "plan", "axes", "note", "tags")
RUN = ("title", "preset", "dataset", "method", "seed", "digest", "settings", "status", "code_version")
"""What a run is; where it ran stays behind."""
TIMES = ("created_at", "started_at", "ended_at")
PROGRESS = ("phase", "epoch", "epochs", "step", "steps")
ENDED = ("finished", "stopped", "failed", "lost")


def study_bundle(db: Database, study_id: int) -> dict[str, Any]:
    """The study with its runs that have ended, as JSON takes it. Raises NoSuchStudy."""
    study = get_study(db, study_id)
    with db.read() as connection:
        names = {row.id: row.name for row in connection.execute(select(metric_keys))}
        found = [fetch_run(connection, number) for number in members(db, study_id)]
        return {
            "form": FORM,
            "study": {name: getattr(study, name) for name in STUDY},
            "runs": [
                {name: getattr(run, name) for name in (*RUN, *TIMES, *PROGRESS)}
                | {"recorded": json.loads(_recorded(connection, run.id, names).to_json())}
                for run in found
                if run.status in ENDED
            ],
        }


def _recorded(connection: Connection, run_id: int, keys: Mapping[int, str]) -> Batch:
    """What the run recorded, as one batch."""
    points = connection.execute(select(metrics).where(metrics.c.run_id == run_id))
    figures = connection.execute(select(results).where(results.c.run_id == run_id))
    splits = connection.execute(select(decompositions).where(decompositions.c.run_id == run_id))
    return Batch(
        [Point(keys[row.key_id], row.step, _value(row.value), row.time) for row in points],
        [Figure(row.task, row.metric, _value(row.value), json.dumps(row.facts), row.time) for row in figures],
        [],
        {},
        [
            Split(row.task, row.sides, row.encoder, row.epoch, json.dumps(row.content), row.time)
            for row in splits
        ],
    )


def _value(stored: float | None) -> float:
    return float("nan") if stored is None else stored


def add_bundle(db: Database, bundle: Mapping[str, Any]) -> int:
    """Store a bundle as a study of its own, whose name has a number behind it where it is taken; returns the
    study's number. All or nothing. Raises DatabaseError for what is no bundle."""
    if bundle.get("form") != FORM:
        raise DatabaseError(f"this is no bundle of form {FORM}")
    with db.write() as connection:
        content = {name: bundle["study"][name] for name in STUDY}
        content["name"] = free_name(connection, content["name"])
        row = insert(studies).values(created_at=now_ms(), **content).returning(studies.c.id)
        study = int(connection.execute(row).scalar_one())
        for run in bundle["runs"]:
            columns = {name: run[name] for name in (*RUN, *TIMES, *PROGRESS)}
            added = insert(runs).values(study_id=study, **columns).returning(runs.c.id)
            number = int(connection.execute(added).scalar_one())
            write_batch(connection, number, Batch.from_json(json.dumps(run["recorded"])))
    return study
