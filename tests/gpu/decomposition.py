"""A whole run on the device, from data to bits: training, probing and the decomposition of what was
learned."""

import json
import math
import tempfile
from functools import partial
from pathlib import Path

from machine import Setup, forget_accelerator
from outcomes import Outcome
from parts import Cases

from engine.experiment import run_experiment
from engine.presets.preset import load_preset
from engine.recorders.folder import FolderRecorder

SMALL = {
    "data.samples": 600,
    "data.probe_samples": 300,
    "data.test_samples": 300,
    "training.epochs": 1,
    "probe.iterations": 20,
    "decomposition.largest": 300,
    "decomposition.draws": 50,
    "decomposition.permutations": 19,
}


def cases(setup: Setup) -> Cases:
    """One run of a method that fuses, and one of a method that does not, which a tiny setup leaves out."""
    methods = ("infmasking",) if setup.is_tiny else ("infmasking", "cross")
    return {method: partial(decompose, method, setup) for method in methods}


def decompose(method: str, setup: Setup) -> Outcome:
    """Every task has a finite decomposition, of the trained and of the untrained encoder."""
    forget_accelerator()
    settings = load_preset("bits-quick").experiment(method, 0, SMALL | {"training.device": setup.device})
    with tempfile.TemporaryDirectory() as folder:
        run_experiment(settings, FolderRecorder(Path(folder) / "run"), Path(folder) / "home")
        lines = (Path(folder) / "run/decompositions.jsonl").read_text("utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    values = {(one["task"], one["encoder"]): one["content"]["synergy"]["value"] for one in found}
    tasks = {task for task, _ in values}
    complete = all((task, encoder) in values for task in tasks for encoder in ("trained", "untrained"))
    good = bool(values) and complete and all(math.isfinite(value) for value in values.values())
    return Outcome("ok" if good else "FAILED", f"{len(tasks)} tasks, {len(values)} decompositions")
