"""What a study will cost, from what was measured: earlier runs of the same kind on this host, or a few steps,
a probing and a decomposition timed now.

Nothing is guessed: without a measurement the answer is None.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from app.preview import requests as preview_requests
from app.training.cost_facts import cost_facts, end_facts
from app.training.processes import host_name
from app.training.scheduling import Machine, place
from engine.recorder import SPEED
from engine.settings.experiment import ExperimentSettings
from storage.artifacts import list_artifacts
from storage.database import Database
from storage.queries import metric_points
from storage.run import Run
from storage.runs import list_runs

NEWEST, LOOKED_AT = 5, 200
"""Similar earlier runs whose speed counts, and runs among which they are looked for, newest first."""
TRAINED = ("finished", "stopped", "running")


class Cost(NamedTuple):
    """Of one run: seconds a step, steps, seconds of all else (probing, decomposing; None: not known), bytes
    of its weights (None: not known), and where the figures are from."""

    seconds: float
    steps: int
    after: float | None
    weights_bytes: int | None
    source: str

    @property
    def total(self) -> float:
        """Seconds of a run, as far as they are known."""
        return self.seconds * self.steps + (self.after or 0.0)


def kind_of(settings: ExperimentSettings) -> str:
    """Equal for runs that cost the same."""
    content = settings.model_dump(mode="json")
    facts = [cost_facts(content), content["probe"], content["training"]["epochs"]]
    return json.dumps(facts, sort_keys=True)


def known_cost(
    db: Database, home: Path, settings: ExperimentSettings, stored: Sequence[Run] | None = None
) -> Cost | None:
    """From earlier runs, else from steps timed earlier for just these settings; None where neither is there.

    stored: the runs to look among, newest first; read where they are not given.
    """
    timed = preview_requests.find("cost", timed_settings(settings), home)
    return _from_runs(db, home, settings, stored) or _from_preview(timed, home, settings)


def measure_cost(home: Path, settings: ExperimentSettings) -> Cost:
    """Time a few steps, a probing and a decomposition now, in processes of their own; takes seconds to
    minutes. Raises `PreviewError`."""
    timed = preview_requests.obtain("cost", timed_settings(settings), home)
    preview_requests.obtain("end", end_settings(settings), home)
    measured = _from_preview(timed, home, settings)
    assert measured is not None
    return measured


def timed_settings(settings: ExperimentSettings) -> dict[str, Any]:
    """One epoch, all that is free of cost left at its default: one timing serves all settings that differ
    only there."""
    content = cost_facts(settings.model_dump(mode="json"))
    content["training"]["epochs"] = 1
    return content


def end_settings(settings: ExperimentSettings) -> dict[str, Any]:
    """The same for the end of a run."""
    return end_facts(settings.model_dump(mode="json"))


def _after(home: Path, settings: ExperimentSettings) -> float | None:
    timed = preview_requests.find("end", end_settings(settings), home)
    if timed is None or timed.facts["host"] != host_name():
        return None
    return float(timed.facts["seconds"])


def _from_preview(
    preview: preview_requests.Preview | None, home: Path, settings: ExperimentSettings
) -> Cost | None:
    if preview is None or preview.facts["host"] != host_name():
        return None
    facts = preview.facts
    steps = int(facts["steps"]) * settings.training.epochs
    source = f"{facts['timed_steps']} steps timed on {facts['device']}" + (
        " while it was busy with other work" if facts["busy"] else ""
    )
    return Cost(float(facts["seconds"]), steps, _after(home, settings), int(facts["weights_bytes"]), source)


def _from_runs(
    db: Database, home: Path, settings: ExperimentSettings, stored: Sequence[Run] | None
) -> Cost | None:
    content = settings.model_dump(mode="json")
    wanted, end = cost_facts(content), end_facts(content)
    if stored is None:
        stored = list_runs(db, dataset=settings.data.name, method=settings.objective.name, limit=LOOKED_AT)
    similar = [run for run in _candidates(stored, settings) if cost_facts(run.settings) == wanted][:NEWEST]
    points = metric_points(db, [run.id for run in similar], [SPEED])
    speeds: dict[int, list[float]] = {}
    for run_id, value in zip(points["run_id"], points["value"], strict=True):
        if value is not None and value > 0:
            speeds.setdefault(run_id, []).append(value)
    if not speeds:
        return None
    seconds = settings.training.batch_size / median(value for found in speeds.values() for value in found)
    newest = similar[0]
    steps = newest.steps // newest.settings["training"]["epochs"] * settings.training.epochs
    ended = [run for run in similar if _was_unbroken(run) and end_facts(run.settings) == end]
    rests = [_rest(run, speeds[run.id]) for run in ended if run.id in speeds]
    after = median(rests) if rests else _after(home, settings)
    sizes = [artifact.size for artifact in list_artifacts(db, newest.id) if artifact.kind in {"best", "last"}]
    words = f"{len(similar)} earlier run{'s' if similar[1:] else ''} here"
    return Cost(seconds, steps, after, max(sizes, default=None), words)


def _candidates(stored: Iterable[Run], settings: ExperimentSettings) -> list[Run]:
    """Runs of the method on the data set that trained on this host."""
    return [
        run
        for run in stored
        if run.dataset == settings.data.name
        and run.method == settings.objective.name
        and run.status in TRAINED
        and run.host == host_name()
        and run.step
    ][:LOOKED_AT]


def _was_unbroken(run: Run) -> bool:
    """Whether its start and end are those of the whole run."""
    return run.status == "finished" and run.attempts == 1


def _rest(run: Run, speeds: Sequence[float]) -> float:
    """Seconds that a finished run took besides its steps: loading, validating, probing, decomposing."""
    trained = run.step * run.settings["training"]["batch_size"] / median(speeds)
    took = ((run.ended_at or 0) - (run.started_at or 0)) / 1000
    return float(max(took - trained, 0.0))


def concurrency(settings: ExperimentSettings, machine: Machine, runs: int) -> int:
    """How many of `runs` equal runs this machine trains at once, when nothing else is waiting.

    Raises `ImpossibleDemand` when it can train none.
    """
    held: list[str | None] = []
    while len(held) < runs:
        found = place(settings.training, machine, held, runs - len(held))
        if found is None:
            break
        held.append(found.device())
    return max(len(held), 1)


def elapsed(costs: Iterable[tuple[Cost, int]], at_once: int) -> float:
    """Seconds until all are done: the work of all runs shared by those at once, but no less than the longest
    run. costs: each with how many runs cost that."""
    listed = list(costs)
    work = sum(cost.total * count for cost, count in listed)
    return max(work / at_once, *(cost.total for cost, _ in listed))


def disk_bytes(costs: Iterable[tuple[Cost, int]], at_once: int) -> int | None:
    """What the runs keep: best and last weights of each, and while it works a training state, which holds the
    weights and AdamW's two moments of each. None where a size is not known."""
    listed = list(costs)
    sizes = [cost.weights_bytes for cost, _ in listed]
    if any(size is None for size in sizes):
        return None
    kept = sum(2 * (cost.weights_bytes or 0) * count for cost, count in listed)
    return kept + 3 * max(size or 0 for size in sizes) * at_once
