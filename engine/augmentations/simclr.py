"""SimCLR's image pipeline (Chen et al., 2020; docs/method.md#augmentations), for a whole batch at once on its
device.

The distributions are those of torchvision's RandomResizedCrop, RandomHorizontalFlip, ColorJitter (four
operations in random order, hue in HSV), RandomGrayscale and GaussianBlur. What is folded: crop, resize and
flip are one sampling; the linear colour operations before the hue shift are one colour matrix, and those
after it, grey and the normalisation another. So values are clipped to the range of colours twice, not after
every operation.
"""

import math
from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from engine.augmentation import IMAGENET_MEAN, Augmentation, image_statistics
from engine.augmentations.imaging.blur import blur
from engine.augmentations.imaging.colour import HUE, ColourMap, grey_matrix, linear_jitter, shift_hue_
from engine.constants import constant
from engine.dataset import Modality, Samples
from engine.settings.augmentation import SimclrAugmentation

JITTER = (0.4, 0.4, 0.4, 0.1)
"""Half-widths of brightness, contrast and saturation around 1, and of the hue shift around 0 in turns, at
strength 1."""
ASPECT = (3 / 4, 4 / 3)
CROP_TRIES = 10
BLUR_SIGMA = (0.1, 2.0)
BLUR_SIDE = 224
"""The side at which BLUR_SIGMA is in pixels."""
UNCHANGED = (1.0, 1.0, 1.0, 0.0)
"""Factors of a colour jitter that changes nothing."""
CPU_CHUNK = 2
"""Images worked on at once on a CPU: few enough to stay in its cache."""


class Simclr(Augmentation):
    """SimCLR's pipeline with these settings, for images."""

    def __init__(self, settings: SimclrAugmentation):
        self.settings = settings

    def __call__(self, samples: Samples, generator: torch.Generator, shared: Any = None) -> Samples:
        return Samples(simclr(samples.values, self.settings, generator))


def build(settings: SimclrAugmentation, modality: Modality) -> Simclr:
    """The augmentation."""
    return Simclr(settings)


class ImageDraws(NamedTuple):
    """Every random choice for b images.

    boxes (b, 4): left, top, width, height of the crop in px; flipped, jittered, grey (b,) booleans; factors
    (b, 4): of brightness, contrast, saturation, and the hue shift in turns; order (b, 4): the operation at
    each place; sigma (b,): of the blur in px, 0 for none.
    """

    boxes: Tensor
    flipped: Tensor
    jittered: Tensor
    factors: Tensor
    order: Tensor
    grey: Tensor
    sigma: Tensor


def simclr(images: Tensor, settings: SimclrAugmentation, generator: torch.Generator) -> Tensor:
    """Augmented and normalised images (b, c, h, w) float32, of uint8 images or floats in [0, 1] with c = 1 or
    3."""
    return apply(images, draw(images.shape, settings, generator))


def draw(shape: torch.Size, settings: SimclrAugmentation, generator: torch.Generator) -> ImageDraws:
    """The random choices for images of this shape (b, c, h, w), on the generator's device."""
    device = generator.device

    def uniform(low: float, high: float, *size: int) -> Tensor:
        return low + (high - low) * torch.rand(shape[0], *size, generator=generator, device=device)

    areas = uniform(settings.smallest_crop, 1.0, CROP_TRIES) * (shape[2] * shape[3])
    aspects = uniform(math.log(ASPECT[0]), math.log(ASPECT[1]), CROP_TRIES).exp()
    sigma = uniform(*BLUR_SIGMA) * (min(shape[2:]) / BLUR_SIDE)
    return ImageDraws(
        boxes=place_boxes(areas, aspects, uniform(0, 1, 2), shape[2], shape[3]),
        flipped=uniform(0, 1) < settings.flip_probability,
        jittered=uniform(0, 1) < settings.colour_probability,
        factors=constant(UNCHANGED, device)
        + uniform(-settings.colour, settings.colour, 4) * constant(JITTER, device),
        order=uniform(0, 1, 4).argsort(1),
        grey=uniform(0, 1) < settings.grey_probability,
        sigma=torch.where(uniform(0, 1) < settings.blur_probability, sigma, 0.0),
    )


def place_boxes(areas: Tensor, aspects: Tensor, position: Tensor, height: int, width: int) -> Tensor:
    """Crop boxes (b, 4), in whole px: the first of the tries (b, tries) that fits, at a place given by
    `position` (b, 2).

    Where none fits, the largest central crop of an allowed aspect, as RandomResizedCrop has it.
    """
    sizes = (
        torch.stack([(areas * aspects).sqrt(), (areas / aspects).sqrt()], -1).round().clamp_min(1)
    )  # (b, tries, 2)
    limits = constant((width, height), areas.device).to(areas.dtype)
    fits = (sizes <= limits).all(-1)
    first = fits.int().argmax(1)
    chosen = sizes[torch.arange(len(sizes), device=areas.device), first]
    largest = constant(
        (min(width, round(height * ASPECT[1])), min(height, round(width / ASPECT[0]))), areas.device
    )
    fitted = fits.any(1)[:, None]
    chosen = torch.where(fitted, chosen, largest.to(chosen))
    corners = torch.where(fitted, position * (limits - chosen + 1), (limits - chosen) / 2).floor()
    return torch.cat([corners, chosen], 1)


