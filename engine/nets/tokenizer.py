"""Tokenizers: an encoder's tokens brought to the fusion's width, with fixed sine-cosine positions
(docs/method.md#encoder-and-fusion)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.dataset import Samples
from engine.encoder import Encoder, Tokens

LONGEST_PERIOD = 10_000.0


def _waves(positions: Tensor, frequencies: int) -> tuple[Tensor, Tensor]:
    """Sines and cosines (n, frequencies) of position × 10000^(−k/frequencies)."""
    rates = LONGEST_PERIOD ** (-torch.arange(frequencies, dtype=torch.float64) / frequencies)
    angles = positions.double()[:, None] * rates
    return angles.sin(), angles.cos()


def sequence_positions(steps: int, width: int) -> Tensor:
    """Positions (steps, width) of a sequence: sine in even columns, cosine in odd ones (Vaswani et al.,
    2017)."""
    waves = _waves(torch.arange(steps), (width + 1) // 2)
    return torch.stack(waves, -1).flatten(1)[:, :width].float()


def grid_positions(rows: int, columns: int, width: int) -> Tensor:
    """Positions (cells, width) of a feature map: [sin row, cos row, sin column, cos column], a quarter of the
    width each.

    The golden vectors decide for maps that are not square: cell k stands at (k // rows, k % rows), as in the
    public code, not at (k // columns, k % columns). Every cell still has a position of its own, and square
    maps are as one expects.
    """
    cell = torch.arange(rows * columns)
    quarter = (width + 3) // 4
    return torch.cat([*_waves(cell // rows, quarter), *_waves(cell % rows, quarter)], 1)[:, :width].float()


def fixed_positions(grid: tuple[int, ...], width: int) -> Tensor | None:
    """Positions (n, width) of a grid's n tokens: a sequence (t,), a feature map (h, w); none for a set ()."""
    match grid:
        case ():
            return None
        case (steps,):
            return sequence_positions(steps, width)
        case (rows, columns):
            return grid_positions(rows, columns, width)
    raise ValueError(f"a grid has at most 2 dimensions; got {grid}")


def resized_positions(positions: Tensor, grid: tuple[int, ...], other: tuple[int, ...]) -> Tensor:
    """Positions (h·w, width) of a feature map as those (h'·w', width) of another size: bicubic, as vision
    transformers are brought to other image sizes (Dosovitskiy et al., 2021, arXiv 2010.11929)."""
    table = positions.T.reshape(1, -1, *grid)
    return F.interpolate(table, size=other, mode="bicubic", align_corners=False).flatten(2)[0].T


class Tokenizer(nn.Module):
    """Projects tokens (a 1×1 convolution, for a feature map) and adds positions: none for a set, 1-D or 2-D
    by the grid.

    A set whose tokens already have the fusion's width passes unchanged: its encoder ends in a linear layer of
    its own.
    """

    positions: Tensor | None

    def __init__(self, encoder_width: int, width: int, grid: tuple[int, ...] = ()):
        super().__init__()
        self.projection = nn.Linear(encoder_width, width) if grid or encoder_width != width else nn.Identity()
        self.grid = grid
        self.register_buffer("positions", fixed_positions(grid, width), persistent=False)

    def forward(self, tokens: Tokens) -> Tokens:
        """Tokens (b, n, encoder width) → (b, n, width); raises ValueError where n tokens have no place on the
        grid."""
        values = self.projection(tokens.values)
        if self.positions is not None:
            values = values + self._positions_of(values.shape[1], tokens.grid or self.grid, self.positions)
        return Tokens(values, tokens.is_padding)

    def _positions_of(self, n: int, grid: tuple[int, ...], positions: Tensor) -> Tensor:
        """The first n of a sequence, shorter or longer than usual; of a feature map of another size, resized
        ones."""
        if len(self.grid) == 1:
            longer = n > len(positions)
            return sequence_positions(n, positions.shape[1]).to(positions) if longer else positions[:n]
        if len(grid) != 2 or math.prod(grid) != n:
            usual = " × ".join(map(str, self.grid))
            raise ValueError(
                f"{n} tokens have no place on a feature map of {usual}; the encoder names no other"
            )
        return positions if grid == self.grid else resized_positions(positions, self.grid, grid)


class FeatureTokenizer(nn.Module):
    """One token a feature, for tables: value × learned weight + learned bias, (b, n) → (b, n, width)."""

    def __init__(self, features: int, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(features, width) * width**-0.5)
        self.bias = nn.Parameter(torch.zeros(features, width))

    def forward(self, samples: Samples) -> Tokens:
        return Tokens(samples.values[..., None] * self.weight + self.bias)


def build_tokenizer(encoder: Encoder, width: int) -> Tokenizer:
    """The tokenizer that follows an encoder."""
    return Tokenizer(encoder.width, width, encoder.grid)


def mean_token(tokens: Tokens) -> Tensor:
    """Mean (b, width) over a sample's tokens, padding excluded; zero where all is padding."""
    if tokens.is_padding is None:
        return tokens.values.mean(1)
    valid = (~tokens.is_padding)[..., None].to(tokens.values.dtype)
    return (tokens.values * valid).sum(1) / valid.sum(1).clamp(min=1)
