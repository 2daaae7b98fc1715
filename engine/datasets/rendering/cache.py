"""Rendered images kept in one file a size and seed, written at once or not at all, and checked before it is
believed."""

import os
import tempfile
import zlib
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from engine.errors import DatasetError

VERSION = 1
"""Counts changes of the pictures; files of another version are left alone."""


def cache_file(home: Path, size: int, seed: int) -> Path:
    """Where the images of this size and seed are kept."""
    return home / "rendered" / f"trifeature-v{VERSION}-{size}px-seed{seed}.safetensors"


def read_images(file: Path, features: NDArray[np.int64], size: int) -> Tensor | None:
    """The images (n, 3, size, size) uint8 of these features, mapped from the file; None if it is not whole or
    not of them."""
    try:
        with safe_open(file, framework="pt") as content:
            crc = (content.metadata() or {}).get("crc32")
            images, kept = content.get_tensor("images"), content.get_tensor("features")
    except (OSError, SafetensorError):
        return None
    expected = (len(features), 3, size, size)
    if (
        images.dtype != torch.uint8
        or tuple(images.shape) != expected
        or not np.array_equal(kept.numpy(), features)
    ):
        return None
    return images if crc == _checksum(images) else None


def write_images(file: Path, images: Tensor, features: NDArray[np.int64]) -> None:
    """Keep the images; raises `DatasetError` when the disk does not take them, and leaves nothing
    half-written."""
    temporary = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=file.stem, suffix=".part", dir=file.parent)
        os.close(handle)
        tensors = {"images": images, "features": torch.from_numpy(features)}
        save_file(tensors, temporary, metadata={"crc32": _checksum(images)})
        os.replace(temporary, file)
    except (OSError, SafetensorError) as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        size = f"{images.numel() / 1e6:.0f} MB"
        raise DatasetError(
            f"the rendered images ({size}) cannot be written to {file.parent}: {error}"
        ) from None


def _checksum(images: Tensor) -> str:
    return str(zlib.crc32(images.numpy().data))
