"""Runs out of the database: as a folder, or as a bundle, which is the same folder in a zip file.

Both are written as a stream: memory holds a page of rows or a piece of a file, whatever the size of the runs.
"""

import hashlib
import io
import json
import os
import shutil
import time
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from app.bundles.contents import BUNDLE_FORMAT
from app.bundles.sources import BUNDLE, STUDIES, BundleError
from engine.recorders import layout
from engine.recorders.layout import as_json
from storage.artifacts import Artifact, list_artifacts, read_chunks
from storage.database import Database
from storage.run import Run
from storage.run_rows import figures_of, lines_of, points_of, splits_of
from storage.runs import list_runs
from storage.studies import Study, list_studies, members_of_all

PIECE = 64 * 1024


class Part(NamedTuple):
    """A file of what is exported. text: it is worth packing."""

    name: str
    text: bool
    pieces: Iterator[bytes]


class Export(NamedTuple):
    """What is to be exported: runs and the studies that they belong to; weights: with their files."""

    runs: tuple[Run, ...]
    studies: tuple[Study, ...]
    weights: bool = True


def choose(
    db: Database, run_ids: Iterable[int], study_ids: Iterable[int] = (), *, weights: bool = True
) -> Export:
    """These runs with their own studies, and these studies with all of their runs. Raises `BundleError` where
    one is not there."""
    wanted, whole = dict.fromkeys(run_ids), set(study_ids)
    belonging = members_of_all(db, whole)
    for study in whole:
        wanted |= dict.fromkeys(belonging.get(study, ()))
    runs = tuple(sorted(list_runs(db, ids=wanted), key=lambda run: run.id))
    missing = wanted.keys() - {run.id for run in runs}
    if missing:
        raise BundleError(f"there is no run {min(missing)}")
    homes = whole | {run.study_id for run in runs}
    studies = tuple(study for study in reversed(list_studies(db)) if study.id in homes)
    unknown = whole - {study.id for study in studies}
    if unknown:
        raise BundleError(f"there is no study {min(unknown)}")
    return Export(runs, studies, weights)


def parts_of(db: Database, export: Export) -> Iterator[Part]:
    """Every file of a bundle but its list."""
    yield Part(STUDIES, True, iter([as_json({"studies": _studies(db, export)}) + b"\n"]))
    for run in export.runs:
        for part in run_parts(db, run, weights=export.weights):
            yield part._replace(name=f"runs/{run.uid}/{part.name}")


def run_parts(db: Database, run: Run, *, weights: bool) -> Iterator[Part]:
    """Every file of one run's folder."""
    kept = list_artifacts(db, run.id)[::-1] if weights else []
    tables: dict[str, Any] = {
        layout.RUN: run_header(run),
        layout.LABELS: _labels(run),
        layout.STATE: _state(run),
        layout.ARTIFACTS: {"artifacts": [_entry(artifact) for artifact in kept]},
    }
    if run.machine is not None:
        tables[layout.MACHINE] = run.machine
    for name, content in tables.items():
        yield Part(name, True, iter([as_json(content) + b"\n"]))
    for name, rows in recorded(db, run.id).items():
        yield Part(name, True, rows)
    for artifact in kept:
        yield Part(_file_of(artifact), False, read_chunks(db, artifact.id))


def recorded(db: Database, run_id: int) -> dict[str, Iterator[bytes]]:
    """What a run recorded, line by line, by the name of the file."""
    return {
        layout.METRICS: _pieces(
            {"step": point.step, "time": point.time, "values": {point.key: layout.number(point.value)}}
            for point in points_of(db, run_id)
        ),
        layout.RESULTS: _pieces(_with_json(figure._asdict(), "facts") for figure in figures_of(db, run_id)),
        layout.DECOMPOSITIONS: _pieces(
            _with_json(split._asdict(), "content") for split in splits_of(db, run_id)
        ),
        layout.LOG: _pieces(line._asdict() for line in lines_of(db, run_id)),
    }


def run_header(run: Run) -> dict[str, Any]:
    """The content of run.json."""
    header = {"format": layout.FORMAT, "version": layout.VERSION, "uid": run.uid}
    return {**header, "created_at": run.created_at, "settings": run.settings}


