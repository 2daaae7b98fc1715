"""Who may use the dashboard: the one place with the rule, in front of every page, socket and download.

With `INFMASKING_PASSWORD` set, everybody logs in with it. Without it the server listens on a loopback address
only, and answers only to a name of this machine: another name in a request means that a proxy or a rebound
domain stands between.
"""

import asyncio
import hmac
import ipaddress
import os
import secrets
import time
from collections.abc import Mapping
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.login_form import login_form
from engine.errors import UserError

PASSWORD_VARIABLE = "INFMASKING_PASSWORD"  # noqa: S105 - the name of the variable
SHORTEST_PASSWORD = 12
"""Wrong guesses are answered one a second, all clients together, so that twelve characters hold."""
COOKIE = "infmasking_login"
LOGIN_SECONDS = 7 * 86_400
LONGEST_FORM = 4096
HEALTH = "/_stcore/health"


class AccessError(UserError):
    """A server that would stand open; one line with what came and what is allowed."""


def password_for(address: str | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The password that guards a server on this address, or None for an open one on a loopback address.

    Raises `AccessError` for a network address without a password, and for a password that is too short.
    """
    password = environment.get(PASSWORD_VARIABLE) or None
    if password is None and not is_loopback(address):
        raise AccessError(
            f"server.address is {address or 'every address'}, which others can reach: set "
            f"{PASSWORD_VARIABLE} "
            f"(at least {SHORTEST_PASSWORD} characters), or serve 127.0.0.1 only"
        )
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise AccessError(
            f"{PASSWORD_VARIABLE} has {len(password)} characters; at least {SHORTEST_PASSWORD} are needed"
        )
    return password


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host is None:
        return False
    name = host.strip("[]").lower().rstrip(".")
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


class Gate:
    """ASGI middleware that lets through what the rule allows; `base` is the path the dashboard is served
    under."""

    def __init__(self, app: ASGIApp, password: str | None, base: str = "/") -> None:
        self._app, self._password, self._base = app, password, base
        self._key = secrets.token_bytes(32)
        self._guessing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = None
        if scope["type"] in ("http", "websocket"):
            answer = (
                self._open_answer(scope)
                if self._password is None
                else await self._login_answer(scope, receive)
            )
        if answer is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": "not allowed"})
        else:
            await answer(scope, receive, send)

    def _open_answer(self, scope: Scope) -> Response | None:
        """None where a request without login is this machine's own."""
        reached, asked = (scope.get("server") or (None,))[0], _host(scope)
        if is_loopback(reached) and is_loopback(asked):
            return None
        line = (
            f"This dashboard answers only to 127.0.0.1 and localhost, not to {asked!r}; "
            f"{PASSWORD_VARIABLE} opens it to others.\n"
        )
        return PlainTextResponse(line, 403)

    async def _login_answer(self, scope: Scope, receive: Receive) -> Response | None:
        """None for who has logged in; the form, or a refusal, for who has not."""
        if scope["path"].endswith(HEALTH) or self._is_valid(_cookie(scope)):
            return None
        if scope["type"] == "websocket":
            return PlainTextResponse("log in first\n", 401)
        if not scope["path"].endswith("/login"):
            wants_page = scope["method"] == "GET" and "text/html" in Headers(scope=scope).get("accept", "")
            return (
                RedirectResponse(f"{self._base}login", 303)
                if wants_page
                else PlainTextResponse("log in first\n", 401)
            )
        if scope["method"] != "POST":
            return HTMLResponse(login_form(), headers=_FORM_HEADERS)
        return await self._log_in(Request(scope, receive))

    async def _log_in(self, request: Request) -> Response:
        given = await _form_value(request, "password")
        async with self._guessing:
            if self._password is None or not hmac.compare_digest(given.encode(), self._password.encode()):
                await asyncio.sleep(1.0)
                return HTMLResponse(login_form("That is not the password."), 401, headers=_FORM_HEADERS)
        answer = RedirectResponse(self._base, 303)
        answer.set_cookie(
            COOKIE,
            self._sign(int(time.time()) + LOGIN_SECONDS),
            max_age=LOGIN_SECONDS,
            path=self._base,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return answer

    def _sign(self, expiry: int) -> str:
        return f"{expiry}.{hmac.new(self._key, str(expiry).encode(), 'sha256').hexdigest()}"

    def _is_valid(self, cookie: str) -> bool:
        expiry, _, _ = cookie.partition(".")
        if not (expiry.isascii() and expiry.isdigit()) or int(expiry[:15]) < time.time():
            return False
        return hmac.compare_digest(cookie.encode(), self._sign(int(expiry[:15])).encode())


_FORM_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


async def _form_value(request: Request, name: str) -> str:
    """A field of a URL-encoded form; "" where it is missing or the form is too long to be one of ours."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_FORM:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get(name, [""])[0]


def _host(scope: Scope) -> str:
    """Host name that a request asks for, without its port."""
    try:
        return urlsplit(f"//{Headers(scope=scope).get('host', '')}").hostname or ""
    except ValueError:
        return ""


def _cookie(scope: Scope) -> str:
    try:
        found = SimpleCookie(Headers(scope=scope).get("cookie", ""))
    except CookieError:
        return ""
    return found[COOKIE].value if COOKIE in found else ""
