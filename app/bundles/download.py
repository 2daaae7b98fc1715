"""Downloads of bundles: written while they are sent, in pieces, so that memory holds none of them whole.

Who may download, `app/access.py` decides in front of this route, as for checkpoints.
"""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.bundles.export import Export, choose, stream_bundle
from app.bundles.sources import BundleError
from app.downloads import content_disposition
from app.error_lines import one_line
from app.queries import database
from storage.database import DatabaseError

LONGEST_NUMBER = 15
"""Digits."""


def bundle_url(run_ids: Iterable[int] = (), study_ids: Iterable[int] = (), *, weights: bool = True) -> str:
    """Relative address of a bundle of these runs and studies."""
    named = [("run", number) for number in run_ids] + [("study", number) for number in study_ids]
    return f"./bundle?{urlencode([*named, ('weights', int(weights))])}"


def bundle(request: Request) -> Response:
    """Answer GET of `/bundle?run=1&study=2&weights=0`: 200, 404 for what is not there, 503 where the database
    fails.

    A database that fails on the way ends the connection before the file is whole, which every browser shows.
    """
    try:
        db = database()
        wanted = [_numbers(request, name) for name in ("run", "study")]
        chosen = choose(db, *wanted, weights=request.query_params.get("weights") != "0")
        if not (chosen.runs or chosen.studies):
            raise BundleError("no run and no study is named")
        pieces: Iterator[bytes] = stream_bundle(db, chosen)
    except BundleError as error:
        return PlainTextResponse(f"{one_line(error)}\n", 404)
    except DatabaseError as error:
        return PlainTextResponse(f"{one_line(error)}\n", 503)
    headers = {
        "Content-Disposition": content_disposition(f"{name_of(chosen)}.zip", "bundle.zip"),
        "Content-Encoding": "identity",  # it is packed already, and Streamlit would pack it again
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, 200, headers, media_type="application/zip")


bundle_route = Route("/bundle", bundle, methods=["GET"])


def name_of(export: Export) -> str:
    """What a bundle is called: as its run or study."""
    if len(export.runs) == 1:
        return f"run {export.runs[0].id} {export.runs[0].title}"
    return export.studies[0].name if len(export.studies) == 1 else f"{len(export.runs)} runs"


def _numbers(request: Request, name: str) -> list[int]:
    given = request.query_params.getlist(name)
    for text in given:
        if not re.fullmatch(rf"[0-9]{{1,{LONGEST_NUMBER}}}", text):
            raise BundleError(f"{name} '{text[:40]}' is no number")
    return [int(text) for text in given]
