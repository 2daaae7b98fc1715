"""AlexNet's five convolutions (Krizhevsky, 2014), the feature stack that the Trifeature experiments train
from scratch."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens, feature_map
from engine.settings.encoder import AlexnetSettings

SMALLEST_SIDE = 63


def _pooled(side: int) -> int:
    """Cells left of an image's side: an 11-wide convolution of stride 4, then three 3-wide poolings of stride
    2."""
    side = (side + 4 - 11) // 4 + 1
    for _ in range(3):
        side = (side - 3) // 2 + 1
    return side


class Alexnet(Encoder):
    """Images (b, c, h, w) → feature map tokens of width 256; 224 px give 6 × 6."""

    width = 256

    def __init__(self, channels: int, height: int, width: int):
        super().__init__()
        self.grid = (_pooled(height), _pooled(width))
        self.layers = nn.Sequential(
            nn.Conv2d(channels, 64, 11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2),
        )

    def forward(self, samples: Samples) -> Tokens:
        return feature_map(self.layers(samples.values))


def build(settings: AlexnetSettings, modality: Modality) -> Alexnet:
    """The encoder; raises `EncoderError` for images under 63 px."""
    channels, height, width = modality.shape
    if min(height, width) < SMALLEST_SIDE:
        raise EncoderError(
            f"alexnet needs images of at least {SMALLEST_SIDE} px a side; '{modality.name}' has {height} × "
            f"{width}: use small_cnn"
        )
    return Alexnet(channels, height, width)
