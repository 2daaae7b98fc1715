"""What data files hold, as a short text: the same bytes give the same one, at whatever path and date.

A file is hashed whole. A folder with thousands of files (images, episodes) is hashed by its files' names and
sizes, the whole of each list (.json, .jsonl, .csv, .toml) and three pieces of every other file: an edit
inside a large file that keeps its size and misses the pieces is not seen. Reading is spared where size, times
and inode are those of last time.
"""

import contextlib
import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.errors import DatasetError
from engine.settings.dataset import DataFilesSettings
from engine.settings.experiment import ExperimentSettings

FOLDER = "fingerprints"
"""Folder of the data home where fingerprints are kept."""
LISTS = (".json", ".jsonl", ".csv", ".toml")
PIECE = 4096
BLOCK = 2**20
SETTLED_SECONDS = 3.0
"""A file that changed less long ago could change again within one tick of its clock: its fingerprint is not
kept."""
DIGITS = 32


def fingerprint_of(paths: Iterable[Path], home: Path) -> str:
    """ "sha256:…" of these files and folders in their order; raises `OSError` for what cannot be read."""
    parts = [_kept(path, home) for path in paths]
    text = parts[0] if len(parts) == 1 else hashlib.sha256("\n".join(parts).encode()).hexdigest()[:DIGITS]
    return f"sha256:{text}"


def pin_data(
    settings: ExperimentSettings, home: Path, known: dict[str, str] | None = None
) -> ExperimentSettings:
    """The settings of a run to be made, with the fingerprint of the data files as they are now.

    known: what was found for other runs of the same moment, by the settings of their data. Files that cannot
    be read are left to be told when they are loaded. Raises `DatasetError` where the settings name other
    content.
    """
    data = settings.data
    if not isinstance(data, DataFilesSettings):
        return settings
    known = {} if known is None else known
    request = data.model_dump_json()
    if request not in known:
        try:
            known[request] = fingerprint_of(data.files(home), home)
        except OSError:
            return settings
    _refuse_other(data, known[request], home)
    pinned = data.model_copy(update={"fingerprint": known[request]})
    return settings.model_copy(update={"data": pinned})


def check_fingerprint(data: DataFilesSettings, home: Path) -> None:
    """Raises `DatasetError` where the files hold something else than when the settings became a run's."""
    if data.fingerprint is not None:
        try:
            fingerprint = fingerprint_of(data.files(home), home)
        except OSError:
            return  # whoever loads the files says what is wrong with them
        _refuse_other(data, fingerprint, home)


def _refuse_other(data: DataFilesSettings, fingerprint: str, home: Path) -> None:
    if data.fingerprint not in (None, fingerprint):
        names = " and ".join(str(path) for path in data.files(home))
        raise DatasetError(
            f"{names} does not hold the data of this run: its fingerprint is {fingerprint}, that of the run "
            f"{data.fingerprint}; bring the former content back, or start a new run"
        )


def _kept(path: Path, home: Path) -> str:
    """The hash of a file or folder, from the data home if it was taken before."""
    files = list(_files(path))
    states = [(name, file.stat()) for name, file in files]
    facts = [f"{n}\0{s.st_size}\0{s.st_mtime_ns}\0{s.st_ctime_ns}\0{s.st_ino}" for n, s in states]
    key = hashlib.sha256("\n".join([str(path.resolve()), *facts]).encode()).hexdigest()[:DIGITS]
    note = home / FOLDER / key
    with contextlib.suppress(OSError):
        text = note.read_text(encoding="ascii")
        if len(text) == DIGITS:
            return text
    started = time.time()
    text = _hash_folder(files) if path.is_dir() else hash_file(path)
    newest = max((max(s.st_mtime, s.st_ctime) for _, s in states), default=0.0)
    if newest < started - SETTLED_SECONDS:
        with contextlib.suppress(OSError):  # it only saves time
            note.parent.mkdir(parents=True, exist_ok=True)
            made = note.with_name(f"{key}.{os.getpid()}")
            made.write_text(text, encoding="ascii")
            made.replace(note)
    return text


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """Names within the folder, in order, with their files; hidden ones, which systems leave behind, are
    skipped."""
    if not path.is_dir():
        yield "", path
        return
    seen = set()
    for folder, inner, names in os.walk(path, followlinks=True):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        real = os.path.realpath(folder)
        if real in seen:  # a link back up
            inner.clear()
            continue
        seen.add(real)
        for name in sorted(name for name in names if not name.startswith(".")):
            file = Path(folder, name)
            if file.is_file():
                yield file.relative_to(path).as_posix(), file


def hash_file(path: Path) -> str:
    """The first hex digits of the SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()[:DIGITS]


def _hash_folder(files: Iterable[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, file in files:
        size = file.stat().st_size
        digest.update(f"{name}\0{size}\0".encode())
        if file.suffix.lower() in LISTS:
            digest.update(hash_file(file).encode())
            continue
        with file.open("rb") as stream:
            for start in (0, size // 2 - PIECE // 2, size - PIECE) if size > 3 * PIECE else (0,):
                stream.seek(start)
                digest.update(stream.read(3 * PIECE if size <= 3 * PIECE else PIECE))
    return digest.hexdigest()[:DIGITS]
