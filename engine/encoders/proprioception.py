"""A robot arm's own state as Vision&Touch encodes it (Lee et al., 2019)."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, Tokens
from engine.settings.encoder import ProprioceptionSettings

HIDDEN = (32, 64, 128)
SLOPE = 0.1


class Proprioception(Encoder):
    """Vectors (b, d) → one token (b, 1, width): Linear and LeakyReLU 0.1, four times."""

    def __init__(self, features: int, settings: ProprioceptionSettings):
        super().__init__()
        self.width = settings.width
        layers: list[nn.Module] = []
        for before, after in zip((features, *HIDDEN), (*HIDDEN, settings.width), strict=True):
            layers += [nn.Linear(before, after), nn.LeakyReLU(SLOPE, inplace=True)]
        self.layers = nn.Sequential(*layers)

    def forward(self, samples: Samples) -> Tokens:
        return Tokens(self.layers(samples.values)[:, None])


def build(settings: ProprioceptionSettings, modality: Modality) -> Proprioception:
    """The encoder."""
    return Proprioception(modality.shape[0], settings)
