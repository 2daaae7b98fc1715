"""What a metric is: a figure for predictions of a task, and all that pages need to know of it.

Implementations live in `engine/metrics/`, each a file with `METRIC`; the file's name is the metric's name in
stored results. Nothing here or there imports torch, so that the dashboard can read them.
"""

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np

FOLDER = Path(__file__).with_name("metrics")


@dataclass(frozen=True)
class Metric:
    """A metric and its facts.

    label: as sentences and axes call it. tasks: the kinds of task it is for. measure(target, predicted): the
    figure, of two arrays of n rows. unit: "share" (0 to 1, shown in per cent) or "plain" (shown as it is).
    higher_is_better: False for errors. selects: among the metrics of a kind of task, the one by which the
    probe chooses its cost. order: where it stands among those of its kind of task, 0 first. has_chance: the
    task's chance level is one of this metric. reported_scale: what published tables give it in, as a factor
    to ours (per cent: 0.01).
    """

    label: str
    tasks: frozenset[str]
    measure: Callable[[np.ndarray, np.ndarray], float]
    unit: Literal["share", "plain"]
    higher_is_better: bool
    selects: bool = False
    order: int = 0
    has_chance: bool = False
    reported_scale: float = 1.0


@cache
def all_metrics() -> Mapping[str, Metric]:
    """Every metric there is by its name, in the order in which they are shown."""
    metrics = {
        file.stem: importlib.import_module(f"engine.metrics.{file.stem}").METRIC
        for file in sorted(FOLDER.glob("[a-z]*.py"))
    }
    return dict(sorted(metrics.items(), key=lambda item: (item[1].order, item[0])))


def metrics_for(kind: str) -> dict[str, Metric]:
    """Every metric for a kind of task: name → metric."""
    return {name: metric for name, metric in all_metrics().items() if kind in metric.tasks}


def selecting_metric(kind: str) -> Metric:
    """The metric by which a model is chosen for a kind of task: exactly one says so of itself.

    Raises `LookupError` where none or several do.
    """
    chosen = [metric for metric in metrics_for(kind).values() if metric.selects]
    if len(chosen) != 1:
        raise LookupError(f"{len(chosen)} metrics say that they choose models of a {kind}; one must")
    return chosen[0]
