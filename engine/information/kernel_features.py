"""Features of a Gaussian kernel on the largest principal directions, for raw inputs: a logistic regression on
them is a kernel machine. Unsupervised, so that one map serves all folds, seeds and labels.

Where label classes are clusters, or a label depends on which of a few large directions agree, a kernel finds
it from hundreds of samples, where a multilayer perceptron needs thousands. Nyström's approximation (Williams
& Seeger 2001).
"""

import torch
from torch import Tensor

LEADING = (2, 6, 20)
"""How many principal directions a kernel sees."""
LANDMARKS = 256
WIDTHS = (0.15, 0.6)
"""Squared widths, in medians of the squared distance; the kernel is the mean of both."""
FLATTENED = 0.8
"""Power of a kernel direction's variance that is kept: 1 is the kernel itself, 0 its whitening."""
SMALLEST = 1e-3


def kernel_features(plain: Tensor) -> tuple[Tensor, ...]:
    """Maps of kernels on ever more of the principal scores, the first ones of plain (p, n); none of scores
    that never vary."""
    if not plain.any():
        return ()
    widths = sorted({min(leading, len(plain)) for leading in LEADING})
    return tuple(_map(plain[:width].T.contiguous()) for width in widths)


def _map(points: Tensor) -> Tensor:
    """(f, n) uncorrelated directions of variance ≤ 1, most first. points: (n, k)."""
    n = len(points)
    chosen = torch.randperm(n, generator=torch.Generator().manual_seed(0))[:LANDMARKS].to(points.device)
    squared = torch.cdist(points, points[chosen]).square()
    median = squared[chosen].median().clamp_min(1e-12)
    kernel = torch.stack([torch.exp(-squared / (width * median)) for width in WIDTHS]).mean(0)
    values, vectors = torch.linalg.eigh(kernel[chosen].double())
    kept = values > SMALLEST * values.max()
    mapped = kernel @ (vectors[:, kept] / values[kept].sqrt()).float()
    mapped = mapped - mapped.mean(0)
    variances, axes = torch.linalg.eigh((mapped.T @ mapped / n).double())
    kept = variances > SMALLEST * variances.max()
    variances, axes = variances[kept].flip(0), axes[:, kept].flip(1)
    scale = (variances / variances[0]) ** (0.5 * FLATTENED) / variances.sqrt()
    features: Tensor = (axes * scale).T.float() @ mapped.T
    return features
