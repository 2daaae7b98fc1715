"""Macro F1 of multi-label predictions: every label counts the same."""

import numpy as np

from engine.metric import Metric
from engine.metrics.common.f1 import f1_by_label


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """mean over labels of F1."""
    return float(np.mean(f1_by_label(target, predicted)))


METRIC = Metric(
    label="macro F1",
    tasks=frozenset({"multilabel"}),
    measure=measure,
    unit="share",
    higher_is_better=True,
    selects=True,
    order=1,
    reported_scale=1e-2,
)
