"""Mean squared error, over samples and targets alike."""

import numpy as np

from engine.metric import Metric


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """mean (target − predicted)²; target, predicted: (n,) or (n, k) floats, in the target's squared unit."""
    return float(np.mean((target - predicted) ** 2))


METRIC = Metric(
    label="mean squared error",
    tasks=frozenset({"regression"}),
    measure=measure,
    unit="plain",
    higher_is_better=False,
    selects=True,
    reported_scale=1e-4,
)
