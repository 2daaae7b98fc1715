"""No augmentation: both views of a sample are the sample itself."""

from typing import Any

import torch

from engine.augmentation import Augmentation, plain
from engine.dataset import Modality, Samples
from engine.settings.augmentation import NoAugmentation


class Nothing(Augmentation):
    """The plain view of one modality."""

    def __init__(self, modality: Modality):
        self.modality = modality

    def __call__(self, samples: Samples, generator: torch.Generator, shared: Any = None) -> Samples:
        return plain(samples, self.modality)


def build(settings: NoAugmentation, modality: Modality) -> Nothing:
    """The augmentation."""
    return Nothing(modality)
