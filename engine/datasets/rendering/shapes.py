"""The ten shapes of Trifeature, as outlines in the square [−1, 1]², y downwards, and as signed distances from
them."""

import math

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Corners (n, 2) in order."""


def regular(corners: int, inner: float = 1.0) -> Points:
    """A polygon of radius 1 with its first corner on top; every second corner lies at radius `inner`."""
    angles = 2 * math.pi * np.arange(corners) / corners
    radii = np.where(np.arange(corners) % 2, inner, 1.0)
    corners_at: Points = radii[:, None] * np.stack([np.sin(angles), -np.cos(angles)], 1)
    return corners_at


def rectangle(left: float, top: float, right: float, bottom: float) -> Points:
    """An upright rectangle."""
    return np.array([(left, top), (right, top), (right, bottom), (left, bottom)])


ARM = 0.34
"""Half the width of the arms of the plus, and of the stem of the tee."""

THIRD = 1 / 3
SHAPES: dict[str, tuple[Points, ...]] = {
    "triangle": (np.array([(0.0, -0.95), (1.0, 0.8), (-1.0, 0.8)]),),
    "square": (rectangle(-0.8, -0.8, 0.8, 0.8),),
    "plus": (rectangle(-ARM, -1.0, ARM, 1.0), rectangle(-1.0, -ARM, 1.0, ARM)),
    "circle": (regular(72) * 0.95,),
    "tee": (rectangle(-1.0, -0.95, 1.0, -0.3), rectangle(-ARM, -0.95, ARM, 0.95)),
    "rhombus": (np.array([(0.0, -1.0), (0.6, 0.0), (0.0, 1.0), (-0.6, 0.0)]),),
    "pentagon": (regular(5),),
    "star": (regular(10, inner=0.42),),
    "fivesquare": (
        rectangle(-1.0, -1.0, -THIRD, -THIRD),
        rectangle(THIRD, -1.0, 1.0, -THIRD),
        rectangle(-THIRD, -THIRD, THIRD, THIRD),
        rectangle(-1.0, THIRD, -THIRD, 1.0),
        rectangle(THIRD, THIRD, 1.0, 1.0),
    ),
    "trapezoid": (np.array([(-0.45, -0.6), (0.45, -0.6), (1.0, 0.6), (-1.0, 0.6)]),),
}
"""Name → the polygons whose union is the shape."""


EXTENT = 1.08
"""Templates reach a little past the square, so that their border is empty."""


def shape_templates(resolution: int, softness: float) -> NDArray[np.float32]:
    """Coverage in [0, 1] of every shape, (10, resolution, resolution), at the centres of a grid over
    [−EXTENT, EXTENT]².

    softness: width of the transition at the edge, in samples; a pixel's width gives anti-aliased edges.
    """
    centres = EXTENT * ((np.arange(resolution) + 0.5) * (2 / resolution) - 1)
    x, y = np.meshgrid(centres, centres)
    distances = np.stack(
        [np.minimum.reduce([signed_distance(p, x, y) for p in parts]) for parts in SHAPES.values()]
    )
    return np.clip(0.5 - distances * (resolution / (2 * EXTENT) / softness), 0.0, 1.0).astype(np.float32)


def signed_distance(corners: Points, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of the points (x, y) from the outline of a polygon, negative inside (even-odd rule)."""
    squared = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        ex, ey = bx - ax, by - ay
        along = np.clip(((x - ax) * ex + (y - ay) * ey) / (ex * ex + ey * ey), 0.0, 1.0)
        squared = np.minimum(squared, (x - ax - along * ex) ** 2 + (y - ay - along * ey) ** 2)
        if ey != 0.0:
            crosses = ((y < ay) != (y < by)) & (x < ax + (y - ay) * (ex / ey))
            inside ^= crosses
    distance: NDArray[np.float64] = np.where(inside, -1.0, 1.0) * np.sqrt(squared)
    return distance
