"""Downloads: a checkpoint streamed from the database, chunk by chunk, with its length, digest and byte ranges
(RFC 9110).

`st.download_button` would hold the whole file in memory. Who may download, `app/access.py` decides in front
of this route.
"""

import base64
import re
from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.error_lines import one_line
from app.queries import database
from storage.artifacts import Artifact, NoSuchArtifact, get_artifact, read_chunks
from storage.database import DatabaseError

LONGEST_NAME = 120


class Span(NamedTuple):
    """Bytes start … stop − 1."""

    start: int
    stop: int


class UnsatisfiableRange(ValueError):
    """A byte range that lies outside the file."""


def download_url(artifact_id: int) -> str:
    """Relative address of an artifact's bytes."""
    return f"./download/{artifact_id}"


def download(request: Request) -> Response:
    """Answer GET and HEAD of `/download/ID`: 200, 206, 304, 404, 416, or 503 where the database fails."""
    try:
        db = database()
        artifact = get_artifact(db, request.path_params["artifact_id"])
        headers = _headers(artifact)
        if _tags(request.headers.get("if-none-match", "")) & {headers["ETag"], "*"}:
            return Response(status_code=304, headers={"ETag": headers["ETag"]})
        span = _wanted(request, artifact, headers["ETag"])
        whole = span is None
        start, stop = span or Span(0, artifact.size)
        headers["Content-Length"] = str(stop - start)
        if not whole:
            headers["Content-Range"] = f"bytes {start}-{stop - 1}/{artifact.size}"
        status = 200 if whole else 206
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return StreamingResponse(read_chunks(db, artifact.id, start, stop), status, headers)
    except UnsatisfiableRange as error:
        return PlainTextResponse(f"{error}\n", 416, {"Content-Range": f"bytes */{artifact.size}"})
    except NoSuchArtifact as error:
        return PlainTextResponse(f"{one_line(error)}\n", 404)
    except DatabaseError as error:
        return PlainTextResponse(f"{one_line(error)}\n", 503)


download_route = Route("/download/{artifact_id:int}", download, methods=["GET"])


def _headers(artifact: Artifact) -> dict[str, str]:
    digest = base64.b64encode(bytes.fromhex(artifact.sha256)).decode()
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": content_disposition(artifact.name, f"checkpoint-{artifact.id}.safetensors"),
        # Says "already encoded" to Streamlit's gzip layer, which would drop the length and spend a core on
        # noise.
        "Content-Encoding": "identity",
        "Accept-Ranges": "bytes",
        "ETag": f'"{artifact.sha256}"',
        "Repr-Digest": f"sha-256=:{digest}:",
        "Digest": f"SHA-256={digest}",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }


def content_disposition(name: str, otherwise: str) -> str:
    """An attachment under a name that is safe on every system: no folders, no controls, no leading dot."""
    last = re.split(r"[/\\]", name)[-1]
    plain = re.sub(r"[^A-Za-z0-9._+-]+", "_", last).lstrip("._")[:LONGEST_NAME] or otherwise
    wide = re.sub(r"[\x00-\x1f\x7f<>:\"|?*]+", "_", last).lstrip(".")[:LONGEST_NAME] or otherwise
    extra = "" if wide == plain else f"; filename*=UTF-8''{quote(wide.encode('utf-8', 'replace'), safe='')}"
    return f'attachment; filename="{plain}"{extra}'


def _wanted(request: Request, artifact: Artifact, tag: str) -> Span | None:
    """The range asked for, unless it is of another version of the file (If-Range)."""
    header = request.headers.get("range")
    if header is None or request.headers.get("if-range", tag) != tag:
        return None
    return parse_range(header, artifact.size)


def parse_range(header: str, size: int) -> Span | None:
    """The one byte range of a Range header; None for what may be ignored: another unit, bad syntax, several
    ranges.

    Raises `UnsatisfiableRange`, one line, for a range outside a file of `size` bytes.
    """
    found = re.fullmatch(r"\s*bytes\s*=\s*([0-9]{0,18})\s*-\s*([0-9]{0,18})\s*", header, re.IGNORECASE)
    if found is None or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if first == "":
        span = Span(max(0, size - int(last)), size)
    elif last and int(last) < int(first):
        return None
    else:
        span = Span(int(first), min(size, int(last) + 1) if last else size)
    if span.start >= span.stop:
        raise UnsatisfiableRange(f"no bytes {header.partition('=')[2].strip()} in a file of {size}")
    return span


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
