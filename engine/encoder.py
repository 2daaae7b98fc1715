"""What an encoder is: one modality in, tokens out. Implementations live in `engine/encoders/`, named as in
the settings."""

import importlib
from abc import abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.errors import UserError
from engine.settings.base import members_of
from engine.settings.encoder import EncoderSettings
from engine.settings.kinds import in_words


class EncoderError(UserError):
    """An encoder that cannot read a modality; the message is one line with what came and what is allowed."""


class Tokens(NamedTuple):
    """values (b, n, width) and is_padding (b, n), True where a token stands for padding; None means no
    padding.

    grid: the layout of these tokens, () where it is the encoder's own; a feature map says what it has become,
    for an image of another size gives another map.
    """

    values: Tensor
    is_padding: Tensor | None = None
    grid: tuple[int, ...] = ()


def feature_map(values: Tensor) -> Tokens:
    """A feature map (b, width, h, w) as h · w tokens, row by row."""
    return Tokens(values.flatten(2).transpose(1, 2), None, tuple(values.shape[2:]))


class Encoder(nn.Module):
    """Base of encoders. `width` is the width of a token; `grid` is the layout of the n tokens.

    `grid` decides the fixed positions a tokenizer adds: (h, w) a feature map, (t,) a sequence in time, () a
    set.

    What all of them promise (tests/engine/encoders/test_encoder_contract.py): a sample's tokens depend on
    that sample alone (in `eval` mode) and not on what stands in its padding; what they draw in training comes
    from torch's global generator, which the trainer seeds for every step, and in `eval` mode they draw
    nothing; every weight that learns gets a gradient from valid tokens; a state dict fits into an encoder
    built from the same settings and modality; what they cannot read they refuse when they are built.
    """

    width: int
    grid: tuple[int, ...] = ()

    @abstractmethod
    def forward(self, samples: Samples) -> Tokens:
        """Tokens of a batch; images arrive as normalised floats (b, c, h, w)."""


def build_encoder(settings: EncoderSettings, modality: Modality) -> Encoder:
    """The encoder that the settings name, for items of this shape; raises `EncoderError` where the two do not
    fit.

    That an encoder reads the modality's kind is checked here, by what its settings say that it reads.
    """
    if modality.kind not in settings.READS:
        others = [name for name, other in members_of(EncoderSettings).items() if modality.kind in other.READS]
        raise EncoderError(
            f"{settings.name} reads {in_words(settings.READS)}; modality '{modality.name}' is "
            f"{'an' if modality.kind == 'image' else 'a'} {modality.kind}, which {', '.join(others)} read"
        )
    return importlib.import_module(f"engine.encoders.{settings.name}").build(settings, modality)  # type: ignore[no-any-return]
