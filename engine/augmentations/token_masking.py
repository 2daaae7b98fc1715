"""Tokens of a text replaced by the tokenizer's mask token (Devlin et al., 2019), for a whole batch on its
device."""

from typing import Any

import torch

from engine.augmentation import Augmentation
from engine.dataset import Modality, Samples
from engine.settings.augmentation import TokenMaskingAugmentation
from engine.settings.experiment import SettingsError


class TokenMasking(Augmentation):
    """Masks tokens of one modality's texts."""

    def __init__(self, settings: TokenMaskingAugmentation, text: Modality):
        self.settings, self.text = settings, text

    def __call__(self, samples: Samples, generator: torch.Generator, shared: Any = None) -> Samples:
        return mask_tokens(samples, self.settings, self.text, generator)


def build(settings: TokenMaskingAugmentation, modality: Modality) -> TokenMasking:
    """The augmentation; raises `SettingsError` where the tokenizer has no mask token."""
    if modality.mask_token is None:
        raise SettingsError(
            f"augmentations.{modality.name} is 'token_masking', but the tokenizer has no token to put in "
            "place; choose none"
        )
    return TokenMasking(settings, modality)


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
