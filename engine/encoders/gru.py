"""A gated recurrent unit (Cho et al., 2014) for time series."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, Tokens
from engine.settings.encoder import GruSettings


class Gru(Encoder):
    """Sequences (b, t, features) → the state after each step as its token (b, t, width).

    A state depends on earlier steps only, so padding behind them changes nothing. It knows its place, so the
    tokens are a set: the tokenizer adds no positions.
    """

    def __init__(self, features: int, settings: GruSettings):
        super().__init__()
        self.width = settings.width
        self.layers = nn.GRU(features, settings.width, settings.layers, batch_first=True)

    def forward(self, samples: Samples) -> Tokens:
        return Tokens(self.layers(samples.values)[0], samples.is_padding)


def build(settings: GruSettings, modality: Modality) -> Gru:
    """The encoder."""
    return Gru(modality.shape[1], settings)
