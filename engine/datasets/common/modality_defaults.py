"""The encoder and augmentation a data set recommends for a modality, by its kind and shape."""

import math
from typing import Literal

from engine.dataset import Modality
from engine.settings.augmentation import AugmentationSettings, NoiseAugmentation, SimclrAugmentation
from engine.settings.encoder import AlexnetSettings, EncoderSettings, MlpSettings, SmallCnnSettings

ALEXNET_SIDE = 128
"""From this side on AlexNet is recommended; it reads images from 63 px, but leaves little of small ones."""


def modality(name: str, kind: Literal["vector", "sequence", "image"], shape: tuple[int, ...]) -> Modality:
    """A modality of this shape with the defaults of its kind.

    Vectors and sequences get noise and dropped features or steps as the affect sets have them, images
    SimCLR's pipeline.
    """
    augmentation: AugmentationSettings = (
        SimclrAugmentation() if kind == "image" else NoiseAugmentation(drop=0.8)
    )
    encoder: EncoderSettings = image_encoder(min(shape[1:])) if kind == "image" else MlpSettings()
    return Modality(name, kind, shape, encoder, augmentation)


def image_encoder(side: int) -> EncoderSettings:
    """AlexNet for large images, else as many halvings of the side as leave a feature map of at least 2 ×
    2."""
    if side >= ALEXNET_SIDE:
        return AlexnetSettings()
    halvings = max(1, int(math.log2(max(side, 4))) - 1)
    return SmallCnnSettings(channels=(32, 64, 128, 128)[:halvings])
