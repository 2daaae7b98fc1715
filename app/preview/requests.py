"""Asks for what this process must not do itself: what needs torch, such as pictures of data and the cost of a
step, what needs scikit-learn, and looking into somebody's file. A process of its own does it.

What is made is kept under the data home in a folder named by a hash of the request, so a page asks once. A
folder appears whole or not at all.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from app.child_process import ChildError, run_child
from engine.errors import UserError
from engine.settings.paths import PathError, local_path

Kind = Literal["file", "data", "views", "cost", "end", "check", "importance"]
PATIENCE: Mapping[Kind, float] = {
    "file": 120.0,
    "data": 180.0,
    "views": 240.0,
    "cost": 300.0,
    "end": 600.0,
    "check": 300.0,
    "importance": 120.0,
}
"""Seconds after which a process is given up; the longest step is rendering Trifeature at 224 px for the first
time."""
MOST_KEPT = 200
"""Previews that are kept, the newest; some hundred KB each."""
LARGEST_FACTS = 20_000_000
"""Bytes that a process may tell us; facts of a data set take some ten thousand."""
MAKING = "making-"
FORMAT = "2"
"""Raise it when the content of the folders changes."""


class PreviewError(UserError):
    """A preview that could not be made; one line."""


class Preview(NamedTuple):
    """What was made: `facts` as JSON content, and the folder that holds the pictures it names."""

    folder: Path
    facts: dict[str, Any]


def find(kind: Kind, content: Mapping[str, Any], home: Path) -> Preview | None:
    """The preview if it was made before."""
    return _read(_folder(kind, content, home))


def obtain(kind: Kind, content: Mapping[str, Any], home: Path) -> Preview:
    """The preview, made now if need be, which takes seconds.

    content: plain settings, of a data set for "data" and (its path and size) for "file", of a whole
    experiment for "views", "cost" and "end"; for "check" the data and several experiments on it by name; for
    "importance" what `preview.importance` takes. Raises `PreviewError` where the process fails or takes too
    long.
    """
    folder = _folder(kind, content, home)
    return _read(folder) or _make(kind, content, home, folder)


def _make(kind: Kind, content: Mapping[str, Any], home: Path, folder: Path) -> Preview:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=MAKING, dir=folder.parent) as work:
        made = Path(work) / "made"
        made.mkdir()
        command = [sys.executable, "-m", "app.preview.process", kind, str(made), str(home)]
        try:
            run_child(command, json.dumps(content), Path(work), PATIENCE[kind])
        except ChildError as error:
            raise PreviewError(_in_words(kind, error)) from None
        _publish(made, folder)
    _forget_oldest(folder.parent)
    preview = _read(folder)
    if preview is None:
        raise PreviewError("no preview: the process left no result")
    return preview


def _in_words(kind: Kind, error: ChildError) -> str:
    if kind != "file":
        return f"no preview: {error}"
    return str(error) if error.refused else f"the file cannot be looked into: {error}"


def _publish(made: Path, folder: Path) -> None:
    """Rename into place; where another process was quicker, its equal result stays."""
    try:
        made.rename(folder)
    except OSError:
        if not (folder / "facts.json").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            made.rename(folder)


def _forget_oldest(folder: Path) -> None:
    """Drops the previews past `MOST_KEPT`; they are made again when somebody asks."""
    kept = [path for path in folder.iterdir() if not path.name.startswith(MAKING)]
    for path in sorted(kept, key=lambda path: path.stat().st_mtime_ns)[:-MOST_KEPT]:
        shutil.rmtree(path, ignore_errors=True)


def _read(folder: Path) -> Preview | None:
    try:
        if (folder / "facts.json").stat().st_size > LARGEST_FACTS:
            return None
        return Preview(folder, json.loads((folder / "facts.json").read_text(encoding="utf-8")))
    except (OSError, json.JSONDecodeError):
        return None


def _folder(kind: Kind, content: Mapping[str, Any], home: Path) -> Path:
    """home/previews/KIND-HASH; a user's file is part of the request with its size and time of change."""
    data = content if kind in ("data", "file", "importance") else content["data"]
    files = [_stamp(data[key]) for key in ("path", "test_path") if data.get(key)]
    text = json.dumps([FORMAT, version("infmasking-studio"), kind, content, files], sort_keys=True)
    return home / "previews" / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:20]}"


def _stamp(path: str) -> list[int]:
    try:
        facts = local_path(path).stat()
    except (OSError, PathError):
        return []
    return [facts.st_size, facts.st_mtime_ns]
