"""Files in, the same files out, and nothing half-written in sight."""

import hashlib
import random
import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from storage import artifacts, models
from storage.artifacts import (
    CHUNK,
    NoSuchArtifact,
    copy_to,
    delete_artifact,
    find_artifact,
    get_artifact,
    list_artifacts,
    purge,
    read_chunks,
    write_artifact,
)
from storage.clock import now_ms
from storage.database import Database, DatabaseError
from storage.runs import NoSuchRun


def a_file(folder: Path, size: int, seed: int = 0) -> Path:
    file = folder / f"{size}-{seed}.safetensors"
    file.write_bytes(random.Random(seed).randbytes(size))
    return file


def chunk_count(db: Database) -> int:
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(models.artifact_chunks)).scalar_one()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 77])
def test_a_copy_equals_the_file(db: Database, run_id: int, tmp_path: Path, size: int) -> None:
    file = a_file(tmp_path, size)
    number = write_artifact(db, run_id, "best", file, {"step": 7, "loss": 0.5, "note": None})
    found = get_artifact(db, number)
    assert (found.run_id, found.kind, found.name, found.size) == (run_id, "best", file.name, size)
    assert found.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert found.facts == {"step": 7, "loss": 0.5, "note": None}
    copy_to(db, number, tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == file.read_bytes()
    assert not list(tmp_path.glob("*.part"))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.binary(max_size=60), cut=st.tuples(st.integers(0, 60), st.integers(0, 60)))
