"""A database like one that has been used: the quick comparison finished on three seeds, and one more run in
every live state.

Written through the storage API, as the trainer does it. `python tests/app/sample_runs.py FOLDER` fills a data
home to look at.
"""

import json
import math
import sys
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
from safetensors.numpy import save_file
from sqlalchemy import update

from engine.presets.preset import load_preset
from engine.settings.experiment import ExperimentSettings
from storage.clock import now_ms
from storage.database import Database
from storage.jobs import claim, register_supervisor
from storage.models import runs
from storage.recorder import RunRecorder
from storage.runs import (
    NewRun,
    create_runs,
    mark_ended,
    mark_lost,
    mark_started,
    request_stop,
    set_note,
    set_tags,
)

MINUTE = 60_000
STEPS, EPOCHS = 840, 6
SYNERGY = {"infmasking": 0.758, "comm": 0.749, "cross": 0.512}
UNIQUENESS = {"infmasking": 0.93, "comm": 0.92, "cross": 0.42}
TERMS = {
    "infmasking": ("mask_view1", "mask_view2", "align_first", "align_second", "align_fusion"),
    "comm": ("align_first", "align_second", "align_fusion"),
}


def _truth(**bits: float) -> dict[str, float]:
    """What `bits` states of a task, as the engine stores it: every part, in bits."""
    return {f"true_{name}": bits.get(name, 0.0) for name in ("redundancy", "unique1", "unique2", "synergy")}


TASKS: dict[str, dict[str, Any]] = {
    "share": {"measures": "redundancy", "classes": 10, "chance": 0.1} | _truth(redundancy=3.322),
    "unique1": {"measures": "uniqueness", "classes": 10, "chance": 0.1} | _truth(unique1=3.322),
    "unique2": {"measures": "uniqueness", "classes": 10, "chance": 0.1} | _truth(unique2=3.322),
    "synergy": {"measures": "synergy", "classes": 2, "chance": 0.5} | _truth(synergy=0.469),
}


class Sample(NamedTuple):
    """Ids of what was made."""

    finished: tuple[int, ...]
    by_state: dict[str, int]


def fill(db: Database, folder: Path) -> Sample:
    """Nine finished runs (three methods × three seeds), then one in each other live state; `folder` for
    files."""
    maker = _Maker(db, folder)
    preset = load_preset("bits-quick")
    grid = [(method, seed) for method in preset.methods for seed in preset.seeds]
    finished = create_runs(db, [_new(preset.experiment(method, seed)) for method, seed in grid])
    for place, (run_id, (method, seed)) in enumerate(zip(finished, grid, strict=True)):
        maker.start(run_id)
        maker.train(run_id, method, seed, 1.0)
        mark_ended(db, run_id, "finished")
        begun = now_ms() - 130 * MINUTE + place * 48_000
        _change(db, run_id, created_at=begun - place * 48_000, started_at=begun, ended_at=begun + 46_000)
    set_tags(db, finished[0], ["reference", "paper"])
    set_note(db, finished[0], "First run of the quick comparison.")
    return Sample(tuple(finished), _one_in_each_state(maker))


def _new(settings: ExperimentSettings) -> NewRun:
    method = settings.objective.name
    return NewRun(
        title=f"bits-quick · {method} · seed {settings.seed}",
        study="bits-quick",
        preset="bits-quick",
        dataset=settings.data.name,
        method=method,
        seed=settings.seed,
        digest=settings.digest(),
        settings=settings.model_dump(mode="json"),
    )


