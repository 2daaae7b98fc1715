"""The ten textures of Trifeature, as periodic tiles: 1 where the colour shows, 0 where the shape is dark."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Grid = NDArray[np.float64]
Mask = NDArray[np.bool_]

TILE = 256
"""Samples along each side of a tile."""
NOISE_CELLS = 8
NOISE_SEED = 1


def _centred(u: Grid, v: Grid) -> tuple[Grid, Grid]:
    return u - 0.5, v - 0.5


def solid(u: Grid, v: Grid) -> Mask:
    """Colour everywhere."""
    return np.ones(u.shape, bool)


def stripes(u: Grid, v: Grid) -> Mask:
    """Straight bands, half colour, half dark."""
    return u < 0.5


def grid(u: Grid, v: Grid) -> Mask:
    """Lines in two directions around dark squares."""
    return (u < 0.28) | (v < 0.28)


def hexgrid(u: Grid, v: Grid) -> Mask:
    """A honeycomb of lines; the tile is √3 periods high and holds two cells."""
    x, y = u, v * math.sqrt(3)
    corners = [(float(i), float(j)) for i in (-1, 0, 1, 2) for j in (0, 1)]
    middles = [(i + 0.5, j + 0.5) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    distances = np.sort(
        np.stack([np.hypot(x - i, y - j * math.sqrt(3)) for i, j in corners + middles]), axis=0
    )
    edge: Mask = distances[1] - distances[0] < 0.26
    return edge


def dots(u: Grid, v: Grid) -> Mask:
    """Discs in rows."""
    x, y = _centred(u, v)
    inside: Mask = np.hypot(x, y) < 0.33
    return inside


def noise(u: Grid, v: Grid) -> Mask:
    """Square cells that are colour or dark without an order, half of them each."""
    cells: Mask = np.arange(NOISE_CELLS**2) % 2 == 0
    np.random.default_rng(NOISE_SEED).shuffle(cells)
    shown: Mask = cells.reshape(NOISE_CELLS, NOISE_CELLS)[
        (v * NOISE_CELLS).astype(int), (u * NOISE_CELLS).astype(int)
    ]
    return shown


def triangles(u: Grid, v: Grid) -> Mask:
    """Filled triangles in rows."""
    x, y = _centred(u, v)
    return (y < 0.4) & (np.abs(x) < (y + 0.45) * 0.55)


def zigzags(u: Grid, v: Grid) -> Mask:
    """Bands that turn by right angles, half colour, half dark."""
    return (v + np.abs(u - 0.5)) % 1.0 < 0.5


def rain(u: Grid, v: Grid) -> Mask:
    """Short slanted strokes, staggered."""
    strokes = [(0.0, 0.0), (0.5, 0.5)]
    mask = np.zeros(u.shape, bool)
    for du, dv in strokes:
        along, across = (v - dv) % 1.0, (u - du) % 1.0
        mask |= (along < 0.62) & (np.abs((across - 0.25 + 0.15 * (along - 0.31) + 0.5) % 1.0 - 0.5) < 0.1)
    return mask


def pluses(u: Grid, v: Grid) -> Mask:
    """Plus signs in rows."""
    x, y = np.abs(u - 0.5), np.abs(v - 0.5)
    return ((x < 0.12) & (y < 0.38)) | ((y < 0.12) & (x < 0.38))


PATTERNS: tuple[Callable[[Grid, Grid], Mask], ...] = (
    solid,
    stripes,
    grid,
    hexgrid,
    dots,
    noise,
    triangles,
    zigzags,
    rain,
    pluses,
)
TEXTURES = tuple(pattern.__name__ for pattern in PATTERNS)
HEIGHTS = np.array([math.sqrt(3) if pattern is hexgrid else 1.0 for pattern in PATTERNS])
"""Height of each tile in periods; the width is one period."""


def texture_tiles(period: float) -> NDArray[np.float32]:
    """All tiles, (10, TILE, TILE) in [0, 1], v along the first and u along the second axis, softened for this
    period in px.

    A Gaussian of 0.4 px takes away what finer patterns than the pixels would alias to.
    """
    centres = (np.arange(TILE) + 0.5) / TILE
    u, v = np.meshgrid(centres, centres)
    masks = np.stack([pattern(u, v) for pattern in PATTERNS]).astype(np.float64)
    cycles = np.fft.fftfreq(TILE, 1 / TILE)
    across = np.exp(-2 * (math.pi * 0.4 * cycles / period) ** 2)
    down = np.exp(-2 * (math.pi * 0.4 * cycles / (period * HEIGHTS[:, None])) ** 2)
    return np.fft.ifft2(np.fft.fft2(masks) * across * down[:, :, None]).real.clip(0, 1).astype(np.float32)
