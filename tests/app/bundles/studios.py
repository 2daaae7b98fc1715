"""Studios to export from and import into, and all that they hold in a form that can be compared."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app.bundles.export import choose, recorded, run_header, write_bundle
from app.bundles.importing import Arrival, import_runs
from app.bundles.sources import BUNDLE, open_source
from engine.recorders.layout import as_json
from storage.artifacts import list_artifacts
from storage.database import Database
from storage.runs import list_runs
from storage.studies import list_studies, members

SEEN = (
    "title", "preset", "dataset", "method", "seed", "digest", "settings", "status", "phase", "epoch",
    "epochs", "step", "steps", "created_at", "started_at", "ended_at", "host", "error", "note", "tags",
    "code_version", "attempts", "study", "machine",
)  # fmt: skip


def everything(db: Database) -> dict[str, Any]:
    """What a studio holds, without the numbers that it gave."""
    runs = {run.id: run for run in list_runs(db)}
    held: dict[str, Any] = {}
    for run in runs.values():
        rows = {name: b"".join(pieces).decode() for name, pieces in recorded(db, run.id).items()}
        files = sorted(
            (one.kind, one.name, one.size, one.sha256, str(one.facts)) for one in list_artifacts(db, run.id)
        )
        held[run.uid] = {name: getattr(run, name) for name in SEEN} | rows | {"files": files}
    for study in list_studies(db):
        facts = (study.name, study.question, study.plan, study.axes, study.note, study.tags, study.created_at)
        held[study.uid] = (*facts, sorted(runs[number].uid for number in members(db, study.id)))
    return held


def bundle_of(db: Database, file: Path, *, weights: bool = True) -> Path:
    """Everything of a studio in one bundle."""
    studies = [study.id for study in list_studies(db)]
    write_bundle(db, choose(db, [], studies, weights=weights), file)
    return file


def take_in(db: Database, path: Path) -> list[Arrival]:
    """Import a bundle or folder."""
    with open_source(path) as source:
        return import_runs(db, source)


def hash_of_run(db: Database, run_id: int) -> dict[str, Any]:
    """A run's header, to be changed by a test."""
    (run,) = list_runs(db, ids=[run_id])
    return run_header(run)


def members_of(file: Path) -> dict[str, bytes]:
    """The files of a bundle."""
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_members(
    file: Path, members: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> Path:
    """A bundle of these files; its list is made to fit where it is among them as a table of the original."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            member = zipfile.ZipInfo(name)
            packed = not name.endswith((".safetensors", ".parquet"))
            member.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
            if change is not None:
                change(member)
            archive.writestr(member, content)
    return file


def relisted(members: dict[str, bytes], **header: Any) -> dict[str, bytes]:
    """The same files with a list that says what they are now."""
    import hashlib

    listed = json.loads(members[BUNDLE]) | header
    listed["files"] = {
        name: {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in members.items()
        if name != BUNDLE
    }
    return {**{name: content for name, content in members.items() if name != BUNDLE}, BUNDLE: as_json(listed)}
