"""What lies in the data home beside the database: sizes of its folders, and what of it can be made again. No
Streamlit."""

import os
import re
import shutil
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import NamedTuple

KEPT_SECONDS = 60.0
"""For so long sizes are told as they were: a data home may hold many files."""
MOST_LOOKED_AT = 200_000
"""Files of a folder that are counted; a folder with more is at least so large."""
_RUN_LOG = re.compile(r"run-([0-9]+)\.log")


class Place(NamedTuple):
    """Files of one purpose. size: bytes; clear: removes them and returns the bytes that gave, None where they
    must stay; consequence: what it means that they go."""

    name: str
    what: str
    files: int
    size: int
    consequence: str = ""
    clear: Callable[[], int] | None = None


def places(home: Path, database: Path, at_work: Collection[int]) -> list[Place]:
    """What there is, but for the database itself. at_work: runs whose log is still written."""
    backups = sorted(database.parent.glob(f"{database.name}.version-*.backup"))
    logs = [file for file in _files(home / "logs") if _is_of_ended_run(file, at_work)]
    known = [
        _clearable(
            "Backups",
            "Copies of the database, made before an update changed it",
            backups,
            "An older version of the studio can then no longer open its data.",
        ),
        _clearable(
            "Previews",
            "Pictures and timings that pages drew",
            [home / "previews"],
            "Pages draw them again when they are opened.",
        ),
        _clearable(
            "Rendered data",
            "Images that a data set is rendered from",
            [home / "rendered"],
            "A run that needs them renders them again, which takes minutes.",
        ),
        _clearable(
            "Logs of ended runs",
            "What their processes printed; the Log tab keeps its lines",
            logs,
            "What a run printed beside its log lines is gone.",
        ),
        _kept("Uploads", "Files that were brought to a form; runs read them", home / "uploads"),
        _kept("Data sets", "Files of published data sets", home / "datasets"),
        _kept("Models", "Pretrained models", home / "models"),
    ]
    return [place for place in known if place.files]


_looked_at: dict[object, tuple[float, list[Place]]] = {}


def looked_at(home: Path, database: Path, at_work: Collection[int]) -> list[Place]:
    """The places as they were within the last minute."""
    key = (home, database, frozenset(at_work))
    then, found = _looked_at.get(key, (-KEPT_SECONDS, []))
    if time.monotonic() - then >= KEPT_SECONDS:
        found = places(home, database, at_work)
        _looked_at.clear()
        _looked_at[key] = time.monotonic(), found
    return found


def forget_sizes() -> None:
    """Look again at once: something was removed."""
    _looked_at.clear()


def size_of(paths: Collection[Path]) -> tuple[int, int]:
    """Files and bytes of files and folders, links not followed."""
    number = size = 0
    for path in paths:
        for file in _files(path):
            if number >= MOST_LOOKED_AT:
                return number, size
            number, size = number + 1, size + file.stat(follow_symlinks=False).st_size
    return number, size


def remove(paths: Collection[Path]) -> int:
    """Remove files and folders; returns the bytes that were in them. Raises OSError."""
    _, size = size_of(paths)
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return size


def _clearable(name: str, what: str, paths: Collection[Path], consequence: str) -> Place:
    files, size = size_of(paths)
    return Place(
        name, what, files, size, consequence, lambda: remove([path for path in paths if path.exists()])
    )


def _kept(name: str, what: str, folder: Path) -> Place:
    return Place(name, what, *size_of([folder]))


def _files(path: Path) -> Iterator[Path]:
    """The file, or all files of a folder; what goes while we look is passed over."""
    if path.is_symlink() or path.is_file():
        yield path
        return
    for folder, _, names in os.walk(path):
        for name in names:
            file = Path(folder, name)
            if file.is_symlink() or file.exists():
                yield file


def _is_of_ended_run(file: Path, at_work: Collection[int]) -> bool:
    match = _RUN_LOG.fullmatch(file.name)
    return match is not None and int(match[1]) not in at_work
