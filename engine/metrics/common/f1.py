"""F1 of each label of a multi-label task."""

import numpy as np


def f1_by_label(target: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """2 TP / (2 TP + FP + FN) of each label, 0 where the label neither occurs nor is predicted; inputs (n, k)
    of 0 and 1."""
    hits = np.sum((target == 1) & (predicted == 1), axis=0)
    total = np.sum(target == 1, axis=0) + np.sum(predicted == 1, axis=0)
    scores: np.ndarray = np.divide(2.0 * hits, total, out=np.zeros(target.shape[1]), where=total > 0)
    return scores
