"""What a metric is: a figure for predictions of a task. Implementations live in `engine/metrics/`, named as
they are shown.

Each file has `TASKS`, the kinds of task it is for, and `measure(target, predicted)`, both arrays of n rows.
"""

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache

import numpy as np

import engine.metrics

Measure = Callable[[np.ndarray, np.ndarray], float]


@cache
def metrics_for(kind: str) -> dict[str, Measure]:
    """Every metric for a kind of task: name → function."""
    found = {}
    for module_info in pkgutil.iter_modules(engine.metrics.__path__):
        module = importlib.import_module(f"engine.metrics.{module_info.name}")
        if kind in module.TASKS:
            found[module_info.name] = module.measure
    return found
