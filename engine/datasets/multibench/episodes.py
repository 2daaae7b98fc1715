"""Vision&Touch's episodes: one HDF5 file each, opened with every link, type and size in it checked before it
is read.

An HDF5 file may point to other files (external links and storage, virtual datasets) and may hold far more
than it is long (compressed): the first is refused, and of the second no more is read than an episode can
have.
"""

import math
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.dataset import DatasetError
from engine.files.arrays import finite_problem

MOST_STEPS = 10_000
LARGEST_SIDE = 1024
MOST_CONTACTS, MOST_CONTACT_VALUES = 10_000, 20_000_000
"""Of a step, and of all steps, which are read at once."""
LARGEST_CHUNK = 64 * 2**20
FORCE_STEPS, FORCE_AXES, PROPRIOCEPTION = 32, 6, 8
TARGET_VALUES = 4
KNOWN_FILTERS = {
    1: "gzip",
    2: "shuffle",
    3: "fletcher32",
    4: "szip",
    5: "nbit",
    6: "scale-offset",
    32000: "lzf",
}
"""HDF5's own filters and h5py's; others would be looked for as plug-ins on the machine."""
OPEN_FILES = 32


class Episode(NamedTuple):
    """What is kept of one file, for each of its steps but the last (n of them): force (n, 32, 6),
    proprioception (n, 8), and of the step after: contact_next (n,) of 0 and 1, ee_yaw_next (n, 4). image:
    (height, width)."""

    path: Path
    image: tuple[int, int]
    force: NDArray[np.float32]
    proprioception: NDArray[np.float32]
    contact_next: NDArray[np.int64]
    ee_yaw_next: NDArray[np.float32]


def episode_files(folder: Path) -> list[Path]:
    """The folder's `.h5` files by name; raises `DatasetError` where there are none, or one leads out of the
    folder."""
    if not folder.is_dir():
        raise DatasetError(f"{folder} is not a folder")
    files = sorted(folder.glob("*.h5"))
    if not files:
        raise DatasetError(f"{folder} holds no .h5 files")
    inside = folder.resolve()
    for file in files:
        if not file.resolve().is_relative_to(inside):
            raise DatasetError(f"{file.name} leads out of {folder}; put the file itself there")
    return files


@contextmanager
def hdf5_errors(path: Path) -> Iterator[None]:
    """h5py's errors as `DatasetError` with the file's name."""
    try:
        yield
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, DatasetError):
            raise
        said = str(error).strip("'\"").splitlines() or ["nothing is said"]
        raise DatasetError(f"{path.name} is no whole HDF5 file: {said[0][:150]}") from None


