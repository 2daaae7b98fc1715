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

    @property
    def varies(self) -> bool:
        """Whether any sample differs from another."""
        return bool(self.plain.any())

    def some(self, rows: NDArray[np.int64]) -> "Directions":
        """The same directions of these samples only."""
        chosen = torch.as_tensor(rows, device=self.even.device)
        return Directions(
            self.even[:, chosen], self.plain[:, chosen], tuple(kernel[:, chosen] for kernel in self.kernels)
        )


def directions(features: NDArray[np.floating], device: torch.device) -> Directions:
    """Principal directions of features (n, d), r ≤ min(n, d, MOST_DIRECTIONS); columns that never vary, but
    for the rounding of their type, are left out. Where none varies: one direction of zeros."""
    x = torch.as_tensor(np.ascontiguousarray(features), device=device).double()
    x = torch.ldexp(x, -torch.frexp(x.abs().amax(0)).exponent)  # exact; squares neither over- nor underflow
    size = x.abs().amax(0)
    x = x - x[0]
    x = x - x.mean(0)  # after the first row is taken away: the mean of large numbers is rounded
    scale = x.abs().amax(0)
    x = x / torch.where(scale > 0, scale, 1.0)
    deviation = x.square().mean(0).sqrt()
    kept = scale * deviation > float(np.finfo(features.dtype).eps) * size
    x = x[:, kept] / deviation[kept]
    n, d = x.shape
    if d == 0:
        return Directions(torch.zeros(1, n, device=device), torch.zeros(1, n, device=device))
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
