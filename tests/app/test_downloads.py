"""The download route: whole files, ranges, digests, names; and that it never holds more than a chunk."""

import asyncio
import base64
import hashlib
from pathlib import Path

import pytest
from conftest import Used
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient

from app.downloads import Span, UnsatisfiableRange, content_disposition, download, download_route, parse_range
from storage.artifacts import (
    CHUNK,
    Artifact,
    delete_artifact,
    get_artifact,
    list_artifacts,
    read_chunks,
    write_artifact,
)
from storage.database import Database


@pytest.fixture
def client() -> TestClient:
    """The route behind a compressing layer, as Streamlit has one."""
    return TestClient(Starlette(routes=[download_route], middleware=[Middleware(GZipMiddleware)]))


@pytest.fixture
def kept(used: Used) -> tuple[Artifact, bytes]:
    """A checkpoint of more than one chunk, with its bytes."""
    artifact = next(artifact for artifact in list_artifacts(used.db) if artifact.kind == "last")
    content = b"".join(read_chunks(used.db, artifact.id))
    assert CHUNK < len(content) == artifact.size
    return artifact, content


def test_the_whole_file_with_its_length_and_digest(client: TestClient, kept: tuple[Artifact, bytes]) -> None:
    artifact, content = kept
    answer = client.get(f"/download/{artifact.id}")
    assert answer.status_code == 200
    assert answer.content == content
    assert answer.headers["content-length"] == str(len(content)), "compression would have dropped it"
    digest = hashlib.sha256(content)
    assert answer.headers["etag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == f'attachment; filename="{artifact.name}"'


def test_head_tells_without_sending(client: TestClient, kept: tuple[Artifact, bytes]) -> None:
    artifact, content = kept
    answer = client.head(f"/download/{artifact.id}")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (
        200,
        b"",
        str(len(content)),
    )


@pytest.mark.parametrize(
    "span", [(0, 0), (5, 4_000), (CHUNK - 3, CHUNK + 3), (CHUNK, None), (None, 100), (0, 10**12)]
)
def test_ranges(
    client: TestClient, kept: tuple[Artifact, bytes], span: tuple[int | None, int | None]
) -> None:
    artifact, content = kept
    first, last = span
    answer = client.get(
        f"/download/{artifact.id}",
        headers={"Range": f"bytes={'' if first is None else first}-{'' if last is None else last}"},
    )
    start = len(content) - (last or 0) if first is None else first
    wanted = content[start:] if first is None or last is None else content[start : last + 1]
    assert answer.status_code == 206
    assert answer.content == wanted
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(wanted) - 1}/{len(content)}"
    assert answer.headers["content-length"] == str(len(wanted))


def test_two_halves_make_the_file(client: TestClient, kept: tuple[Artifact, bytes]) -> None:
    artifact, content = kept
    half = len(content) // 2
    parts = [
        client.get(f"/download/{artifact.id}", headers={"Range": f"bytes={span}"}).content
        for span in (f"0-{half}", f"{half + 1}-")
    ]
    assert b"".join(parts) == content


