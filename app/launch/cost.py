"""What a comparison will cost, from what was measured: earlier runs of the same kind on this host, or a few
steps timed now.

Nothing is guessed: without a measurement the answer is None.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from app.preview import requests as preview_requests
from app.training.cost_facts import cost_facts
from app.training.processes import host_name
from app.training.scheduling import Machine, place
from engine.recorder import SPEED
from engine.settings.experiment import ExperimentSettings
from storage.artifacts import list_artifacts
from storage.database import Database
from storage.queries import metric_points
from storage.runs import list_runs

NEWEST, LOOKED_AT = 5, 200
"""Similar earlier runs whose speed counts, and runs among which they are looked for, newest first."""


class Cost(NamedTuple):
    """Of one run: seconds a step, steps, bytes of its weights (None: not known), and where the figures are
    from."""

    seconds: float
    steps: int
    weights_bytes: int | None
    source: str

    @property
    def total(self) -> float:
        """Seconds of training."""
        return self.seconds * self.steps


def known_cost(db: Database, home: Path, settings: ExperimentSettings) -> Cost | None:
    """From earlier runs, else from steps timed earlier for just these settings; None where neither is
    there."""
    return _from_runs(db, settings) or _from_preview(
        preview_requests.find("cost", timed_settings(settings), home), settings
    )


def measure_cost(home: Path, settings: ExperimentSettings) -> Cost:
    """Time a few steps now, in a process of its own; takes seconds. Raises `PreviewError`."""
    measured = _from_preview(preview_requests.obtain("cost", timed_settings(settings), home), settings)
    assert measured is not None
    return measured


def timed_settings(settings: ExperimentSettings) -> dict[str, Any]:
    """One epoch, all that is free of cost left at its default: one timing serves all settings that differ
    only there."""
    content = cost_facts(settings.model_dump(mode="json"))
    content["training"]["epochs"] = 1
    return content


def _from_preview(preview: preview_requests.Preview | None, settings: ExperimentSettings) -> Cost | None:
    if preview is None or preview.facts["host"] != host_name():
        return None
    facts = preview.facts
    steps = int(facts["steps"]) * settings.training.epochs
    source = f"{facts['timed_steps']} steps timed on {facts['device']}" + (
        " while it was busy with other work" if facts["busy"] else ""
    )
    return Cost(float(facts["seconds"]), steps, int(facts["weights_bytes"]), source)


def _from_runs(db: Database, settings: ExperimentSettings) -> Cost | None:
    wanted = cost_facts(settings.model_dump(mode="json"))
    trained = ("finished", "stopped", "running")
    candidates = list_runs(
        db, dataset=settings.data.name, method=settings.objective.name, status=trained, limit=LOOKED_AT
    )
    here = [run for run in candidates if run.host == host_name() and run.step]
    similar = [run for run in here if cost_facts(run.settings) == wanted][:NEWEST]
    speeds = [
        value for value in metric_points(db, [run.id for run in similar], [SPEED])["value"] if value > 0
    ]
    if not speeds:
        return None
    newest = similar[0]
    steps = newest.steps // newest.settings["training"]["epochs"] * settings.training.epochs
    sizes = [artifact.size for artifact in list_artifacts(db, newest.id) if artifact.kind in {"best", "last"}]
    words = f"{len(similar)} earlier run{'s' if similar[1:] else ''} here"
    return Cost(settings.training.batch_size / median(speeds), steps, max(sizes, default=None), words)


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


def elapsed(costs: Sequence[Cost], seeds: int, at_once: int) -> float:
    """Seconds until all are trained: the work of all runs shared by those at once, but no less than the
    longest run."""
    work = sum(cost.total for cost in costs) * seeds
    return max(work / at_once, *(cost.total for cost in costs))
