"""A data home as a group fills it in months: 500 runs in three studies with five million points of curves,
and a fourth study that takes all of them in.

`python tests/large_studio.py FOLDER [--points 10000]` makes one to look at. Figures are drawn, not trained;
they go through the storage API as those of a run do.
"""

import argparse
import itertools
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from made_decompositions import made
from sqlalchemy import update

from app.training.configuring import Planned
from app.training.launching import new_run
from engine.presets.preset import load_preset
from engine.settings.experiment import ExperimentSettings
from storage.batch import Batch, Figure, Split, write_batch
from storage.clock import now_ms
from storage.database import Database
from storage.models import runs as run_table
from storage.points import Point, write_points
from storage.runs import create_runs, mark_ended, mark_started
from storage.studies import create_study, get_study, take_in

KEYS = (
    "train/loss",
    "train/align_fusion",
    "train/accuracy",
    "train/gradient_norm",
    "train/learning_rate",
    "validation/loss",
    "system/samples_per_second",
    "system/cpu_percent",
    "system/memory_gib",
    "system/gpu_percent",
)
METHODS = ("infmasking", "comm", "cross", "cross_self", "mae", "simclr", "slip", "factorcl")
TASKS = {
    "share": ("redundancy", 10, 0.1),
    "unique1": ("uniqueness", 10, 0.1),
    "unique2": ("uniqueness", 10, 0.1),
    "synergy": ("synergy", 2, 0.5),
}
DAY_MS = 86_400_000


class Studies(NamedTuple):
    """Numbers of the studies: of 9 runs, of 60, of the others, and of all 500."""

    small: int
    middle: int
    rest: int
    everything: int


def fill(db: Database, points: int = 10_000, runs: int = 500) -> Studies:
    """Make the studies. points: of each run, over `KEYS`; runs: in all, 69 or more."""
    grids = {
        "bits-quick": list(_grid(("infmasking", "comm", "cross"), range(3), {})),
        "mask ratio × masks": list(
            _grid(
                ("infmasking",),
                range(3),
                {"objective.mask_ratio": (0.1, 0.3, 0.5, 0.7, 0.9), "objective.masks": (1, 2, 4, 8)},
            )
        ),
        "temperature × rate": list(
            _grid(
                METHODS,
                range(3),
                {
                    "training.learning_rate": (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
                    "fusion.width": (64, 128, 256),
                },
            )
        )[: runs - 69],
    }
    for place, (name, grid) in enumerate(grids.items()):
        plan = [Planned(name, settings, "bits-quick") for settings in grid]
        known: dict[str, str] = {}
        ids = create_runs(db, [new_run(planned, known=known) for planned in plan], queue=False)
        for number, (run_id, settings) in enumerate(zip(ids, grid, strict=True)):
            _train(db, run_id, settings, points, now_ms() - (3 - place) * DAY_MS + number * 60_000)
    numbers = [get_study(db, name).id for name in grids]
    everything = create_study(db, "all of it", question="Where does masking keep more synergy?")
    take_in(db, everything, list(range(1, runs + 1)))
    return Studies(*numbers, everything)


def _grid(
    methods: tuple[str, ...], seeds: range, axes: dict[str, tuple[Any, ...]]
) -> Iterator[ExperimentSettings]:
    preset = load_preset("bits-quick")
    for method in methods:
        for values in itertools.product(*axes.values()):
            for seed in seeds:
                yield preset.experiment(method, seed, dict(zip(axes, values, strict=True)))


def _train(db: Database, run_id: int, settings: ExperimentSettings, points: int, begun: int) -> None:
    """Record a finished run: curves, figures of every task, and decompositions over training."""
    draw = np.random.default_rng(run_id)
    mark_started(db, run_id, host="workstation", pid=1, pid_started=1.0, code_version="0.1.0")
    steps = points // len(KEYS)
    level = _level(settings)
    with db.write() as connection:
        write_points(connection, run_id, list(_curves(draw, steps, begun)))
    figures = []
    for task, (measures, classes, chance) in TASKS.items():
        value = min(0.999, chance + (1 - chance) * level * (0.5 if task == "synergy" else 1.0))
        facts = {
            "measures": measures,
            "kind": "classification",
            "classes": classes,
            "chance": chance,
            "n_train": 4000,
            "n_test": 4000,
            "split": "test",
            "checkpoint": "last",
        }
        shown = value + 0.01 * float(draw.normal())
        figures.append(Figure(task, "accuracy", shown, json.dumps(facts), begun))
    splits = []
    for epoch in range(8):
        bits = 0.4 * level * (1 - math.exp(-epoch / 2)) + 0.01 * float(draw.normal())
        content = made((0.02, 0.0, 0.0, bits)).model_dump(mode="json")
        encoder = "trained" if epoch else "untrained"
        splits.append(Split("synergy", "x1 | x2", encoder, epoch, json.dumps(content), begun))
    with db.write() as connection:
        write_batch(connection, run_id, Batch(figures=figures, splits=splits))
    mark_ended(db, run_id, "finished")
    _date(db, run_id, begun, steps)


def _level(settings: ExperimentSettings) -> float:
    """How much a run of these settings is made to have learned, 0 to 1."""
    content = settings.model_dump(mode="json")
    ratio = content["objective"].get("mask_ratio", 0.5)
    rate = content["training"]["learning_rate"]
    method = {"infmasking": 0.75, "comm": 0.78, "cross": 0.1}.get(settings.objective.name, 0.5)
    return max(0.02, method - (ratio - 0.6) ** 2 - 0.1 * abs(math.log10(rate) + 3))


def _curves(draw: np.random.Generator, steps: int, begun: int) -> Iterator[Point]:
    at = np.arange(1, steps + 1) * 10
    for place, key in enumerate(KEYS):
        values = 1.0 + place * 0.1 + 2.5 * np.exp(-at / (steps * 2)) + 0.06 * draw.normal(size=steps)
        for step, value in zip(at.tolist(), values.tolist(), strict=True):
            yield Point(key, step, value, begun + step * 5)


def _date(db: Database, run_id: int, begun: int, steps: int) -> None:
    with db.write() as connection:
        connection.execute(
            update(run_table)
            .where(run_table.c.id == run_id)
            .values(
                created_at=begun - 1000,
                started_at=begun,
                ended_at=begun + 46_000,
                epoch=8,
                epochs=8,
                step=steps * 10,
                steps=steps * 10,
            )
        )


def main() -> None:
    """Fill a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=500)
    options = parser.parse_args()
    db = Database.at(options.folder)
    print(fill(db, options.points, options.runs))
    db.close()


if __name__ == "__main__":
    main()
