"""Macro-averaged accuracy: the mean over classes of the share predicted right, so that chance is 1/classes
for any balance."""

import numpy as np

from engine.metric import Metric


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """mean_c P(predicted = c | target = c), over the classes that occur; target, predicted: (n,) integers."""
    return float(np.mean([np.mean(predicted[target == label] == label) for label in np.unique(target)]))


METRIC = Metric(
    label="accuracy",
    tasks=frozenset({"classification"}),
    measure=measure,
    unit="share",
    higher_is_better=True,
    selects=True,
    has_chance=True,
    reported_scale=1e-2,
)
