"""What a metric is: a figure for predictions of a task. Implementations live in `engine/metrics/`, named as
they are shown.

Each file has `TASKS`, the kinds of task it is for, and `measure(target, predicted)`, both arrays of n rows.
"""

import importlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).with_name("metrics")
Measure = Callable[[np.ndarray, np.ndarray], float]


@cache
def metrics_for(kind: str) -> dict[str, Measure]:
    """Every metric for a kind of task: name → function."""
    found = {}
    for file in sorted(FOLDER.glob("[a-z]*.py")):
        module = importlib.import_module(f"engine.metrics.{file.stem}")
        if kind in module.TASKS:
            found[file.stem] = module.measure
    return found
