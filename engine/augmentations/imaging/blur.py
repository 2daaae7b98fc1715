"""Gaussian blur of a batch of images, each with its own width, as multiplication by banded matrices."""

import math

import torch
from torch import Tensor
from torch.nn import functional

BLOCK = 16
"""Pixels made by one product; a product reads BLOCK + 2 · radius of them."""
CUT = 3.0
"""Kernels end at this many standard deviations."""


def blur(images: Tensor, sigma: Tensor, widest: float) -> Tensor:
    """Blurred images (b, c, h, w), borders reflected; sigma (b,) in px, each in (0, widest].

    A row of BLOCK outputs is (its BLOCK + 2r inputs) · K with K the banded matrix of the kernel: one matrix
    product for all rows and one for all columns, which costs the same for every sigma and needs no loop over
    images.
    """
    height, width = images.shape[2:]
    radius = min(
        max(1, math.ceil(CUT * widest)), height - 1, width - 1
    )  # a border reflects at most all but itself
    band = _band(sigma, radius)
    rows = _windows(images, 3, radius)  # (b, c, h, blocks, BLOCK + 2r)
    images = torch.bmm(rows.flatten(1, 3), band).view(*rows.shape[:3], -1)[..., :width]
    columns = _windows(images, 2, radius).transpose(3, 4)  # (b, c, blocks, BLOCK + 2r, w)
    return torch.matmul(band.transpose(1, 2)[:, None, None], columns).flatten(2, 3)[:, :, :height]


def _band(sigma: Tensor, radius: int) -> Tensor:
    """(b, BLOCK + 2r, BLOCK): column j holds the kernel of output j over the inputs of its block."""
    inputs = torch.arange(-radius, BLOCK + radius, device=sigma.device)
    offsets = inputs[:, None] - torch.arange(BLOCK, device=sigma.device)
    scaled = offsets.abs() / sigma.clamp_min(1e-3)[:, None, None]
    # Past 2 · CUT nothing is left but denormal numbers, which make the products several times slower.
    weights = torch.exp(-0.5 * scaled**2).masked_fill((offsets.abs() > radius) | (scaled > 2 * CUT), 0.0)
    return weights / weights.sum(1, keepdim=True)


def _windows(images: Tensor, axis: int, radius: int) -> Tensor:
    """Overlapping windows along an axis as a view with one more dimension at the end; the last one is filled
    with zeros."""
    length = images.shape[axis]
    missing = -length % BLOCK
    sides = (
        [(radius, radius, 0, 0), (0, missing, 0, 0)]
        if axis == 3
        else [(0, 0, radius, radius), (0, 0, 0, missing)]
    )
    padded = functional.pad(images, sides[0], mode="reflect")
    padded = functional.pad(padded, sides[1]) if missing else padded
    return padded.unfold(axis, BLOCK + 2 * radius, BLOCK)
