"""Squares and products of the few directions along which the classes differ most, for raw inputs.

Classes may differ in their means (linear discriminants, Fisher 1936) or, as under an exclusive or, in their
covariances alone (sliced average variance estimation, Cook & Weisberg 1991). Both kinds of direction are the
leading eigenvectors of a matrix of moments, so that a parity hidden among dozens of dimensions is found from
hundreds of samples.
"""

import torch
from torch import Tensor

from engine.information.entries import Entries

MOST_DIRECTIONS = 128
MOST_MEANS = 3
MOST_SPREADS = 6
SMALLEST = 1e-6


@torch.no_grad()
def interactions(even: Tensor, entries: Entries) -> Tensor:
    """(m, f, n): whitened features of every entry, from axes found among its fitted rows. even: (r, n)
    whitened directions."""
    even = even[:MOST_DIRECTIONS]
    fitted = zip(entries.fitted, entries.labels, strict=True)
    axes = torch.stack([_axes(even[:, rows], labels[rows], entries.classes) for rows, labels in fitted])
    seen = axes.mT @ even
    left, right = torch.triu_indices(seen.shape[1], seen.shape[1], device=seen.device)
    features = torch.cat([seen, seen[:, left] * seen[:, right]], 1)
    features = features - features.mean(2, keepdim=True)
    variances, turn = torch.linalg.eigh((features @ features.mT / features.shape[2]).double())
    scale = variances.clamp_min(SMALLEST * variances.max()).rsqrt()
    whitened: Tensor = (turn * scale[:, None]).float().mT @ features
    return whitened


def _axes(x: Tensor, labels: Tensor, classes: int) -> Tensor:
    """(r, k) along which class means differ most, then class covariances. x: (r, n) fitted rows."""
    share = torch.nn.functional.one_hot(labels, classes).T.float()
    share = share / share.sum(1, keepdim=True).clamp_min(1.0)
    weight = torch.bincount(labels, minlength=classes) / len(labels)
    means = share @ x.T
    second = torch.stack([(x * weights) @ x.T for weights in share])
    covariances = second - means[:, :, None] * means[:, None]
    means = means - weight @ means
    apart = covariances - (weight[:, None, None] * covariances).sum(0)
    by_mean = torch.linalg.eigh((means.T * weight) @ means)[1][:, -min(classes - 1, MOST_MEANS) :]
    outside = torch.eye(len(x), device=x.device) - by_mean @ by_mean.T
    spread = outside @ (weight[:, None, None] * (apart @ apart)).sum(0) @ outside
    return torch.cat([by_mean, torch.linalg.eigh(spread)[1][:, -min(2 * (classes - 1), MOST_SPREADS) :]], 1)
