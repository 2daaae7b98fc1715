"""A transformer encoder for sequences of features (Vaswani et al., 2017), as MultiBench and CoMM read the
affect sets."""

from torch import nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder, Tokens
from engine.settings.encoder import SequenceTransformerSettings


class SequenceTransformer(Encoder):
    """Sequences (b, t, features) → one token a step: a 1×1 convolution, then pre-norm encoder layers; padding
    is never attended.

    Tokens are a set: no positions are added, here or by the tokenizer. Departure from the public code, which
    drops the padding masks in training and copies one layer's initial weights to all: here the masks hold
    always, and every layer has weights of its own.
    """

    def __init__(self, features: int, settings: SequenceTransformerSettings):
        super().__init__()
        self.width = settings.width
        self.projection = nn.Linear(features, settings.width, bias=False)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                settings.width,
                settings.heads,
                settings.feed_forward,
                settings.dropout,
                batch_first=True,
                norm_first=True,
            )
            for _ in range(settings.layers)
        )

    def forward(self, samples: Samples) -> Tokens:
        values, is_padding = self.projection(samples.values), samples.is_padding
        for layer in self.layers:
            values = layer(values, src_key_padding_mask=is_padding)
        return Tokens(values, is_padding)


def build(settings: SequenceTransformerSettings, modality: Modality) -> SequenceTransformer:
    """The encoder."""
    return SequenceTransformer(modality.shape[1], settings)
