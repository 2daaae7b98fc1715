"""Fully connected layers for vectors and for sequences."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens
from engine.settings.encoder import MlpSettings


class Mlp(Encoder):
    """Linear and ReLU for every hidden width, then Linear.

    A vector (b, features) becomes `tokens` tokens, a set; a sequence (b, t, features) becomes one token a
    step, padding kept.
    """

    def __init__(self, features: int, settings: MlpSettings, steps: int | None):
        super().__init__()
        self.width = settings.width
        self.tokens = settings.tokens if steps is None else 1
        self.grid = () if steps is None else (steps,)
        layers: list[nn.Module] = []
        for before, after in zip((features, *settings.hidden[:-1]), settings.hidden, strict=False):
            layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
        layers.append(
            nn.Linear(settings.hidden[-1] if settings.hidden else features, self.tokens * self.width)
        )
        self.layers = nn.Sequential(*layers)

    def forward(self, samples: Samples) -> Tokens:
        values = self.layers(samples.values)
        return Tokens(
            values if self.grid else values.unflatten(-1, (self.tokens, self.width)), samples.is_padding
        )


def build(settings: MlpSettings, modality: Modality) -> Mlp:
    """The encoder; raises `EncoderError` for a hidden layer without features."""
    if settings.hidden and min(settings.hidden) < 1:
        raise EncoderError(f"mlp needs hidden layers of at least 1 feature; got {settings.hidden}")
    return Mlp(modality.shape[-1], settings, modality.shape[0] if modality.kind == "sequence" else None)
