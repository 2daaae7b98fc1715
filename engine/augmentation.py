"""What an augmentation is: a batch of one modality in, a randomly changed version of it out. Implementations
live in `engine/augmentations/`, named as in the settings.
"""

import importlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from engine.constants import constant
from engine.dataset import Modality, Samples
from engine.settings.augmentation import AugmentationSettings
from engine.settings.base import members_of
from engine.settings.experiment import SettingsError
from engine.settings.kinds import in_words

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


class Augmentation(ABC):
    """Base of augmentations: called with a batch as stored, returns one augmented view of it.

    What comes is what the data set holds: images (b, c, h, w) uint8 or floats in [0, 1], vectors (b, d),
    sequences (b, t, d), token ids (b, t). What returns has the shape, kind of values and padding mask that
    `plain` gives. Every random choice is drawn from the generator, on its device: the same generator state
    gives the same view. Padding stays as it was.
    """

    def shared_draws(self, batches: Sequence[Samples], generator: torch.Generator) -> Any:
        """One draw to serve several modalities that have this augmentation, time steps aligned; None, the
        usual answer, where there is nothing to share."""
        return None

    @abstractmethod
    def __call__(self, samples: Samples, generator: torch.Generator, shared: Any = None) -> Samples:
        """The augmented batch; `shared` is what `shared_draws` gave, where draws are shared."""


def build_augmentation(settings: AugmentationSettings, modality: Modality) -> Augmentation:
    """The augmentation that the settings name; raises `SettingsError` where it is not for such a modality."""
    if modality.kind not in settings.READS:
        kinds = members_of(AugmentationSettings).items()
        others = [name for name, other in kinds if modality.kind in other.READS]
        raise SettingsError(
            f"augmentations.{modality.name} is '{settings.name}', which is for {in_words(settings.READS)}; "
            f"{'an' if modality.kind == 'image' else 'a'} {modality.kind} can have {' or '.join(others)}"
        )
    module = importlib.import_module(f"engine.augmentations.{settings.name}")
    return module.build(settings, modality)  # type: ignore[no-any-return]


def plain(samples: Samples, modality: Modality) -> Samples:
    """A batch as it is, for models: float32, images normalised, token ids unchanged; nothing is random."""
    if modality.kind == "text":
        return samples
    values = normalise(samples.values) if modality.kind == "image" else samples.values.float()
    return Samples(values, samples.is_padding)


def normalise(images: Tensor) -> Tensor:
    """(x − mean) / std of ImageNet, float32 (b, c, h, w), of uint8 images or floats in [0, 1] with c = 1 or
    3."""
    mean, std = image_statistics(images.shape[1], images.device)
    return (fractions(images) - mean[:, None, None]).div_(std[:, None, None])


def fractions(images: Tensor) -> Tensor:
    """Float32 in [0, 1]; whole numbers are taken as 0 … 255."""
    return images.float() if images.is_floating_point() else images.float().div_(255)


def image_statistics(channels: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """ImageNet's mean and standard deviation (c,); a single channel gets their averages."""
    mean, std = constant(IMAGENET_MEAN, device), constant(IMAGENET_STD, device)
    if channels == len(IMAGENET_MEAN):
        return mean, std
    return mean.mean(0, keepdim=True).expand(channels), std.mean(0, keepdim=True).expand(channels)
