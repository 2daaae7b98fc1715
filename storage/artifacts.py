"""Files kept in the database, such as checkpoints: 1 MiB chunks, a digest, one a (run, kind), visible only
when complete."""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import insert, select, update

from storage.clock import now_ms
from storage.database import Database, DatabaseError
from storage.models import artifact_chunks, artifacts, runs
from storage.purging import purge, purge_artifacts
from storage.run import NoSuchRun

__all__ = [
    "CHUNK",
    "Artifact",
    "NoSuchArtifact",
    "copy_to",
    "delete_artifact",
    "find_artifact",
    "get_artifact",
    "list_artifacts",
    "purge",
    "read_chunks",
    "store_stream",
    "write_artifact",
]

CHUNK = 1 << 20
_COLUMNS = [
    artifacts.c[name] for name in ("id", "run_id", "kind", "name", "size", "sha256", "created_at", "facts")
]
_visible = artifacts.c.state == "complete"


class NoSuchArtifact(DatabaseError):
    """There is no artifact of that number, or no longer."""


@dataclass(frozen=True)
class Artifact:
    """A complete file. size in bytes; sha256 in hex; facts as given by the writer (step, loss, …)."""

    id: int
    run_id: int
    kind: str
    name: str
    size: int
    sha256: str
    created_at: int
    facts: dict[str, Any]


def write_artifact(
    db: Database,
    run_id: int,
    kind: str,
    file: Path,
    facts: Mapping[str, Any] | None = None,
    name: str | None = None,
) -> int:
    """Store a copy of the file and return its number; the run's former artifact of that kind is replaced when
    this is complete.

    One transaction a chunk, so that other writers wait no longer than for one. Raises DatabaseError or
    OSError; the former artifact is then still there.
    """
    with file.open("rb") as content:
        return store_stream(db, run_id, kind, content, facts, name or file.name)


def store_stream(
    db: Database,
    run_id: int,
    kind: str,
    content: BinaryIO,
    facts: Mapping[str, Any] | None,
    name: str,
    *,
    sha256: str | None = None,
    made_at: int | None = None,
) -> int:
    """As `write_artifact`, from a stream. sha256: what it must have, in hex; made_at: UTC ms, now by
    default."""
    artifact = _begin(db, run_id, kind, name, dict(facts or {}))
    try:
        size, digest = _write_chunks(db, artifact, content)
        if sha256 not in (None, digest):
            raise DatabaseError(f"{name} has the sha256 {digest}, not {sha256}")
        with db.write() as connection:
            same_kind = (artifacts.c.run_id == run_id) & (artifacts.c.kind == kind)
            connection.execute(update(artifacts).where(same_kind, _visible).values(state="dropped"))
            mine = (artifacts.c.id == artifact) & (artifacts.c.state == "writing")
            done = (
                update(artifacts)
                .where(mine)
                .values(state="complete", size=size, sha256=digest, created_at=made_at or now_ms())
            )
            if connection.execute(done).rowcount != 1:
                raise NoSuchArtifact(f"the {kind} of run {run_id} was given up while it was being written")
    except (DatabaseError, OSError, ValueError):  # ValueError: what a stream says that is not as it should be
        with contextlib.suppress(DatabaseError):  # a full disk may refuse this too; the next purge takes it
            _drop(db, artifact)
        raise
    with contextlib.suppress(DatabaseError):  # what is replaced is out of sight; a later purge takes it
        purge_artifacts(db)
    return artifact


def list_artifacts(db: Database, run_id: int | None = None) -> list[Artifact]:
    """Complete artifacts of a run, or of all runs that are not in the trash; newest first."""
    query = select(*_COLUMNS).where(_visible).order_by(artifacts.c.id.desc())
    if run_id is not None:
        query = query.where(artifacts.c.run_id == run_id)
    else:
        query = query.join(runs, runs.c.id == artifacts.c.run_id).where(runs.c.trashed_at.is_(None))
    with db.read() as connection:
        return [Artifact(**row._mapping) for row in connection.execute(query)]


def get_artifact(db: Database, artifact_id: int) -> Artifact:
    """The complete artifact of that number. Raises NoSuchArtifact."""
    with db.read() as connection:
        row = connection.execute(
            select(*_COLUMNS).where(_visible, artifacts.c.id == artifact_id)
        ).one_or_none()
    if row is None:
        raise NoSuchArtifact(f"no artifact {artifact_id}")
    return Artifact(**row._mapping)


