"""Trifeature's images: a shape of one colour and texture, turned, somewhere on grey; many at once, at any
size."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.datasets.rendering.shapes import EXTENT, SHAPES, shape_templates
from engine.datasets.rendering.textures import HEIGHTS, TEXTURES, TILE, texture_tiles

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (1.0, 0.0, 0.0),
    "green": (0.0, 0.8, 0.0),
    "blue": (0.1, 0.1, 1.0),
    "yellow": (1.0, 1.0, 0.0),
    "pink": (1.0, 0.55, 0.8),
    "cyan": (0.0, 1.0, 1.0),
    "purple": (0.6, 0.0, 0.8),
    "ocean": (0.0, 0.5, 0.65),
    "orange": (1.0, 0.5, 0.0),
    "white": (1.0, 1.0, 1.0),
}
REFERENCE_SIDE = 224
TEMPLATE = 128
"""Side of a shape's square at the reference side, px; it scales with the image."""
PERIOD = 10.0
"""Period of the textures at the reference side, px. It grows with larger images and stays in smaller ones,
where a smaller one could not be told apart."""
GREY = 0.5
TURN = math.radians(45)
OVERSAMPLING = 4
"""Samples of a template per pixel."""
CHUNK = 8


class Poses(NamedTuple):
    """How n images show their features: centres (n, 2) in px, turns of shape and texture in radians (n,), and
    where in its tile the texture starts, (n, 2) in tiles."""

    centres: NDArray[np.float32]
    shape_turns: NDArray[np.float32]
    texture_turns: NDArray[np.float32]
    texture_starts: NDArray[np.float32]


def template_side(size: int) -> float:
    """Side of a shape's square in an image of this size, px."""
    return TEMPLATE * size / REFERENCE_SIDE


def draw_poses(n: int, size: int, generator: np.random.Generator) -> Poses:
    """Turns uniform in ±45°, centres uniform among those that keep the turned square inside the image."""
    shape_turns, texture_turns = generator.uniform(-TURN, TURN, (2, n))
    margin = template_side(size) / 2 * (np.cos(shape_turns) + np.abs(np.sin(shape_turns)))
    centres = margin[:, None] + generator.random((n, 2)) * (size - 2 * margin)[:, None]
    starts = generator.random((n, 2))
    return Poses(*(values.astype(np.float32) for values in (centres, shape_turns, texture_turns, starts)))


class Tables(NamedTuple):
    """What pixels look up: templates (10 · resolution²,) with `finer` samples per pixel, tiles (10 · TILE²,),
    period in px."""

    templates: NDArray[np.float32]
    resolution: int
    finer: float
    tiles: NDArray[np.float32]
    period: float


def make_tables(size: int) -> Tables:
    """The tables for images of this size."""
    side = template_side(size)
    resolution = round(OVERSAMPLING * EXTENT * side)
    finer = resolution / (EXTENT * side)
    period = PERIOD * max(1.0, size / REFERENCE_SIDE)
    return Tables(
        shape_templates(resolution, finer).ravel(), resolution, finer, texture_tiles(period).ravel(), period
    )


def render(features: NDArray[np.int64], size: int, generator: np.random.Generator) -> NDArray[np.uint8]:
    """Images (n, 3, size, size) of features (n, 3): shape, colour, texture, each 0 … 9 in the order of
    `NAMES`.

    Every pixel of the square around a shape looks up the shape's template and the texture's tile at its own
    coordinates there; both are finer than the pixels and soft at their edges, which makes the edges smooth.
    """
    poses, tables = draw_poses(len(features), size, generator), make_tables(size)
    colours = 255 * np.array(list(COLOURS.values()), np.float32)
    images = np.full((len(features), 3, size, size), round(255 * GREY), np.uint8)
    patch = min(size, math.ceil(template_side(size) * math.sqrt(2)) + 2)
    for start in range(0, len(features), CHUNK):
        part = slice(start, start + CHUNK)
        shape, colour, texture = features[part].T
        pose = Poses(*(values[part] for values in poses))
        corners = np.clip(np.floor(pose.centres - patch / 2), 0, size - patch).astype(np.int64)
        offsets = corners + 0.5 - pose.centres  # of the patch's first pixel from the shape's centre
        cover = _cover(tables, shape, pose, offsets, patch)
        shown = _texture(tables, texture, pose, offsets, patch) * cover
        ground = np.float32(255 * GREY) * (1 - cover) + np.float32(0.5)  # + 0.5: cutting off then rounds
        for row, (x, y) in enumerate(corners):
            place = images[start + row, :, y : y + patch, x : x + patch]
            place[:] = ground[row] + colours[colour[row]][:, None, None] * shown[row]
    return images


def _cover(
    tables: Tables, shape: NDArray[np.int64], pose: Poses, offsets: NDArray[np.float64], patch: int
) -> NDArray[np.float32]:
    """How much of each pixel (k, patch, patch) the shape covers."""
    u, v = _turned(offsets, pose.shape_turns, patch, tables.finer)
    last = tables.resolution - 1
    column, row = (np.clip(axis + tables.resolution / 2, 0, last).astype(np.int32) for axis in (u, v))
    return tables.templates[_index(row, column, tables.resolution, shape)]


def _texture(
    tables: Tables, texture: NDArray[np.int64], pose: Poses, offsets: NDArray[np.float64], patch: int
) -> NDArray[np.float32]:
    """How much of the colour the texture shows at each pixel (k, patch, patch)."""
    u, v = _turned(offsets, pose.texture_turns, patch, TILE / tables.period)
    v /= HEIGHTS[texture].astype(np.float32)[:, None, None]
    starts = TILE * (pose.texture_starts + FAR)[:, :, None, None]
    column, row = ((axis + starts[:, i]).astype(np.int32) % TILE for i, axis in enumerate((u, v)))
    return tables.tiles[_index(row, column, TILE, texture)]


FAR = 64
"""Tiles added so that no coordinate is negative: cutting off then rounds down."""


def _turned(
    offsets: NDArray[np.float64], turns: NDArray[np.float32], patch: int, scale: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Coordinates (k, patch, patch) of pixels in a frame turned by `turns` (k,), times `scale`."""
    steps = np.arange(patch, dtype=np.float32)
    x, y = (offsets[:, axis, None].astype(np.float32) + steps for axis in (0, 1))
    cosine, sine = (np.float32(scale) * function(turns)[:, None] for function in (np.cos, np.sin))
    u = (cosine * x)[:, None, :] + (sine * y)[:, :, None]
    v = (cosine * y)[:, :, None] - (sine * x)[:, None, :]
    return u, v


def _index(
    row: NDArray[np.int32], column: NDArray[np.int32], width: int, layer: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Flat positions in a stack of square tables."""
    row *= width
    row += column
    row += (layer * width * width).astype(np.int32)[:, None, None]
    return row


NAMES = (tuple(SHAPES), tuple(COLOURS), TEXTURES)
"""Names of the shapes, the colours and the textures."""
