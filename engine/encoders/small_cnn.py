"""A small convolutional encoder for small images, trained in minutes on a CPU."""

import math

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens, feature_map
from engine.settings.encoder import SmallCnnSettings


class SmallCnn(Encoder):
    """Stages of 3 × 3 convolution with stride 2, GroupNorm, ReLU: (b, c, h, w) → tokens of the last stage's
    width.

    GroupNorm, not BatchNorm: an image's tokens must not depend on the other images of its batch, which hold
    two views.
    """

    def __init__(self, channels: int, height: int, width: int, stages: tuple[int, ...]):
        super().__init__()
        self.width = stages[-1]
        self.grid = (math.ceil(height / 2 ** len(stages)), math.ceil(width / 2 ** len(stages)))
        layers: list[nn.Module] = []
        for before, after in zip((channels, *stages[:-1]), stages, strict=True):
            layers += [
                nn.Conv2d(before, after, 3, stride=2, padding=1),
                nn.GroupNorm(math.gcd(8, after), after),
                nn.ReLU(inplace=True),
            ]
        self.layers = nn.Sequential(*layers)

    def forward(self, samples: Samples) -> Tokens:
        return feature_map(self.layers(samples.values))


def build(settings: SmallCnnSettings, modality: Modality) -> SmallCnn:
    """The encoder; raises `EncoderError` for images smaller than the stages halve."""
    if min(settings.channels) < 1:
        raise EncoderError(f"small_cnn needs at least 1 channel in every stage; got {settings.channels}")
    channels, height, width = modality.shape
    smallest = 2 ** len(settings.channels)
    if min(height, width) < smallest:
        raise EncoderError(
            f"small_cnn with {len(settings.channels)} stages needs images of at least {smallest} px a side; "
            f"'{modality.name}' has {height} × {width}"
        )
    return SmallCnn(channels, height, width, settings.channels)
