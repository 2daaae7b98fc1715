"""Force readings as Vision&Touch encodes them (Lee et al., 2019): strided convolutions that look back
only."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens
from engine.settings.encoder import ForceSettings

CHANNELS = (16, 32, 64, 128)
WINDOW = 2 ** (len(CHANNELS) + 1)
SLOPE = 0.1


class Force(Encoder):
    """Sequences (b, t, axes) → one token (b, t/32, width) for every 32 readings, by five convolutions of two
    steps, stride two.

    A convolution that ends at the last of its two steps needs no filling. Departure from the public code,
    which fills up one step before the first and cuts one off behind, so that it never sees the latest
    reading.
    """

    def __init__(self, features: int, settings: ForceSettings):
        super().__init__()
        self.width = settings.width
        layers: list[nn.Module] = []
        for before, after in zip((features, *CHANNELS), (*CHANNELS, settings.width), strict=True):
            layers += [nn.Conv1d(before, after, 2, stride=2), nn.LeakyReLU(SLOPE, inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, samples: Samples) -> Tokens:
        values, is_padding = samples
        if is_padding is not None:
            values = values.masked_fill(is_padding[..., None], 0.0)
            is_padding = is_padding.view(len(is_padding), -1, WINDOW).all(-1)
        return Tokens(self.layers(values.transpose(1, 2)).transpose(1, 2), is_padding)


def build(settings: ForceSettings, modality: Modality) -> Force:
    """The encoder; raises `EncoderError` for lengths that are no multiple of 32 steps."""
    if modality.shape[0] % WINDOW:
        raise EncoderError(
            f"force reads a multiple of {WINDOW} steps; '{modality.name}' has {modality.shape[0]}"
        )
    return Force(modality.shape[1], settings)
