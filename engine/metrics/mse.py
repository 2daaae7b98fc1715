"""Mean squared error, over samples and targets alike."""

import numpy as np

TASKS = {"regression"}


def measure(target: np.ndarray, predicted: np.ndarray) -> float:
    """mean (target − predicted)²; target, predicted: (n,) or (n, k) floats, in the target's squared unit."""
    return float(np.mean((target - predicted) ** 2))
