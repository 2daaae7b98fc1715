"""Tables: an MLP, then one token a feature, so that masking hides features (CoMM's reading of MIMIC's static
part)."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, EncoderError, Tokens
from engine.nets.tokenizer import FeatureTokenizer
from engine.settings.encoder import TabularSettings


class Tabular(Encoder):
    """Vectors (b, d) → Linear and ReLU for every hidden width, then Linear to (b, n) → n tokens, a set."""

    def __init__(self, features: int, settings: TabularSettings):
        super().__init__()
        self.width = settings.width
        layers: list[nn.Module] = []
        before = features
        for after in settings.hidden:
            layers += [nn.Linear(before, after), nn.ReLU(inplace=True)]
            before = after
        self.layers = nn.Sequential(*layers, nn.Linear(before, settings.features))
        self.tokens = FeatureTokenizer(settings.features, settings.width)

    def forward(self, samples: Samples) -> Tokens:
        tokens: Tokens = self.tokens(Samples(self.layers(samples.values)))
        return tokens


def build(settings: TabularSettings, modality: Modality) -> Tabular:
    """The encoder."""
    if settings.hidden and min(settings.hidden) < 1:
        raise EncoderError(f"tabular needs hidden layers of at least 1 feature; got {settings.hidden}")
    return Tabular(modality.shape[0], settings)