def read_episode(path: Path, most_bytes: int) -> Episode:
    """One file without its images; raises `DatasetError`, one line, for whatever is not as published."""
    import h5py

    with hdf5_errors(path):
        size = path.stat().st_size
        if size > most_bytes:
            raise DatasetError(f"{path.name} has {size / 1e9:,.2f} GB; {most_bytes / 1e9:g} GB are allowed")
        with h5py.File(path, "r") as file:
            image = checked(file, "image", path)
            steps = image.shape[0] if image.ndim else 0
            if image.ndim != 4 or image.dtype != np.uint8 or 3 not in (image.shape[1], image.shape[3]):
                _refuse(
                    path, "image", image, "(steps, height, width, 3) or (steps, 3, height, width) of uint8"
                )
            side = image.shape[2:] if image.shape[1] == 3 else image.shape[1:3]
            if not 2 <= steps <= MOST_STEPS or not 1 <= min(side) <= max(side) <= LARGEST_SIDE:
                _refuse(
                    path, "image", image, f"2 to {MOST_STEPS:,} steps of at most {LARGEST_SIDE} px a side"
                )
            force = checked(file, "ee_forces_continuous", path)
            if (
                force.ndim != 3
                or force.shape[0] != steps
                or force.shape[1] < FORCE_STEPS
                or force.shape[2] != FORCE_AXES
            ):
                _refuse(
                    path, "ee_forces_continuous", force, f"({steps}, {FORCE_STEPS} or more, {FORCE_AXES})"
                )
            state = checked(file, "proprio", path)
            if state.ndim != 2 or state.shape[0] != steps or state.shape[1] < PROPRIOCEPTION:
                _refuse(path, "proprio", state, f"({steps}, {PROPRIOCEPTION} or more)")
            contact = checked(file, "contact", path)
            if (
                contact.ndim not in (1, 2)
                or contact.shape[0] != steps
                or not 1 <= math.prod(contact.shape[1:]) <= MOST_CONTACTS
                or contact.size > MOST_CONTACT_VALUES
            ):
                most = min(MOST_CONTACTS, MOST_CONTACT_VALUES // steps)
                _refuse(path, "contact", contact, f"({steps}, up to {most:,})")
            touched = _values(path, "contact", contact[()]).reshape(steps, -1).max(1) > 0
            forces = _values(path, "ee_forces_continuous", force[:, -FORCE_STEPS:])
            states = _values(path, "proprio", state[:, :PROPRIOCEPTION])
    return Episode(
        path,
        (int(side[0]), int(side[1])),
        np.tanh(forces[:-1]),
        states[:-1],
        np.asarray(touched[1:], np.int64),
        states[1:, :TARGET_VALUES],
    )


def checked(file: Any, name: str, path: Path) -> Any:
    """The dataset of that name, if it is of numbers that stand in this file; else raises `DatasetError`."""
    import h5py

    link = file.get(name, getlink=True)
    if link is None:
        raise DatasetError(f"{path.name} has no '{name}'; it has {', '.join(sorted(file)[:20]) or 'nothing'}")
    if not isinstance(link, h5py.HardLink):
        raise DatasetError(f"{path.name}: '{name}' is a link to elsewhere; the data must stand in the file")
    array = file[name]
    if not isinstance(array, h5py.Dataset):
        raise DatasetError(f"{path.name}: '{name}' is a group; an array is expected")
    if array.external or array.is_virtual:
        raise DatasetError(f"{path.name}: '{name}' is kept in another file; the data must stand in this one")
    if array.shape is None or array.dtype.kind not in "fiub":
        raise DatasetError(f"{path.name}: '{name}' holds {array.dtype}; numbers are expected")
    if array.chunks and math.prod(array.chunks) * array.dtype.itemsize > LARGEST_CHUNK:
        raise DatasetError(
            f"{path.name}: '{name}' is stored in pieces of {array.chunks}; at most 64 MiB each are read"
        )
    properties = array.id.get_create_plist()
    filters = {properties.get_filter(i)[0] for i in range(properties.get_nfilters())}
    if not filters <= set(KNOWN_FILTERS):
        raise DatasetError(
            f"{path.name}: '{name}' is compressed by filter {max(filters)}; known are "
            f"{', '.join(KNOWN_FILTERS.values())}"
        )
    return array


def _refuse(path: Path, name: str, array: Any, expected: str) -> None:
    raise DatasetError(
        f"{path.name}: '{name}' has the shape {array.shape} of {array.dtype}; expected is {expected}"
    )


def _values(path: Path, name: str, values: NDArray[Any]) -> NDArray[np.float32]:
    problem = finite_problem(values)
    if problem:
        raise DatasetError(f"{path.name}: '{name}' {problem}")
    return values.astype(np.float32)


class EpisodeImages:
    """Images (n, 3, h, w) uint8 of all episodes' steps but the last, read when asked for; a few files stay
    open."""

    def __init__(self, episodes: list[Episode]) -> None:
        self._paths = [episode.path for episode in episodes]
        self._starts = np.cumsum([0, *(len(episode.force) for episode in episodes)])
        self._open: OrderedDict[int, Any] = OrderedDict()

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, rows: Tensor, /) -> Tensor:
        wanted = rows.numpy()
        owners = np.searchsorted(self._starts, wanted, side="right") - 1
        images: list[Any] = [None] * len(wanted)
        for place in np.argsort(owners, kind="stable").tolist():  # every file is visited once
            images[place] = self._read(int(owners[place]), int(wanted[place] - self._starts[owners[place]]))
        return torch.from_numpy(np.stack(images))

    def _read(self, owner: int, step: int) -> NDArray[np.uint8]:
        with hdf5_errors(self._paths[owner]):
            image = np.asarray(self._file(owner)["image"][step])
        channels_first = image if image.shape[0] == 3 else image.transpose(2, 0, 1)
        return np.ascontiguousarray(channels_first)

    def _file(self, owner: int) -> Any:
        import h5py

        if owner not in self._open:
            self._open[owner] = h5py.File(self._paths[owner], "r")
            if len(self._open) > OPEN_FILES:
                self._open.popitem(last=False)[1].close()
        self._open.move_to_end(owner)
        return self._open[owner]
