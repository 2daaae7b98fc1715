"""Where runs are read from: a bundle (a zip file) or a folder.

Nothing is ever unpacked: each file of a run is read as a stream from where it lies, and what a name may be is
fixed, so that no path of somebody else's is ever followed.
"""

import contextlib
import io
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, Protocol

from engine.errors import UserError
from engine.recorders import layout

BUNDLE, STUDIES = "bundle.json", "studies.json"
TEXTS = (
    layout.RUN, layout.STATE, layout.LABELS, layout.MACHINE, layout.ARTIFACTS,
    layout.METRICS, layout.RESULTS, layout.DECOMPOSITIONS, layout.LOG, layout.OLD_LOG,
)  # fmt: skip
"""Files of a run that are text; all others are artifacts."""
ARTIFACT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.(?:safetensors|parquet)")
RUN_PREFIX = re.compile(r"runs/[0-9a-f]{32}/")
MOST_FILES = 100_000
MOST_NAMED = 32 * 2**20
"""Bytes of a zip file's list of names."""
MOST_RATIO, FREE_BYTES = 200, 2**20
"""A text may unpack to so many times what it takes in the file, and always to a MiB: curves shrink by ten to
thirty times."""
_SYMLINK = stat.S_IFLNK


class BundleError(UserError):
    """A bundle or folder that cannot be taken in; one line with what came and what is allowed."""


class Source(Protocol):
    """Files by name; live: they may still be written while they are read."""

    name: str
    live: bool

    def names(self) -> Iterable[str]:
        """Every file there is, by its name with "/" between folders."""

    def size(self, name: str) -> int:
        """Bytes of a file, unpacked."""

    def open(self, name: str) -> BinaryIO:
        """The file as a stream. Raises `BundleError` where it cannot be read."""

    def modified(self, name: str) -> int | None:
        """When the file was changed, in UTC milliseconds, where that is known."""

    def close(self) -> None:
        """Close what is open."""


def check_name(name: str) -> None:
    """Raises `BundleError` for a name that no bundle has."""
    if name in (BUNDLE, STUDIES):
        return
    prefix = RUN_PREFIX.match(name)
    rest = name[prefix.end() :] if prefix else ""
    if not (rest in TEXTS or ARTIFACT_NAME.fullmatch(rest)):
        raise BundleError(f"a bundle holds no '{name[:200]}'; runs/ID/ with the files of a run are allowed")


class FolderSource:
    """A run's folder; or one with such folders in it; or an unpacked bundle. Links are not followed."""

    live = True

    def __init__(self, folder: Path) -> None:
        self.name, self._folder = folder.name or str(folder), folder
        self._files: dict[str, Path] = {}
        for place, prefix in self._places():
            for file in sorted(place.iterdir()):
                known = file.name in (*TEXTS, STUDIES) or ARTIFACT_NAME.fullmatch(file.name)
                if known and not file.is_dir():
                    self._files[prefix + file.name] = file
        for name in (BUNDLE, STUDIES):
            if (folder / name).exists():
                self._files[name] = folder / name

    def _places(self) -> list[tuple[Path, str]]:
        """Folders of runs, with what their files' names begin with."""
        if (self._folder / layout.RUN).exists():
            return [(self._folder, "")]
        above = self._folder / "runs" if (self._folder / "runs").is_dir() else self._folder
        inside = sorted(place for place in above.iterdir() if (place / layout.RUN).exists())
        if not inside:
            raise BundleError(
                f"{self._folder} is no folder of a run: neither it nor a folder in it has a {layout.RUN}"
            )
        for place in inside:
            if place.is_symlink():
                raise BundleError(f"{place} is a link; name the folder that it leads to")
        return [(place, f"{place.relative_to(self._folder).as_posix()}/") for place in inside]

    def names(self) -> Iterable[str]:
        return self._files

    def size(self, name: str) -> int:
        return self._files[name].stat().st_size

    def open(self, name: str) -> BinaryIO:
        file = self._files[name]
        try:
            number = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError as error:
            link = " (links are not followed)" if file.is_symlink() else ""
            raise BundleError(f"{file} cannot be read: {error.strerror}{link}") from None
        content = os.fdopen(number, "rb")
        if not stat.S_ISREG(os.fstat(number).st_mode):
            content.close()
            raise BundleError(f"{file} is not a file")
        return content

    def modified(self, name: str) -> int | None:
        with contextlib.suppress(OSError):
            return int(self._files[name].stat().st_mtime * 1000)
        return None

    def close(self) -> None:
        pass


class BundleSource:
    """A bundle: a zip file whose list of names is bounded and checked before anything in it is read."""

    live = False

    def __init__(self, file: Path) -> None:
        self.name = file.name
        try:
            _check_list(file)
            self._archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            if isinstance(error, UserError):
                raise
            said = getattr(error, "strerror", None) or "it is no whole zip file"
            raise BundleError(f"{file.name} is no bundle of InfMasking Studio: {said}") from None
        try:
            self._members = _checked(self._archive.infolist(), file.name)
        except BaseException:
            self._archive.close()
            raise

    def names(self) -> Iterable[str]:
        return self._members

    def size(self, name: str) -> int:
        return self._members[name].file_size

    def open(self, name: str) -> BinaryIO:
        try:
            content = self._archive.open(self._members[name])
        except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
            raise BundleError(f"{self.name}: {name} cannot be read: {error}") from None
        return io.BufferedReader(_Member(content, f"{self.name}: {name}"), 2**16)

    def modified(self, name: str) -> int | None:
        return None

    def close(self) -> None:
        """Close the file."""
        self._archive.close()