class _Maker:
    """Does to the database what a supervisor and a trainer do."""

    def __init__(self, db: Database, folder: Path) -> None:
        self.db, self.folder, self.generator = db, folder, np.random.default_rng(0)
        supervisor = register_supervisor(db, "sample-host", 1, 1.0)
        assert supervisor is not None
        self.supervisor = supervisor.id

    def start(self, run_id: int) -> None:
        """Claim the oldest job, which is this run's, and begin."""
        job = claim(self.db, self.supervisor, "cpu:1")
        assert job is not None and job.run_id == run_id
        mark_started(self.db, run_id, host="sample-host", pid=1, pid_started=1.0, code_version="0.1.0")

    def train(self, run_id: int, method: str, seed: int, share: float) -> None:
        """Record what a run records that got through `share` of its training, and the probes of a whole
        one."""
        last = round(STEPS * share)
        with RunRecorder(self.db, run_id, self.folder / f"run-{run_id}.jsonl") as recorder:
            recorder.phase("training")
            recorder.message("840 steps in 6 epochs of 140")
            for step in range(10, last + 1, 10):
                recorder.metrics(step, _figures(method, step, self.generator))
                if step % 140 == 0:
                    noise = float(self.generator.normal())
                    recorder.metrics(
                        step, {"validation/loss": 1.2 + 2.4 * math.exp(-step / 260) + 0.03 * noise}
                    )
            recorder.progress(epoch=min(last // 140, EPOCHS), epochs=EPOCHS, step=last, steps=STEPS)
            self.save(recorder, "state", last, rows=384)
            if share == 1:
                self.save(recorder, "best", last - 140, rows=300)
                self.save(recorder, "last", last, rows=300)
                _probe(recorder, method, seed)

    def save(
        self, recorder: RunRecorder, kind: Literal["best", "last", "state"], step: int, rows: int
    ) -> None:
        """Keep a real safetensors file of `rows` KiB × 4."""
        file = self.folder / f"{kind}.safetensors"
        weights = {"fusion.weight": self.generator.normal(size=(rows, 1024)).astype(np.float32)}
        facts: dict[str, str | int | float] = {"kind": kind, "epoch": step // 140, "step": step}
        if kind == "best":
            facts["validation_loss"] = 1.231
        save_file(weights, file, metadata={"format": "infmasking-studio/1", "facts": json.dumps(facts)})
        recorder.save(kind, file, facts)
        file.unlink()


def _probe(recorder: RunRecorder, method: str, seed: int) -> None:
    recorder.phase("probing")
    for task, own in TASKS.items():
        value = _accuracy(method, str(own["measures"]), seed)
        facts = own | {
            "kind": "classification",
            "n_train": 4000,
            "n_test": 4000,
            "cost": 0.1,
            "split": "test",
            "checkpoint": "last",
        }
        recorder.result(task, "accuracy", value, facts)
        recorder.message(f"{task} accuracy {value:.4f} (n = 4000)")


def _figures(method: str, step: int, generator: np.random.Generator) -> dict[str, float]:
    loss = 1.1 + 2.5 * math.exp(-step / 260) + 0.06 * float(generator.normal())
    terms = {
        f"train/{term}": loss * (0.8 + 0.1 * place)
        for place, term in enumerate(TERMS.get(method, ("contrast",)))
    }
    return terms | {
        "train/loss": loss,
        "train/accuracy": 1 - math.exp(-step / 300),
        "train/learning_rate": 1e-3,
        "train/gradient_norm": 0.4 + abs(float(generator.normal(0, 0.1))),
        "system/samples_per_second": 1180 + 60 * float(generator.normal()),
        "system/cpu_percent": 97 + 2 * float(generator.normal()),
        "system/memory_gib": 0.71 + 0.0001 * step,
    }


def _accuracy(method: str, measures: str, seed: int) -> float:
    base = {"redundancy": 0.998, "uniqueness": UNIQUENESS[method], "synergy": SYNERGY[method]}[measures]
    return base + (0.002, -0.011, 0.009)[seed % 3] * (measures != "redundancy")


def _one_in_each_state(maker: _Maker) -> dict[str, int]:
    """One run in each live state but "finished"; beats are moved back in time to make the silent one
    silent."""
    db, preset = maker.db, load_preset("bits-quick")
    order = ("stopped", "failed", "lost", "stale", "stopping", "running", "starting", "queued")
    changed = [preset.experiment("infmasking", seed, {"objective.masks": 12}) for seed in range(len(order))]
    by_state = dict(zip(order, create_runs(db, [_new(settings) for settings in changed]), strict=True))
    for state in order[:6]:
        maker.start(by_state[state])
        maker.train(by_state[state], "infmasking", 0, 0.45)
    claim(db, maker.supervisor, "cpu:1")
    mark_ended(db, by_state["stopped"], "stopped")
    mark_ended(
        db,
        by_state["failed"],
        "failed",
        "the loss became nan by step 380; try a lower learning_rate or a clip_norm",
    )
    mark_lost(db, by_state["lost"], "its process is gone")
    request_stop(db, by_state["stopping"])
    freshen(db, by_state)
    return by_state


def freshen(db: Database, by_state: dict[str, int]) -> None:
    """Set the beats of the live runs as if they had just happened, and that of the silent one 35 s back."""
    now = now_ms()
    for state in ("starting", "running", "stopping"):
        _change(db, by_state[state], heartbeat_at=now)
    _change(
        db, by_state["stale"], heartbeat_at=now - 35_000, started_at=now - 35_000, created_at=now - 35_000
    )


def _change(db: Database, run_id: int, **columns: int) -> None:
    with db.write() as connection:
        connection.execute(update(runs).where(runs.c.id == run_id).values(**columns))


if __name__ == "__main__":
    home = Path(sys.argv[1])
    print(fill(Database.at(home), home))
