"""Weighted F1 of multi-label predictions: every label counts as often as it occurs."""

import numpy as np

from engine.metric import Metric
from engine.metrics.common.f1 import f1_by_label


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """Σ_labels share of positives × F1; 0 where no label occurs."""
    support = np.sum(target == 1, axis=0)
    return float(np.average(f1_by_label(target, predicted), weights=support)) if support.sum() else 0.0


METRIC = Metric(
    label="weighted F1",
    tasks=frozenset({"multilabel"}),
    measure=measure,
    unit="share",
    higher_is_better=True,
    reported_scale=1e-2,
)
