"""Files of the user's own: taken in under safe names, and looked into by a process of its own. No Streamlit
here."""

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from pydantic import TypeAdapter

from app.preview.requests import obtain
from engine.errors import DatasetError
from engine.files.contents import Entry
from engine.settings.dataset import PairedFileSettings

TYPES = ("npz", "safetensors", "parquet")
MOST_UPLOADED_MB = 200
MOST_READ_GB = float(PairedFileSettings.model_fields["max_gigabytes"].default)
PIECE = 2**20
_ENTRIES = TypeAdapter(list[Entry])


def store_upload(folder: Path, name: str, content: BinaryIO, check: Callable[[Path], object]) -> Path:
    """Keeps an upload under a name that is safe on any file system and says what is in it, so that twice the
    same is one file; a file that does not pass `check` is not kept.

    Raises `DatasetError` for a type that is not read, or an upload that is too large, and whatever `check`
    raises.
    """
    suffix = Path(name).suffix.lower()
    if suffix.removeprefix(".") not in TYPES:
        raise DatasetError(f"'{Path(name).name}' is no file of arrays; allowed are .{', .'.join(TYPES)}")
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", Path(name).stem).strip("-")[:60] or "file"
    folder.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.TemporaryDirectory(dir=folder, prefix="uploading-") as work:
        received = Path(work) / f"{stem}{suffix}"
        with received.open("wb") as file:
            while piece := content.read(PIECE):
                size += len(piece)
                if size > MOST_UPLOADED_MB * 2**20:
                    raise DatasetError(
                        f"the upload is larger than {MOST_UPLOADED_MB} MB; give its path instead"
                    )
                digest.update(piece)
                file.write(piece)
        check(received)
        kept = folder / f"{stem}-{digest.hexdigest()[:12]}{suffix}"
        os.replace(received, kept)
    return kept


def take_upload(home: Path, name: str, content: BinaryIO) -> Path:
    """Where an upload is kept. Raises `UserError`, one line, where it cannot be read or holds nothing that
    can be used; it is not kept then."""

    def check(file: Path) -> None:
        entries = look_into(file, home)
        if all(entry.problems for entry in entries):
            first = f"'{entries[0].name}' {entries[0].problems[0]}"
            raise DatasetError(f"{file.name} holds no array that can be used: {first}")

    return store_upload(home / "uploads", name, content, check)


def look_into(file: Path, home: Path) -> list[Entry]:
    """Every array in a user's file, found by a process of its own. Raises `PreviewError`, one line, where it
    cannot be read."""
    content = {"path": str(file), "max_gigabytes": MOST_READ_GB}
    return _ENTRIES.validate_python(obtain("file", content, home).facts["entries"])
