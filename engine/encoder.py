"""What an encoder is: one modality in, tokens out. Implementations live in `engine/encoders/`, named as in
the settings."""

import importlib
from abc import abstractmethod
from typing import NamedTuple

from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.errors import UserError
from engine.settings.encoder import EncoderSettings


class EncoderError(UserError):
    """An encoder that cannot read a modality; the message is one line with what came and what is allowed."""


class Tokens(NamedTuple):
    """values (b, n, width) and is_padding (b, n), True where a token stands for padding; None means no
    padding."""

    values: Tensor
    is_padding: Tensor | None = None


class Encoder(nn.Module):
    """Base of encoders. `width` is the width of a token; `grid` is the layout of the n tokens.

    `grid` decides the fixed positions a tokenizer adds: (h, w) a feature map, (t,) a sequence in time, () a
    set.
    """

    width: int
    grid: tuple[int, ...] = ()

    @abstractmethod
    def forward(self, samples: Samples) -> Tokens:
        """Tokens of a batch; images arrive as normalised floats (b, c, h, w)."""


def build_encoder(settings: EncoderSettings, modality: Modality) -> Encoder:
    """The encoder that the settings name, for items of this shape; raises `EncoderError` where the two do not
    fit."""
    return importlib.import_module(f"engine.encoders.{settings.name}").build(settings, modality)  # type: ignore[no-any-return]
