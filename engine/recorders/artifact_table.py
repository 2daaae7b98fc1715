"""The files of a run's folder: kept under their kinds, with sizes and hashes in artifacts.json.

A reader may look at any moment. Before a file is replaced, its entry also names the one that is coming, so
that whichever of the two stands there has its size and hash in the table.
"""

import contextlib
import hashlib
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from engine.recorder import Fact
from engine.recorders.layout import ARTIFACTS, artifact_file, replace_json

PIECE = 1 << 20


class ArtifactTable:
    """The artifacts of a folder, by kind; written by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._entries: dict[str, dict[str, Any]] | None = None

    def keep(self, kind: str, source: Path, facts: Mapping[str, Fact]) -> None:
        """Keep a copy of the file under its kind. Raises `OSError`; the former is kept then."""
        entries = self._read()
        target = self.folder / artifact_file(kind, source.suffix)
        partial = target.with_name(target.name + ".partial")
        now = time.time_ns() // 1_000_000
        entry: dict[str, Any] = {"kind": kind, "name": target.name, "file": target.name, "created_at": now}
        try:
            entry |= copy_hashed(source, partial) | {"facts": dict(facts)}
            former = entries.get(kind)
            self._write({**entries, kind: {**former, "coming": entry} if former else entry})
            os.replace(partial, target)
        except OSError:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise
        self._entries = {**entries, kind: entry}
        if former:
            with contextlib.suppress(OSError):  # the table that stands there is right too
                self._write(self._entries)

    def file_of(self, kind: str) -> Path | None:
        """The kept file of a kind, or None."""
        entry = self._read().get(kind)
        file = self.folder / (entry["file"] if entry else artifact_file(kind))
        return file if file.exists() else None

    def _read(self) -> dict[str, dict[str, Any]]:
        """What the table says; where the last process died while it replaced a file, which one stands."""
        if self._entries is None:
            entries = {}
            # a table that is none is one that something else damaged: the files themselves are still there
            with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
                listed = json.loads((self.folder / ARTIFACTS).read_text(encoding="utf-8"))["artifacts"]
                entries = {entry["kind"]: self._standing(entry) for entry in listed}
            self._entries = entries
        return self._entries

    def _standing(self, entry: dict[str, Any]) -> dict[str, Any]:
        coming = entry.pop("coming", None)
        if coming is None:
            return entry
        with contextlib.suppress(OSError), (self.folder / coming["file"]).open("rb") as content:
            if hash_stream(content)["sha256"] == coming["sha256"]:
                return dict(coming)
        return entry

    def _write(self, entries: Mapping[str, Mapping[str, Any]]) -> None:
        replace_json(self.folder / ARTIFACTS, {"artifacts": list(entries.values())})


def copy_hashed(source: Path, target: Path) -> dict[str, Any]:
    """Copy a file, down to the disk; its size and sha256. Raises `OSError`."""
    with source.open("rb") as content, target.open("wb") as out:
        facts = hash_stream(content, out)
        out.flush()
        os.fsync(out.fileno())
    return facts


def hash_stream(content: BinaryIO, out: BinaryIO | None = None) -> dict[str, Any]:
    """Size in bytes and sha256 in hex of what a stream holds, which is copied to `out`."""
    digest, size = hashlib.sha256(), 0
    while piece := content.read(PIECE):
        digest.update(piece)
        size += len(piece)
        if out is not None:
            out.write(piece)
    return {"size": size, "sha256": digest.hexdigest()}
