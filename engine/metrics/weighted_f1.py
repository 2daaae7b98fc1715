"""Weighted F1 of multi-label predictions: every label counts as often as it occurs."""

import numpy as np

from engine.metrics.common.f1 import f1_by_label

TASKS = {"multilabel"}


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """Σ_labels share of positives × F1; 0 where no label occurs."""
    support = np.sum(target == 1, axis=0)
    return float(np.average(f1_by_label(target, predicted), weights=support)) if support.sum() else 0.0
