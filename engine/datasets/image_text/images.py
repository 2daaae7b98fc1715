"""Images on disk, decoded when asked for: nothing that is no JPEG or PNG, or has too many pixels, is ever
decoded."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.dataset import DatasetError

MOST_PIXELS = 50_000_000
MOST_FILE_BYTES = 100_000_000
MOST_ASPECT = 100
"""Of the longer side to the shorter, which is brought to the side asked for: 1 × 65,000 px would become
gigabytes."""
FORMATS = ("JPEG", "PNG")
NAMED = 5


def confined(folder: Path, name: object) -> Path | None:
    """folder/name if that stays inside the folder, links followed; else None."""
    if not isinstance(name, str) or not name or len(name) > 255 or "\0" in name:
        return None
    file = folder / name
    inside = os.path.realpath(file).startswith(os.path.join(os.path.realpath(folder), ""))
    return file if inside else None


def read_image(file: Path, side: int, *, only_look: bool = False) -> NDArray[np.uint8]:
    """The image (3, side, side) uint8: its shorter side resized to `side`, then the centre. `only_look`:
    header alone, empty.

    Raises `DatasetError` with the file's name for one that is missing, broken, of another format or too
    large.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        if file.stat().st_size > MOST_FILE_BYTES:
            raise DatasetError(
                f"{file.name} has {file.stat().st_size / 1e6:,.0f} MB; at most {MOST_FILE_BYTES / 1e6:.0f} "
                "are read"
            )
        content = b"" if only_look else file.read_bytes()
        with Image.open(file if only_look else io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > MOST_PIXELS:
                raise DatasetError(
                    f"{file.name} has {width:,} × {height:,} pixels; at most {MOST_PIXELS / 1e6:.0f} "
                    "million are read"
                )
            if max(width, height) > MOST_ASPECT * min(width, height):
                raise DatasetError(
                    f"{file.name} has {width:,} × {height:,} pixels; allowed is {MOST_ASPECT} : 1"
                )
            if only_look:
                return np.empty((3, 0, 0), np.uint8)
            scale = side / min(width, height)
            image.draft("RGB", (2 * side, 2 * side))  # JPEGs are decoded no finer than is needed
            resized = image.convert("RGB").resize(
                (max(side, round(width * scale)), max(side, round(height * scale))), Image.Resampling.BICUBIC
            )
    except UnidentifiedImageError:
        raise DatasetError(f"{file.name} is no JPEG or PNG image") from None
    except FileNotFoundError:
        raise DatasetError(f"{file.name} is missing") from None
    except Image.DecompressionBombError:
        raise DatasetError(
            f"{file.name} has too many pixels; at most {MOST_PIXELS / 1e6:.0f} million are read"
        ) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:  # Pillow tells broken files by any of these
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(
            f"{file.name} is broken: {(str(error) or 'it cannot be decoded').splitlines()[0][:100]}"
        ) from None
    left, top = (resized.width - side) // 2, (resized.height - side) // 2
    pixels = np.asarray(resized.crop((left, top, left + side, top + side)))
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def broken_images(files: Sequence[Path], side: int, *, decode: bool) -> dict[int, str]:
    """Position → what is wrong, for every image that cannot be used; without `decode` only headers are
    read."""
    broken = {}
    for position, file in enumerate(files):
        try:
            read_image(file, side, only_look=not decode)
        except DatasetError as error:
            broken[position] = str(error)
    return broken


def told(broken: dict[int, str], total: int) -> str:
    """One line that counts the broken images and names the first few."""
    named = "; ".join(list(broken.values())[:NAMED])
    return (
        f"{len(broken):,} of {total:,} images cannot be used: {named}{'; …' if len(broken) > NAMED else ''}"
    )


class ImageFiles:
    """Images (n, 3, side, side) uint8, read when asked for."""

    def __init__(self, files: Sequence[Path], side: int) -> None:
        self._files, self._side = list(files), side

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, rows: Tensor, /) -> Tensor:
        return torch.from_numpy(np.stack([read_image(self._files[row], self._side) for row in rows.tolist()]))