class _Member(io.RawIOBase):
    """A file of a bundle, whose damage is told in one line."""

    def __init__(self, content: IO[bytes], what: str) -> None:
        self._content, self._what = content, what

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece = self._content.read(len(buffer))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise BundleError(f"{self._what} is damaged: {error}") from None
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._content.close()
        super().close()


@contextlib.contextmanager
def open_source(path: Path) -> Iterator[Source]:
    """The bundle or folder at a path, open while it is read. Raises `BundleError`, one line, for anything
    else."""
    source = _source_at(path)
    try:
        yield source
    finally:
        source.close()


def _source_at(path: Path) -> Source:
    try:
        if path.is_dir():
            return FolderSource(path)
        if not path.is_file():
            raise BundleError(f"there is no file or folder {path}")
    except (OSError, ValueError) as error:
        if isinstance(error, UserError):
            raise
        raise BundleError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    return BundleSource(path)


class _End(NamedTuple):
    """What the end of a zip file says of its list of names: entries and bytes."""

    entries: int
    size: int


def _check_list(file: Path) -> None:
    """The list of names is read whole by `zipfile`: bound it first."""
    with file.open("rb") as content:
        end = _end_of(content)
    if end is None:
        raise zipfile.BadZipFile("no end")
    if end.entries > MOST_FILES or end.size > MOST_NAMED:
        raise BundleError(
            f"{file.name} lists {end.entries:,} files in {end.size:,} bytes; at most {MOST_FILES:,} in "
            f"{MOST_NAMED:,} are read"
        )


def _end_of(content: BinaryIO) -> _End | None:
    """Parsed as APPNOTE.TXT 4.3.14 to 4.3.16 has it, with the 64-bit form where there is one."""
    size = content.seek(0, os.SEEK_END)
    tail_start = max(0, size - 65_557)
    content.seek(tail_start)
    tail = content.read()
    place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < 22:
        return None
    entries, listed = int.from_bytes(tail[place + 10 : place + 12], "little"), tail[place + 12 : place + 16]
    end = _End(entries, int.from_bytes(listed, "little"))
    locator = tail[place - 20 : place] if place >= 20 else b""
    if locator.startswith(b"PK\x06\x07"):
        content.seek(min(int.from_bytes(locator[8:16], "little"), size))
        wide = content.read(56)
        if wide.startswith(b"PK\x06\x06"):
            return _End(int.from_bytes(wide[32:40], "little"), int.from_bytes(wide[40:48], "little"))
    return end


def _checked(members: list[zipfile.ZipInfo], what: str) -> dict[str, zipfile.ZipInfo]:
    by_name: dict[str, zipfile.ZipInfo] = {}
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        name = member.filename
        if "\0" in member.orig_filename:
            raise BundleError(f"{what} names a file with a zero byte in it")
        check_name(name)
        if name in by_name:
            raise BundleError(f"{what} holds {name} twice")
        if (member.external_attr >> 16) & 0o170000 not in (0, stat.S_IFREG):
            kind = "a link" if (member.external_attr >> 16) & 0o170000 == _SYMLINK else "no file"
            raise BundleError(f"{what}: {name} is {kind}")
        if member.flag_bits & 0x1:
            raise BundleError(f"{what}: {name} is encrypted")
        _check_packing(member, what)
        if member.header_offset < end:
            raise BundleError(f"{what}: {name} lies over the file before it")
        end = member.header_offset + 30 + member.compress_size
        by_name[name] = member
    if BUNDLE not in by_name:
        raise BundleError(f"{what} is no bundle of InfMasking Studio: it holds no {BUNDLE}")
    return by_name


def _check_packing(member: zipfile.ZipInfo, what: str) -> None:
    name, packed, whole = member.filename, member.compress_size, member.file_size
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BundleError(f"{what}: {name} is packed in a way that is not read; stored or deflated is")
    text = name.rpartition("/")[2] in (BUNDLE, STUDIES, *TEXTS)
    if not text and member.compress_type != zipfile.ZIP_STORED:
        raise BundleError(f"{what}: {name} is packed; artifacts are stored as they are")
    if member.compress_type == zipfile.ZIP_STORED and packed != whole:
        raise BundleError(f"{what}: {name} is stored in {packed:,} bytes and said to have {whole:,}")
    if whole > FREE_BYTES + MOST_RATIO * packed:
        raise BundleError(
            f"{what}: {name} takes {packed:,} bytes and would unpack to {whole:,}; at most "
            f"{MOST_RATIO} times as many are unpacked"
        )
