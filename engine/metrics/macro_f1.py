"""Macro F1 of multi-label predictions: every label counts the same."""

import numpy as np

from engine.metrics.common.f1 import f1_by_label

TASKS = {"multilabel"}


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """mean over labels of F1."""
    return float(np.mean(f1_by_label(target, predicted)))
