"""Noise and dropped steps for vectors and sequences, for a whole batch on its device.

What is drawn is kept apart from how it is applied, so that one draw can serve several modalities with their
time steps aligned.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from engine.augmentation import Augmentation, plain
from engine.dataset import Modality, Samples
from engine.settings.augmentation import NoiseAugmentation


class Noise(Augmentation):
    """Noise and drop with these settings, for one modality's vectors or sequences."""

    def __init__(self, settings: NoiseAugmentation, modality: Modality):
        self.settings, self.modality = settings, modality

    def shared_draws(self, batches: Sequence[Samples], generator: torch.Generator) -> "NoiseDraws":
        """One draw for all modalities with noise, as long as the longest sequence among them."""
        steps = max((samples.values.shape[1] for samples in batches if samples.values.ndim == 3), default=0)
        return draw_noise(len(batches[0].values), steps, generator)

    def __call__(self, samples: Samples, generator: torch.Generator, shared: Any = None) -> Samples:
        b, steps = samples.values.shape[:2]
        draws: NoiseDraws | None = shared
        if draws is None:
            draws = draw_noise(b, steps, generator)
        elif (
            samples.values.ndim == 2
        ):  # features of different modalities do not correspond: only steps are shared
            draws = draws._replace(steps=draw_noise(b, steps, generator).steps)
        return add_noise_and_drop(plain(samples, self.modality), self.settings, draws, generator)


def build(settings: NoiseAugmentation, modality: Modality) -> Noise:
    """The augmentation."""
    return Noise(settings, modality)


class NoiseDraws(NamedTuple):
    """Uniform numbers in [0, 1) that decide, for each of b samples: noise or not, drop or not, how much, and
    which steps.

    gets_noise, gets_drop, share (b,); steps (b, t): the steps with the smallest numbers are dropped first.
    """

    gets_noise: Tensor
    gets_drop: Tensor
    share: Tensor
    steps: Tensor


def draw_noise(batch: int, steps: int, generator: torch.Generator) -> NoiseDraws:
    """Draws for a batch of samples with `steps` time steps (vectors: features), on the generator's device."""
    uniform = torch.rand(batch, 3 + steps, generator=generator, device=generator.device)
    return NoiseDraws(uniform[:, 0], uniform[:, 1], uniform[:, 2], uniform[:, 3:])


def add_noise_and_drop(
    samples: Samples, settings: NoiseAugmentation, draws: NoiseDraws, generator: torch.Generator
) -> Samples:
    """values (b, d) or (b, t, d) + N(0, noise²), then a share of the steps (vectors: features) set to 0.

    Each sample gets the noise with `noise_probability` and the drop with `drop_probability`; the number of
    dropped steps is uniform on 0 … ⌊drop · valid steps⌋. Padding stays as it was, in values and mask.
    """
    values, is_padding = samples
    per_step = (
        (..., None) if values.ndim == 3 else (...,)
    )  # a mask over steps holds for all features of a step
    noise = (
        torch.randn(values.shape, generator=generator, device=values.device, dtype=values.dtype)
        * settings.noise
    )
    gets_noise = (draws.gets_noise < settings.noise_probability).view(-1, *[1] * (values.ndim - 1))
    changed = values + torch.where(gets_noise, noise, 0.0)
    dropped = dropped_steps(settings, draws, values.shape[1], is_padding)
    changed = changed.masked_fill(dropped[per_step], 0.0)
    if is_padding is not None:
        changed = torch.where(is_padding[per_step], values, changed)
    return Samples(changed, is_padding)


def dropped_steps(
    settings: NoiseAugmentation, draws: NoiseDraws, steps: int, is_padding: Tensor | None
) -> Tensor:
    """(b, steps), True where a step is dropped; padded steps never are. Uses the first `steps` columns of the
    draws."""
    order = draws.steps[:, :steps]
    if is_padding is None:
        valid = torch.full_like(draws.share, steps)
    else:
        order = order.masked_fill(is_padding, 2.0)  # behind every valid step
        valid = (~is_padding).sum(1).to(draws.share)
    most = (settings.drop * valid).floor()
    count = (draws.share * (most + 1)).floor() * (draws.gets_drop < settings.drop_probability)
    return order.argsort(1).argsort(1) < count[:, None]
