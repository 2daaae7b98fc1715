"""Trainings of seconds on the synthetic set, for tests of what a run does besides learning."""

import json

from engine.recorders.folder import FolderRecorder
from engine.settings.experiment import parse

TINY = {
    "data": {
        "name": "bits",
        "samples": 400,
        "probe_samples": 300,
        "test_samples": 200,
        "features": 24,
        "synergy_symbols": 3,
    },
    "fusion": {"width": 16, "heads": 2},
    "training": {
        "epochs": 3,
        "batch_size": 32,
        "threads": 1,
        "log_every": 4,
        "learning_rate": 1e-3,
        "state_seconds": 1,
        "device": "cpu",
    },
    "probe": {"refine": False},
    "decomposition": {"enabled": False},
}
SMALL_HEAD = {"projection": {"hidden": 16, "width": 8}}


def tiny(method="infmasking", **training):
    """Settings of 3 epochs of 12 steps."""
    objective = {"name": method} | (SMALL_HEAD if method in ("infmasking", "comm") else {})
    encoders = {name: {"name": "mlp", "hidden": [16], "tokens": 4, "width": 8} for name in ("x1", "x2")}
    return parse(
        TINY | {"objective": objective, "encoders": encoders, "training": TINY["training"] | training}
    )


class StopsAt(FolderRecorder):
    """A folder recorder whose user asks to stop at a step boundary."""

    def __init__(self, folder, step):
        super().__init__(folder)
        self.left = step

    def should_stop(self):
        self.left -= 1
        return self.left < 0


def lines(folder, name):
    """The rows of one of a folder's files, without the time they were written at; a point of curves as
    {"step", name: value, …}."""
    rows = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    kept = [{key: value for key, value in row.items() if key != "time"} for row in rows]
    return [
        row | {k: float("nan" if v is None else v) for k, v in row.pop("values", {}).items()} for row in kept
    ]


def messages(folder):
    """The lines of a run's log."""
    return [row["text"] for row in lines(folder, "log.jsonl")]
