"""What MAE reconstructs of each modality, and the light decoder that does it.

Targets come in rows, one a query of the decoder:
- an image whose encoder gives a feature map: one row a token, the patch of normalised pixels that lies where
  the token lies, averaged down to at most `patch` pixels a side (an AlexNet token of a 224 px image covers 37
  px: 4,107 values as they are);
- a sequence whose encoder gives tokens in time: one row a token, the values of its steps;
- everything else (a vector; tokens that have no place): one row, all of the values, or the image averaged to
  one patch.

Rows with a place are scored where their token was hidden, as in MAE. A row without a place is always scored:
there is no telling which of its values the hidden tokens stood for. Tokens are hidden behind their encoders,
as in every method here that fuses, so a visible token may have seen something of its hidden neighbours,
unlike in MAE, whose tokens are patches of pixels.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from engine.dataset import Modality, Samples
from engine.encoder import Encoder
from engine.nets.fusion import Block
from engine.nets.tokenizer import fixed_positions
from engine.objectives.bases.fused import module_dict


class Target(NamedTuple):
    """Rows to reconstruct (b, rows, width), and where they hold a value of the sample, not padding."""

    values: Tensor
    is_value: Tensor


class Layout(NamedTuple):
    """How one modality's samples become rows. grid: places of the rows, () for one row without a place;
    patch: px a side."""

    kind: str
    grid: tuple[int, ...]
    width: int
    patch: int = 0

    def target(self, samples: Samples) -> Target:
        """The rows of a batch, in the precision of its values."""
        values = samples.values
        if self.kind == "image":
            return _whole(_patches(values, self.grid or (1, 1), self.patch))
        rows = self.grid[0] if self.grid else 1
        target = values.reshape(len(values), rows, self.width)
        if samples.is_padding is None:
            return _whole(target)
        is_value = (~samples.is_padding)[..., None].expand(values.shape)
        return Target(target, is_value.reshape(len(values), rows, self.width))


def layout_of(modality: Modality, encoder: Encoder, largest_patch: int) -> Layout:
    """The layout of a modality's targets, by its kind and by the places that its encoder's tokens have."""
    if modality.kind == "image":
        channels, height, width = modality.shape
        grid = encoder.grid if len(encoder.grid) == 2 else ()
        rows, columns = grid or (1, 1)
        patch = max(1, min(height // rows, width // columns, largest_patch))
        return Layout("image", grid, channels * patch**2, patch)
    values = math.prod(modality.shape)
    has_places = (
        modality.kind == "sequence" and len(encoder.grid) == 1 and modality.shape[0] % encoder.grid[0] == 0
    )
    places = encoder.grid if has_places else ()
    return Layout(modality.kind, places, values // math.prod(places))


def _whole(values: Tensor) -> Target:
    return Target(values, torch.ones_like(values, dtype=torch.bool))


def _patches(images: Tensor, grid: tuple[int, ...], side: int) -> Tensor:
    """Images (b, c, h, w) averaged to patches of side × side pixels on a grid: (b, rows · columns, c ·
    side²)."""
    rows, columns = grid
    small = F.adaptive_avg_pool2d(images, (rows * side, columns * side))
    cells = small.view(*images.shape[:2], rows, side, columns, side)
    return cells.permute(0, 2, 4, 1, 3, 5).reshape(len(images), rows * columns, -1)


class Decoder(nn.Module):
    """One transformer block over [a query a row; what the fusion made of the visible tokens], then a linear
    layer a modality."""

    positions: Tensor

    def __init__(self, layouts: Mapping[str, Layout], fusion_width: int, width: int, heads: int):
        super().__init__()
        self.rows = [math.prod(layout.grid) for layout in layouts.values()]
        self.memory = nn.Linear(fusion_width, width)
        self.queries = nn.Parameter(0.02 * torch.randn(len(layouts), width))
        places = [fixed_positions(layout.grid, width) for layout in layouts.values()]
        positions = [torch.zeros(1, width) if place is None else place for place in places]
        self.register_buffer("positions", torch.cat(positions), persistent=False)
        self.block = Block(width, heads, layers=1, bias_kv=False)
        self.norm = nn.LayerNorm(width)
        self.outputs = module_dict({name: nn.Linear(width, layout.width) for name, layout in layouts.items()})

    def forward(self, fused: Tensor, is_there: Tensor) -> dict[str, Tensor]:
        """fused (b, k, d), is_there (b, k) → by modality the reconstructed rows (b, rows, width)."""
        queries = (
            torch.cat([query.expand(rows, -1) for query, rows in zip(self.queries, self.rows, strict=True)])
            + self.positions
        )
        values = torch.cat(
            [queries.expand(len(fused), -1, -1).to(fused.dtype), self.memory(fused).to(fused.dtype)], 1
        )
        log_weights = F.pad(is_there, (len(queries), 0), value=True).to(fused.dtype).log()
        decoded = torch.split(self.norm(self.block(values, log_weights, len(queries))), self.rows, 1)
        return {
            name: output(rows) for (name, output), rows in zip(self.outputs.items(), decoded, strict=True)
        }