def test_any_range_equals_the_files_bytes(
    db: Database, run_id: int, tmp_path: Path, data: bytes, cut: tuple[int, int]
) -> None:
    (tmp_path / "data").write_bytes(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(artifacts, "CHUNK", 7)  # so that few bytes have many chunks
        number = write_artifact(db, run_id, "best", tmp_path / "data")
        start, stop = sorted(min(bound, len(data)) for bound in cut)
        pieces = list(read_chunks(db, number, start, stop))
        assert b"".join(pieces) == data[start:stop]
        assert all(0 < len(piece) <= 7 for piece in pieces)
        assert b"".join(read_chunks(db, number, start)) == data[start:]
        for wrong in ((-1, None), (0, len(data) + 1), (stop + 1, stop)):
            with pytest.raises(ValueError, match="it has"):
                read_chunks(db, number, *wrong)


def test_ranges_over_real_chunks(db: Database, run_id: int, tmp_path: Path) -> None:
    file = a_file(tmp_path, 2 * CHUNK + 77)
    number = write_artifact(db, run_id, "best", file)
    for start, stop in (
        (CHUNK - 1, CHUNK + 1),
        (5, 2 * CHUNK + 5),
        (CHUNK, 2 * CHUNK),
        (2 * CHUNK, 2 * CHUNK + 77),
    ):
        assert b"".join(read_chunks(db, number, start, stop)) == file.read_bytes()[start:stop]


def test_chunks_can_be_opened_as_blobs(db: Database, run_id: int, tmp_path: Path) -> None:
    file = a_file(tmp_path, CHUNK + 5)
    write_artifact(db, run_id, "best", file)
    connection = sqlite3.connect(db.file)
    with connection.blobopen("artifact_chunks", "data", 2, readonly=True) as blob:
        assert blob.read() == file.read_bytes()[CHUNK:]
    connection.close()


def test_one_artifact_a_kind_and_the_former_leaves_nothing(db: Database, run_id: int, tmp_path: Path) -> None:
    old = write_artifact(db, run_id, "best", a_file(tmp_path, 2 * CHUNK))
    other = write_artifact(db, run_id, "last", a_file(tmp_path, 10))
    new = write_artifact(db, run_id, "best", a_file(tmp_path, 20), name="named")
    assert [found.id for found in list_artifacts(db, run_id)] == [new, other]
    assert find_artifact(db, run_id, "best").name == "named"
    assert find_artifact(db, run_id, "state") is None
    assert chunk_count(db) == 2
    with pytest.raises(NoSuchArtifact, match=f"no artifact {old}"):
        get_artifact(db, old)


def test_what_is_not_complete_is_not_there(
    db: Database, run_id: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = write_artifact(db, run_id, "best", a_file(tmp_path, 10))
    seen = []
    real = artifacts._write_chunks

    def look(*arguments):
        result = real(*arguments)
        seen.extend(found.id for found in list_artifacts(db))
        with pytest.raises(NoSuchArtifact):
            get_artifact(db, arguments[1])
        return result

    monkeypatch.setattr(artifacts, "_write_chunks", look)
    new = write_artifact(db, run_id, "best", a_file(tmp_path, 20))
    assert seen == [former]
    assert [found.id for found in list_artifacts(db)] == [new]


def test_a_missing_file_keeps_the_former(db: Database, run_id: int, tmp_path: Path) -> None:
    former = write_artifact(db, run_id, "best", a_file(tmp_path, 10))
    with pytest.raises(FileNotFoundError):
        write_artifact(db, run_id, "best", tmp_path / "missing")
    with pytest.raises(NoSuchRun, match="no run 99"):
        write_artifact(db, 99, "best", a_file(tmp_path, 1))
    assert [found.id for found in list_artifacts(db)] == [former]


def test_a_full_database_keeps_the_former_and_recovers(db: Database, run_id: int, tmp_path: Path) -> None:
    former = write_artifact(db, run_id, "best", a_file(tmp_path, 2 * CHUNK))
    with db.write() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages + 300}")  # room for one chunk more
    big = a_file(tmp_path, 8 * CHUNK)
    with pytest.raises(DatabaseError, match="database or disk is full"):
        write_artifact(db, run_id, "best", big)
    assert [found.id for found in list_artifacts(db)] == [former]
    assert b"".join(read_chunks(db, former)) == a_file(tmp_path, 2 * CHUNK).read_bytes()
    with db.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    new = write_artifact(db, run_id, "best", big)
    assert [found.id for found in list_artifacts(db)] == [new]
    assert chunk_count(db) == 8


def test_damage_is_found_and_the_target_kept(db: Database, run_id: int, tmp_path: Path) -> None:
    number = write_artifact(db, run_id, "best", a_file(tmp_path, CHUNK + 5))
    with db.write() as connection:
        connection.execute(
            update(models.artifact_chunks).where(models.artifact_chunks.c.position == 1).values(data=b"12345")
        )
    (tmp_path / "target").write_text("before")
    with pytest.raises(DatabaseError, match=f"artifact {number} is damaged"):
        copy_to(db, number, tmp_path / "target")
    assert (tmp_path / "target").read_text() == "before"
    assert not list(tmp_path.glob("*.part"))


def test_deletion_gives_the_space_back(db: Database, run_id: int, tmp_path: Path) -> None:
    number = write_artifact(db, run_id, "best", a_file(tmp_path, 4 * CHUNK))
    reading = read_chunks(db, number)
    next(reading)
    delete_artifact(db, number)
    with pytest.raises(NoSuchArtifact, match="deleted or replaced while it was read"):
        next(reading)
    with pytest.raises(NoSuchArtifact):
        delete_artifact(db, number)
    with db.read() as connection:
        assert connection.exec_driver_sql("PRAGMA freelist_count").scalar_one() == 0
        assert connection.exec_driver_sql("PRAGMA page_count").scalar_one() < CHUNK // 4096


def test_purge_takes_the_abandoned_and_leaves_what_is_being_written(
    db: Database, run_id: int, tmp_path: Path
) -> None:
    whole = write_artifact(db, run_id, "best", a_file(tmp_path, 10))
    abandoned, writing = (artifacts._begin(db, run_id, kind, "x", {}) for kind in ("last", "state"))
    for number in (abandoned, writing):
        with a_file(tmp_path, 2 * CHUNK).open("rb") as content:
            artifacts._write_chunks(db, number, content)
    with db.write() as connection:
        late = update(models.artifacts).where(models.artifacts.c.id == abandoned)
        connection.execute(late.values(touched_at=now_ms() - 120_001))
    purge(db)
    with db.read() as connection:
        left = connection.execute(select(models.artifacts.c.id)).scalars().all()
    assert sorted(left) == [whole, writing]
    assert chunk_count(db) == 3