def apply(images: Tensor, draws: ImageDraws, together: bool | None = None) -> Tensor:
    """The images (b, c, h, w) with these choices applied, and normalised; see `simclr`.

    together: all images go through every operation, which changes nothing where none was drawn. Otherwise
    those that share their operations go together, a few at a time. A CPU saves work by the second; a device
    would have to tell the host which images those are, and takes the first unless told.
    """
    on_cpu = images.device.type == "cpu"
    together = not on_cpu if together is None else together
    draws = _all_alike(draws) if together else draws
    brightest = 1.0 if images.is_floating_point() else 255.0
    first, second, offset = _colour_maps(draws, images.shape[1], brightest)
    across, down = _sampling_lines(draws, *images.shape[2:])
    result = torch.empty(images.shape, device=images.device)
    everything = (torch.arange(len(images), device=images.device), True, True)
    for chosen, jittered, blurred in [everything] if together else _alike(draws, CPU_CHUNK):
        grid = torch.view_as_real(across[chosen] + down[chosen])
        part = functional.grid_sample(
            images.index_select(0, chosen).float(), grid, padding_mode="border", align_corners=False
        )
        if jittered:
            part = first.of(chosen).apply(part).clamp_(0, 1)
            if images.shape[1] == len(IMAGENET_MEAN):
                shift_hue_(part, draws.factors[chosen, HUE])
        part = _clip(second.of(chosen).apply(part, offset))
        if blurred:
            part = blur(part, draws.sigma[chosen], BLUR_SIGMA[1] * min(images.shape[2:]) / BLUR_SIDE)
        result.index_copy_(0, chosen, part)
    return result


def _sampling_lines(draws: ImageDraws, height: int, width: int) -> tuple[Tensor, Tensor]:
    """Where each column (b, 1, w) and row (b, h, 1) of the result is read, as x + iy in the coordinates of
    `grid_sample`.

    Complex, because the sum of the two is then the whole grid, written once.
    """
    left, top, box_width, box_height = draws.boxes.T[..., None]
    columns = (torch.arange(width, device=left.device) + 0.5) / width
    rows = (torch.arange(height, device=left.device) + 0.5) / height
    across = 2 * (left + box_width * torch.where(draws.flipped[:, None], 1 - columns, columns)) / width - 1
    down = 2 * (top + box_height * rows) / height - 1
    zero = torch.zeros_like
    return torch.complex(across, zero(across))[:, None, :], torch.complex(zero(down), down)[:, :, None]


def _colour_maps(draws: ImageDraws, channels: int, brightest: float) -> tuple[ColourMap, ColourMap, Tensor]:
    """Each image's colours before its hue shift, and after it up to the normalisation, whose offset (c,) is
    the last part.

    Whichever map comes first also takes values up to `brightest` to [0, 1].
    """
    jittered = draws.jittered[:, None]
    mean, std = image_statistics(channels, draws.factors.device)
    identity = torch.eye(channels, device=mean.device)
    factors = torch.where(jittered, draws.factors, constant(UNCHANGED, mean.device))
    first = linear_jitter(factors, draws.order, channels, after_hue=False).then(identity / brightest)
    drops_colour = torch.where(draws.grey[:, None, None], grey_matrix(channels, mean.device), identity)
    scale = std.reciprocal() / torch.where(jittered, 1.0, brightest)  # (b, c)
    second = linear_jitter(factors, draws.order, channels, after_hue=True).then(
        scale[..., None] * drops_colour
    )
    return first, second, -mean / std


def _all_alike(draws: ImageDraws) -> ImageDraws:
    """The same choices with a jitter for every image: where none was drawn, one that changes nothing."""
    factors = torch.where(draws.jittered[:, None], draws.factors, constant(UNCHANGED, draws.factors.device))
    return draws._replace(factors=factors, jittered=torch.ones_like(draws.jittered))


def _alike(draws: ImageDraws, most: int) -> Iterator[tuple[Tensor, bool, bool]]:
    """Positions of images that are all (jittered?, blurred?) alike, at most `most` at a time."""
    for jittered, blurred in product((True, False), repeat=2):
        members = ((draws.jittered == jittered) & ((draws.sigma > 0) == blurred)).nonzero()[:, 0]
        for start in range(0, len(members), most):
            yield members[start : start + most], jittered, blurred


def _clip(normalised: Tensor) -> Tensor:
    """Clips, in place, to what colours in [0, 1] become by the normalisation."""
    for channel, (lowest, highest) in enumerate(_limits(normalised.shape[1])):
        normalised[:, channel].clamp_(lowest, highest)
    return normalised


@cache
def _limits(channels: int) -> list[tuple[float, float]]:
    """What black and white become by the normalisation, a channel."""
    means, stds = (values.tolist() for values in image_statistics(channels, torch.device("cpu")))
    return [(-mean / std, (1 - mean) / std) for mean, std in zip(means, stds, strict=True)]
