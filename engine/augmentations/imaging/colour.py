"""Colour jitter of a batch of images: linear operations folded into one colour matrix an image, and the hue
shift in HSV.

Contrast turns about the image's mean grey, and that mean is itself linear in the mean colour m, so any
sequence of brightness, contrast, saturation and grey is y = A x + B m: the two matrices are known before any
pixel is read.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from engine.constants import constant

BRIGHTNESS, CONTRAST, SATURATION, HUE = range(4)
LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in grey (ITU-R BT.601)."""


class ColourMap(NamedTuple):
    """y = matrix x + of_mean m for each of b images with mean colour m; both (b, c, c)."""

    matrix: Tensor
    of_mean: Tensor

    def then(self, matrix: Tensor, of_mean: Tensor | None = None) -> "ColourMap":
        """This map followed by y = matrix x + of_mean (mean of x), both (…, c, c)."""
        later = self.of_mean.new_zeros(()) if of_mean is None else of_mean @ (self.matrix + self.of_mean)
        return ColourMap(matrix @ self.matrix, matrix @ self.of_mean + later)

    def of(self, chosen: Tensor) -> "ColourMap":
        """The maps of some of the images."""
        return ColourMap(self.matrix[chosen], self.of_mean[chosen])

    def apply(self, images: Tensor, offset: Tensor | None = None) -> Tensor:
        """The mapped images (b, c, h, w); offset (c,) is added."""
        shift = self.of_mean @ images.mean((2, 3))[..., None]
        shift = shift if offset is None else shift + offset[:, None]
        return torch.baddbmm(shift, self.matrix, images.flatten(2)).view_as(images)


def grey_matrix(channels: int, device: torch.device) -> Tensor:
    """(c, c): every channel becomes the grey value; the identity for one channel."""
    weights = constant(LUMA if channels == 3 else (1 / channels,) * channels, device)
    return weights.expand(channels, channels)


def linear_jitter(factors: Tensor, order: Tensor, channels: int, *, after_hue: bool) -> ColourMap:
    """Brightness, contrast and saturation that come before (or after) the hue shift in each image's order.

    factors (b, 4) and order (b, 4): the operation at each place, as in `ImageDraws`. Brightness: f x;
    contrast: f x + (1 − f) grey(m); saturation: f x + (1 − f) grey(x).
    """
    identity, grey = torch.eye(channels, device=factors.device), grey_matrix(channels, factors.device)
    hue_place = (order == HUE).int().argmax(1)
    folded = ColourMap(
        identity.expand(len(order), -1, -1),
        torch.zeros(len(order), channels, channels, device=factors.device),
    )
    for place in range(4):
        operation = order[:, place]
        counts = (place > hue_place) if after_hue else (place < hue_place)
        factor = torch.where(counts, factors.gather(1, operation[:, None])[:, 0], 1.0)[:, None, None]
        rest = (1 - factor) * grey
        saturates, contrasts = (
            (operation == SATURATION)[:, None, None],
            (operation == CONTRAST)[:, None, None],
        )
        folded = folded.then(factor * identity + saturates * rest, contrasts * rest)
    return folded


def shift_hue_(images: Tensor, turns: Tensor) -> Tensor:
    """Hue of RGB images (b, 3, h, w) in [0, 1] turned by `turns` (b,), |turns| ≤ 1/6, in place; HSV value and
    saturation stay.

    With V the largest channel, C the chroma and d = 1 + (g + b − r − min)/C the distance of the hue from red
    in sixths of a turn (its sign that of g − b), a channel whose own hue is at c becomes V − C · clamp(|hue −
    c| − 1, 0, 1), distances taken around the circle: |x| = 3 − ||x| − 3|. Nothing is selected pixel by pixel,
    which is what costs time on a CPU.
    """
    red, green, blue = images.unbind(1)
    largest = torch.maximum(red, green)
    torch.maximum(largest, blue, out=largest)
    scratch = torch.minimum(red, green)
    torch.minimum(scratch, blue, out=scratch)
    chroma = largest - scratch
    hue = (green + blue).sub_(red).sub_(scratch)
    hue.div_(torch.clamp(chroma, min=1e-8, out=scratch)).add_(1)
    hue.copysign_(torch.sub(green, blue, out=scratch)).add_(6 * turns[:, None, None])
    largest.sub_(chroma, alpha=2)
    hues = constant((0.0, 2.0, -2.0), images.device).view(3, 1, 1)
    torch.sub(hue[:, None], hues, out=images)
    images.abs_().sub_(3).abs_().clamp_(1, 2)
    return torch.addcmul(largest[:, None], chroma[:, None], images, out=images)
