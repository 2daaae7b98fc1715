"""Which published data sets are there, where their files are expected, how one gets them, and what is wrong
with one.

Looks at names, sizes and first bytes, and reads nothing large: the data page asks on every visit. Imports no
torch.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import DatasetError
from engine.settings.published_dataset import ExpectedFile, PublishedSettings

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class LookedAt:
    """A file or folder of a data set: whether it is there, its bytes (a folder's: None), and what is wrong
    with it."""

    path: Path
    holds: str
    is_present: bool
    size: int | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Presence:
    """What there is of a data set, and how one gets the rest."""

    dataset: str
    files: tuple[LookedAt, ...]
    source: str

    @property
    def is_ready(self) -> bool:
        """Whether all files are there and none looks wrong; what is inside is checked when it is loaded."""
        return all(file.is_present and not file.problem for file in self.files)


def presence_of(settings: PublishedSettings, home: Path) -> Presence:
    """One data set, at the place that the settings name."""
    files = tuple(_LOOKS[file.format](settings, file) for file in settings.expected_files(home))
    return Presence(settings.name, files, settings.SOURCE)


def check_there(settings: PublishedSettings, home: Path) -> Path:
    """Where the data set is; raises `DatasetError` with how one gets it where there is nothing."""
    path = settings.location(home)
    if not path.exists():
        raise DatasetError(f"there is no {path}. {settings.SOURCE}")
    return path


def _file(
    settings: PublishedSettings,
    file: ExpectedFile,
    problem: Callable[[Path, int], str | None] = lambda *_: None,
) -> LookedAt:
    """One file, with its problem by its path and size."""
    path, holds = file.path, file.holds
    try:
        size = path.stat().st_size
        if not path.is_file():
            return LookedAt(path, holds, True, None, "is not a file")
        trouble = "is empty" if size == 0 else problem(path, size)
    except FileNotFoundError:
        return LookedAt(path, holds, False)
    except OSError as error:
        return LookedAt(path, holds, True, None, f"cannot be read: {error.strerror}")
    return LookedAt(path, holds, True, size, trouble)


def _pickle(settings: PublishedSettings, file: ExpectedFile) -> LookedAt:
    def problem(path: Path, size: int) -> str | None:
        """What the first and last byte give away; nothing is unpickled."""
        if size > settings.most_bytes:
            return f"has {size / 1e9:,.2f} GB; {settings.max_gigabytes:g} GB are allowed"
        with path.open("rb") as stream:
            first = stream.read(1)
            stream.seek(-1, 2)
            last = stream.read(1)
        if first not in (b"\x80", b"(", b"c", b"}", b"]"):
            return "is no pickle"
        return None if last == b"." else "is cut off: its end is missing"

    return _file(settings, file, problem)


def _episodes(settings: PublishedSettings, file: ExpectedFile) -> LookedAt:
    path = file.path
    if not path.exists():
        return LookedAt(path, file.holds, False)
    files = sorted(path.glob("*.h5"))
    if not files:
        problem = "holds no .h5 files" if path.is_dir() else "is not a folder"
        return LookedAt(path, file.holds, True, None, problem)
    broken = [episode.name for episode in files if not _starts_with(episode, HDF5_SIGNATURE)]
    said = (
        f"{len(broken)} of {len(files)} files are no HDF5 files, the first is {broken[0]}" if broken else None
    )
    return LookedAt(path, f"{len(files):,} episodes, one .h5 file each", True, None, said)


def _starts_with(file: Path, signature: bytes) -> bool:
    try:
        with file.open("rb") as stream:
            return stream.read(len(signature)) == signature
    except OSError:
        return False


def _folder(settings: PublishedSettings, file: ExpectedFile) -> LookedAt:
    is_there = file.path.is_dir()
    is_empty = is_there and next(file.path.iterdir(), None) is None
    return LookedAt(file.path, file.holds, is_there, None, "is empty" if is_empty else None)


_LOOKS: Mapping[str, Callable[[PublishedSettings, ExpectedFile], LookedAt]] = {
    "file": _file,
    "pickle": _pickle,
    "episodes": _episodes,
    "folder": _folder,
}