def find_artifact(db: Database, run_id: int, kind: str) -> Artifact | None:
    """The run's complete artifact of a kind, or None."""
    return next((artifact for artifact in list_artifacts(db, run_id) if artifact.kind == kind), None)


def read_chunks(db: Database, artifact_id: int, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """Bytes start … stop-1 (to the end when stop is None) in pieces of at most 1 MiB; memory does not grow
    with the file.

    Each piece is a transaction of its own: a slow reader must not hold back the write-ahead log. Raises
    ValueError for a range outside the file, NoSuchArtifact when the artifact is or gets deleted or replaced.
    """
    size = get_artifact(db, artifact_id).size
    stop = size if stop is None else stop
    if not 0 <= start <= stop <= size:
        raise ValueError(f"no bytes {start}–{stop} in artifact {artifact_id}; it has {size}")
    return _pieces(db, artifact_id, start, stop)


def copy_to(db: Database, artifact_id: int, file: Path) -> None:
    """Write the artifact to a file, which appears only when whole and true to its digest. Raises
    DatabaseError, OSError."""
    wanted = get_artifact(db, artifact_id).sha256
    part = file.with_name(file.name + ".part")
    digest = hashlib.sha256()
    try:
        with part.open("wb") as out:
            for piece in read_chunks(db, artifact_id):
                digest.update(piece)
                out.write(piece)
        if digest.hexdigest() != wanted:
            raise DatabaseError(
                f"artifact {artifact_id} is damaged: its sha256 is {digest.hexdigest()}, not {wanted}"
            )
        os.replace(part, file)
    finally:
        part.unlink(missing_ok=True)


def delete_artifact(db: Database, artifact_id: int) -> None:
    """Delete an artifact and give its space back. Raises NoSuchArtifact."""
    get_artifact(db, artifact_id)
    _drop(db, artifact_id)
    purge_artifacts(db)
    db.vacuum()


def _begin(db: Database, run_id: int, kind: str, name: str, facts: dict[str, Any]) -> int:
    now = now_ms()
    with db.write() as connection:
        if (
            connection.execute(
                select(runs.c.id).where(runs.c.id == run_id, runs.c.status != "deleted")
            ).first()
            is None
        ):
            raise NoSuchRun(f"no run {run_id}")
        # a run has one writer: what was begun earlier and not completed is left from a crash
        earlier = (
            (artifacts.c.run_id == run_id) & (artifacts.c.kind == kind) & (artifacts.c.state == "writing")
        )
        connection.execute(update(artifacts).where(earlier).values(state="dropped"))
        row = {
            "run_id": run_id,
            "kind": kind,
            "name": name,
            "state": "writing",
            "created_at": now,
            "touched_at": now,
            "facts": facts,
        }
        number: int = connection.execute(insert(artifacts).values(row).returning(artifacts.c.id)).scalar_one()
    return number


def _write_chunks(db: Database, artifact: int, content: BinaryIO) -> tuple[int, str]:
    """Store the stream's bytes; returns their number and sha256."""
    digest, size = hashlib.sha256(), 0
    for position, data in enumerate(iter(lambda: content.read(CHUNK), b"")):
        digest.update(data)
        size += len(data)
        with db.write() as connection:
            connection.execute(
                insert(artifact_chunks).values(artifact_id=artifact, position=position, data=data)
            )
            connection.execute(
                update(artifacts).where(artifacts.c.id == artifact).values(touched_at=now_ms())
            )
    return size, digest.hexdigest()


def _pieces(db: Database, artifact_id: int, start: int, stop: int) -> Iterator[bytes]:
    table = artifact_chunks.c
    for position in range(start // CHUNK, -(-stop // CHUNK) if start < stop else 0):
        with db.read() as connection:
            query = select(table.data).where(table.artifact_id == artifact_id, table.position == position)
            data = connection.execute(query).scalar_one_or_none()
        if data is None:
            raise NoSuchArtifact(f"artifact {artifact_id} was deleted or replaced while it was read")
        offset = position * CHUNK
        yield data[max(start - offset, 0) : stop - offset]


def _drop(db: Database, artifact_id: int) -> None:
    with db.write() as connection:
        connection.execute(update(artifacts).where(artifacts.c.id == artifact_id).values(state="dropped"))
