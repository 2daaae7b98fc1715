"""Pictures of samples as PNG: images as they are, vectors and sequences as heat maps, hidden tokens as
covered patches.

Works on NumPy arrays and imports neither torch nor Streamlit; Pillow only inside the functions.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Hidden = NDArray[np.bool_]
SIDE = 144
"""Pixels that a picture's longer side has at least; smaller ones are enlarged by a whole factor."""
COVER = (38, 62, 70)
"""Dark petrol of a hidden token, told apart from every picture by its bars."""
BAR = (70, 98, 106)
KEPT = (217, 84, 30)
LOW, MIDDLE, HIGH = (11, 96, 116), (240, 243, 243), (180, 83, 9)
LABEL = (122, 138, 140)


def image_pixels(values: NDArray[np.uint8], hidden: Hidden | None = None) -> Pixels:
    """An image (c, h, w) as (h′, w′, 3), enlarged; with `hidden` (rows, columns) those patches of its token
    grid covered.

    Where the tokens are a set, `hidden` (tokens,), a strip below has a cell for each.
    """
    pixels = _enlarged(
        np.moveaxis(np.repeat(values, 3, axis=0) if values.shape[0] == 1 else values[:3], 0, -1)
    )
    if hidden is not None and hidden.ndim == 1:
        return np.concatenate([pixels, _strip(hidden, pixels.shape[1])])
    return cover(pixels, hidden)


def vector_pixels(values: NDArray[np.floating[Any]], scale: float, hidden: Hidden | None = None) -> Pixels:
    """A vector (d,) as a heat map of near-square shape, its features in reading order; below it a strip with
    a cell a token, grey where hidden: a token of a vector stands for no part of the picture."""
    columns = int(np.ceil(np.sqrt(len(values))))
    grid = np.full(columns * -(-len(values) // columns), np.nan)
    grid[: len(values)] = values
    pixels = _enlarged(heat(grid.reshape(-1, columns), scale))
    return pixels if hidden is None else np.concatenate([pixels, _strip(hidden.ravel(), pixels.shape[1])])


def sequence_pixels(values: NDArray[np.floating[Any]], scale: float, hidden: Hidden | None = None) -> Pixels:
    """A sequence (t, d) as a heat map, time from left to right, one row a feature; hidden steps are
    covered."""
    return cover(_enlarged(heat(values.T, scale)), None if hidden is None else hidden.reshape(1, -1))


def heat(values: NDArray[np.floating[Any]], scale: float) -> Pixels:
    """Colours (…, 3) of values: blue for −scale, near white for 0, orange for +scale; transparent white where
    missing."""
    share = np.clip(np.nan_to_num(values) / max(scale, 1e-12), -1, 1)[..., None]
    ends = np.where(share < 0, np.array(LOW), np.array(HIGH))
    colours = np.array(MIDDLE) + np.abs(share) * (ends - np.array(MIDDLE))
    colours[np.isnan(values)] = 255
    rounded: Pixels = colours.round().astype(np.uint8)
    return rounded


def cover(pixels: Pixels, hidden: Hidden | None) -> Pixels:
    """The picture with patches of a grid (rows, columns) covered by grey with diagonal bars."""
    if hidden is None:
        return pixels
    height, width = pixels.shape[:2]
    rows = np.arange(height) * hidden.shape[0] // height
    columns = np.arange(width) * hidden.shape[1] // width
    bars = (np.arange(height)[:, None] + np.arange(width)) % 8 < 2
    covered = np.where(bars[..., None], np.array(BAR, np.uint8), np.array(COVER, np.uint8))
    shown: Pixels = np.where(hidden[rows][:, columns][..., None], covered, pixels)
    return shown


def _strip(hidden: Hidden, width: int) -> Pixels:
    """A row of cells, one a token, under a white gap."""
    cells = np.where(
        hidden[np.arange(width) * len(hidden) // width][:, None], np.array(COVER), np.array(KEPT)
    )
    edges = np.diff(np.arange(width) * len(hidden) // width, prepend=0) > 0
    cells[edges] = 255
    return np.concatenate([np.full((6, width, 3), 255), np.repeat(cells[None], 12, axis=0)]).astype(np.uint8)


def _enlarged(pixels: Pixels) -> Pixels:
    factor = max(1, -(-SIDE // max(pixels.shape[:2])))
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def save(pixels: Pixels, file: Path) -> str:
    """Writes a PNG and returns its name."""
    from PIL import Image

    Image.fromarray(np.ascontiguousarray(pixels)).save(file, optimize=True)
    return file.name


def save_sheet(images: NDArray[np.uint8], rows: Sequence[str], columns: Sequence[str], file: Path) -> str:
    """A contact sheet of images (rows, columns, 3, h, w) with names at its rows and columns; returns the
    file's name."""
    from PIL import Image, ImageDraw, ImageFont

    side, left, top = images.shape[-1], 96, 26
    sheet = Image.new("RGBA", (left + len(columns) * (side + 4), top + len(rows) * (side + 4)))
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=15)
    for column, name in enumerate(columns):
        draw.text((left + column * (side + 4) + side / 2, top - 8), name, LABEL, font, anchor="ms")
    for row, name in enumerate(rows):
        middle = top + row * (side + 4) + side / 2
        draw.text((left - 10, middle), name, LABEL, font, anchor="rm")
        for column in range(len(columns)):
            tile = Image.fromarray(np.ascontiguousarray(np.moveaxis(images[row, column], 0, -1)))
            sheet.paste(tile, (left + column * (side + 4), top + row * (side + 4)))
    sheet.save(file, optimize=True)
    return file.name