@pytest.mark.parametrize("span", ["99999999-", "-0"])
def test_a_range_outside_the_file(client: TestClient, kept: tuple[Artifact, bytes], span: str) -> None:
    artifact, content = kept
    answer = client.get(f"/download/{artifact.id}", headers={"Range": f"bytes={span}"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize("header", ["lines=0-5", "bytes=5-2", "bytes=0-1,4-5", "bytes=-", "bytes=x-y", "5-9"])
def test_what_is_no_single_range_gets_the_whole(
    client: TestClient, kept: tuple[Artifact, bytes], header: str
) -> None:
    artifact, content = kept
    answer = client.get(f"/download/{artifact.id}", headers={"Range": header})
    assert (answer.status_code, len(answer.content)) == (200, len(content))


def test_a_resumed_download_of_another_version_starts_anew(
    client: TestClient, kept: tuple[Artifact, bytes]
) -> None:
    artifact, content = kept
    url, span = f"/download/{artifact.id}", {"Range": "bytes=10-19"}
    assert client.get(url, headers=span | {"If-Range": '"other"'}).status_code == 200
    assert client.get(url, headers=span | {"If-Range": f'"{artifact.sha256}"'}).content == content[10:20]


@pytest.mark.parametrize("header", ['"{}"', 'W/"{}"', '"x", "{}"', "*"])
def test_what_the_browser_has_is_not_sent_again(
    client: TestClient, kept: tuple[Artifact, bytes], header: str
) -> None:
    artifact, _ = kept
    answer = client.get(f"/download/{artifact.id}", headers={"If-None-Match": header.format(artifact.sha256)})
    assert (answer.status_code, answer.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "status"), [("/download/99999", 404), ("/download/x", 404), ("/download/-1", 404)]
)
def test_what_is_not_there(client: TestClient, used: Used, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_a_broken_database_is_one_line(client: TestClient, empty_home: Path) -> None:
    (empty_home / "studio.db").write_bytes(b"this is no database at all" * 50)
    answer = client.get("/download/1")
    assert answer.status_code == 503
    assert answer.text.startswith("database ") and answer.text.count("\n") == 1


def _request(artifact_id: int) -> Request:
    scope = {"type": "http", "method": "GET", "headers": [], "path_params": {"artifact_id": artifact_id}}
    return Request(scope)


def test_a_piece_is_a_chunk_at_most(kept: tuple[Artifact, bytes]) -> None:
    answer = download(_request(kept[0].id))
    assert isinstance(answer, StreamingResponse)

    async def sizes() -> list[int]:
        return [len(piece) async for piece in answer.body_iterator]

    pieces = asyncio.run(sizes())
    assert max(pieces) <= CHUNK and sum(pieces) == kept[0].size


def test_what_is_deleted_meanwhile_breaks_off(used: Used, kept: tuple[Artifact, bytes]) -> None:
    """A file that ends early without an error would be taken for whole."""
    answer = download(_request(kept[0].id))
    assert isinstance(answer, StreamingResponse)

    async def read() -> None:
        async for _ in answer.body_iterator:
            delete_artifact(used.db, kept[0].id)

    with pytest.raises(Exception, match="deleted or replaced"):
        asyncio.run(read())


def test_an_empty_file_has_no_range(client: TestClient, used: Used, tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    number = write_artifact(used.db, 1, "note", tmp_path / "empty")
    assert client.get(f"/download/{number}").content == b""
    assert client.get(f"/download/{number}", headers={"Range": "bytes=0-"}).status_code == 416
    assert get_artifact(used.db, number).size == 0


@given(st.integers(1, 5_000), st.integers(0, 6_000), st.integers(0, 6_000))
def test_ranges_lie_within_the_file(size: int, first: int, last: int) -> None:
    try:
        span = parse_range(f"bytes={first}-{last}", size)
    except UnsatisfiableRange:
        assert first >= size
        return
    assert span is None if last < first else span == Span(first, min(size, last + 1))


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_header(name: str) -> None:
    header = content_disposition(name, "checkpoint-1.safetensors")
    assert header.isascii() and header.isprintable()
    plain = header.split('filename="')[1].split('"')[0]
    assert plain and not plain.startswith(".") and "/" not in plain and "\\" not in plain
    assert header.encode("latin-1")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("run.safetensors", "run.safetensors"),
        ("../../etc/passwd", "passwd"),
        ('a"; filename="evil.exe', "a_filename_evil.exe"),
        ("..hidden", "hidden"),
        ("", "otherwise"),
        ("größe.safetensors", "gr_e.safetensors"),
    ],
)
def test_names_stay_in_their_folder(name: str, plain: str) -> None:
    assert f'filename="{plain}"' in content_disposition(name, "otherwise")


def test_a_name_beyond_ascii_is_kept_beside_its_plain_form() -> None:
    assert content_disposition("größe.st", "x").endswith("filename*=UTF-8''gr%C3%B6%C3%9Fe.st")


def test_the_database_of_the_route_is_that_of_the_pages(used: Used) -> None:
    from app.queries import database

    assert isinstance(database(), Database) and database() is used.db