def stream_bundle(db: Database, export: Export) -> Iterator[bytes]:
    """The bytes of a bundle, in pieces. Raises `DatabaseError` where the database fails on the way."""
    outlet, listed = _Outlet(), {}
    with zipfile.ZipFile(outlet, "w") as archive:
        for part in parts_of(db, export):
            digest, size = hashlib.sha256(), 0
            with archive.open(_member(part.name, packed=part.text), "w", force_zip64=not part.text) as member:
                for piece in part.pieces:
                    digest.update(piece)
                    size += len(piece)
                    member.write(piece)
                    yield from outlet.drain()
            listed[part.name] = {"size": size, "sha256": digest.hexdigest()}
        header = {"format": BUNDLE_FORMAT, "version": layout.VERSION, "made_at": time.time_ns() // 1_000_000}
        archive.writestr(_member(BUNDLE, packed=True), as_json({**header, "files": listed}) + b"\n")
    yield from outlet.drain(all_of_it=True)


def write_bundle(db: Database, export: Export, file: Path, *, force: bool = False) -> int:
    """Write a bundle, whole or not at all; its size in bytes. Raises `BundleError`, `OSError`,
    `DatabaseError`."""
    if file.exists() and not force:
        raise BundleError(f"{file} exists already; --force replaces it")
    if not file.parent.is_dir():
        raise BundleError(f"no folder {file.parent}")
    partial = file.with_name(file.name + ".part")
    try:
        with partial.open("wb") as out:
            for piece in stream_bundle(db, export):
                out.write(piece)
            size = out.tell()
        os.replace(partial, file)
    finally:
        partial.unlink(missing_ok=True)
    return size


def write_folder(db: Database, export: Export, folder: Path) -> None:
    """Write runs as a folder that is not there yet, whole or not at all: one run's own files, or a bundle's.
    Raises as `write_bundle`."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BundleError(f"{folder} exists already; name a folder that is not there or is empty")
    partial = folder.with_name(folder.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        for part in _folder_parts(db, export):
            file = partial / part.name
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as out:
                out.writelines(part.pieces)
        os.replace(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _folder_parts(db: Database, export: Export) -> Iterator[Part]:
    if len(export.runs) != 1:
        yield from parts_of(db, export)
        return
    yield Part(STUDIES, True, iter([as_json({"studies": _studies(db, export)}) + b"\n"]))
    yield from run_parts(db, export.runs[0], weights=export.weights)


class _Outlet(io.RawIOBase):
    """What a zip file writes to, for somebody who takes it away piece by piece."""

    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        content = bytes(piece)
        self._waiting.append(content)
        self._size += len(content)
        return len(content)

    def drain(self, *, all_of_it: bool = False) -> Iterator[bytes]:
        """What was written, once it is worth a piece."""
        if self._size >= PIECE or (all_of_it and self._size):
            content, self._waiting, self._size = b"".join(self._waiting), [], 0
            yield content


def _member(name: str, *, packed: bool) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
    member.external_attr = 0o100644 << 16
    return member


def _pieces(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Lines of JSON, many at a time."""
    waiting, size = [], 0
    for row in rows:
        line = as_json(row) + b"\n"
        waiting.append(line)
        size += len(line)
        if size >= PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _with_json(row: dict[str, Any], key: str) -> dict[str, Any]:
    if "value" in row:
        row["value"] = layout.number(row["value"])
    return {**row, key: json.loads(row[key])}


def _labels(run: Run) -> dict[str, Any]:
    return {
        "title": run.title,
        "study": run.study,
        "preset": run.preset,
        "note": run.note,
        "tags": list(run.tags),
        "archived_at": run.archived_at,
    }


def _state(run: Run) -> dict[str, Any]:
    names = (
        "status", "phase", "epoch", "epochs", "step", "steps", "started_at", "ended_at", "heartbeat_at",
        "progressed_at", "host", "error", "code_version", "attempts",
    )  # fmt: skip
    return {name: getattr(run, name) for name in names}


def _entry(artifact: Artifact) -> dict[str, Any]:
    entry = {"kind": artifact.kind, "name": artifact.name, "file": _file_of(artifact), "size": artifact.size}
    return {**entry, "sha256": artifact.sha256, "facts": artifact.facts, "created_at": artifact.created_at}


def _file_of(artifact: Artifact) -> str:
    return layout.artifact_file(artifact.kind, Path(artifact.name).suffix or ".safetensors")


def _studies(db: Database, export: Export) -> list[dict[str, Any]]:
    belonging = members_of_all(db, [study.id for study in export.studies])
    entries = []
    for study in export.studies:
        there = set(belonging.get(study.id, ()))
        here = [run for run in export.runs if run.id in there]
        entries.append(
            {
                "uid": study.uid,
                "name": study.name,
                "question": study.question,
                "plan": study.plan,
                "axes": study.axes,
                "note": study.note,
                "tags": list(study.tags),
                "created_at": study.created_at,
                "archived_at": study.archived_at,
                "runs": [run.uid for run in here if run.study_id == study.id],
                "guests": [run.uid for run in here if run.study_id != study.id],
            }
        )
    return entries
