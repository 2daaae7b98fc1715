"""Noise and dropped steps for vectors and sequences, masked tokens for texts (docs/method.md#augmentations),
for a whole batch on its device.

What is drawn is kept apart from how it is applied, so that one draw can serve several modalities with their
time steps aligned. Images have their own file, `simclr.py`.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from engine.dataset import Modality, Samples
from engine.settings.augmentation import NoiseAugmentation, TokenMaskingAugmentation


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


def mask_tokens(
    samples: Samples, settings: TokenMaskingAugmentation, text: Modality, generator: torch.Generator
) -> Samples:
    """Token ids (b, t), each replaced by the text's mask token with the probability; special tokens and
    padding stay."""
    values, is_padding = samples
    assert text.mask_token is not None
    masked = torch.rand(values.shape, generator=generator, device=values.device) < settings.probability
    for token in text.special_tokens:  # a handful; a list of them would have to be copied to the device
        masked &= values != token
    if is_padding is not None:
        masked &= ~is_padding
    return Samples(values.masked_fill(masked, text.mask_token), is_padding)
