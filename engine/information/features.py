"""Features as probes read them: rotated to their principal directions, once, for all tasks, folds and label
vectors.

The map is linear, unsupervised and drawn from all rows, so it tells nothing about labels.
"""

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

MOST_DIRECTIONS = 1024
MOST_PLAIN = 256
RANK_TOLERANCE = 1e-10
"""Variance of a direction, relative to the largest, below which it is rounding."""


class Directions(NamedTuple):
    """Principal scores in single precision, a row a direction, most variance first, after every column was
    given variance 1.

    even: (r, n), a direction of variance λ scaled to variance λ / (λ + λ̄ r / n): with many samples a
    direction that is whitening, after which no invertible linear map of the features matters; with few, small
    directions are held back. plain: (≤ MOST_PLAIN, n), not scaled; what a multilayer perceptron reads, which
    needs to see what is large. kernels: maps (f, n) of Gaussian kernels (`kernel_features.py`); none for a
    linear probe.
    """

    even: Tensor
    plain: Tensor
    kernels: tuple[Tensor, ...] = ()

    def some(self, rows: NDArray[np.int64]) -> "Directions":
        """The same directions of these samples only."""
        chosen = torch.as_tensor(rows, device=self.even.device)
        return Directions(
            self.even[:, chosen], self.plain[:, chosen], tuple(kernel[:, chosen] for kernel in self.kernels)
        )


def directions(features: NDArray[np.floating], device: torch.device) -> Directions:
    """Principal directions of features (n, d), r ≤ min(n, d, MOST_DIRECTIONS); columns that never vary are
    left out."""
    x = torch.as_tensor(np.ascontiguousarray(features), device=device).double()
    x = x - x.mean(0)
    scale = x.square().mean(0).sqrt()
    kept = scale > 1e-12 * (scale.max() + 1e-300)
    x = x[:, kept] / scale[kept]
    n, d = x.shape
    variances, axes = torch.linalg.eigh(gram(x) / n) if d <= n else _thin(x)
    kept = variances > RANK_TOLERANCE * variances.max()
    variances, axes = variances[kept].flip(0)[:MOST_DIRECTIONS], axes[:, kept].flip(1)[:, :MOST_DIRECTIONS]
    floor = variances.mean() * len(variances) / n
    scores = axes.T.float() @ x.T.float()
    return Directions(scores * (variances + floor).rsqrt().float()[:, None], scores[:MOST_PLAIN].clone())


def gram(x: Tensor) -> Tensor:
    """xᵀx. On a CPU by NumPy, which sees that it is symmetric and takes half the time."""
    if x.device.type != "cpu":
        return x.T @ x
    values = x.numpy()
    return torch.from_numpy(values.T @ values)


def _thin(x: Tensor) -> tuple[Tensor, Tensor]:
    """Variances ascending and axes of fewer rows than columns."""
    variances, left = torch.linalg.eigh(x @ x.T / len(x))
    positive = variances > RANK_TOLERANCE * variances.max()
    variances, left = variances[positive], left[:, positive]
    return variances, x.T @ left / (variances * len(x)).sqrt()
