"""Who may use the dashboard: the one place with the rule, in front of every page, socket and download.

With `INFMASKING_PASSWORD` set, everybody logs in with it. Without it the server listens on a loopback address
only, and answers only to a name of this machine: another name in a request means that a proxy or a rebound
domain stands between.
"""

import asyncio
import hashlib
import hmac
import ipaddress
import math
import os
import secrets
import time
from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.login_form import log_out_form, login_form
from app.logins import Guesses, Login, Logins
from app.security_headers import with_headers
from engine.errors import UserError

PASSWORD_VARIABLE = "INFMASKING_PASSWORD"  # noqa: S105 - the name of the variable
SHORTEST_PASSWORD = 12
"""An address has few wrong guesses (`app.logins`), so that twelve characters hold."""
COOKIE = "infmasking_login"
LOGIN_SECONDS = 7 * 86_400
LONGEST_FORM = 4096
FORM_SECONDS = 10.0
"""A form that takes longer to arrive is given up."""
HEALTH = "_stcore/health"


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


def guarded(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether a password is set, so that one can log out."""
    return bool(environment.get(PASSWORD_VARIABLE))


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
        self._app, self._base = app, base
        self._salt = secrets.token_bytes(32)
        self._password = None if password is None else self._digest(password)
        self._logins, self._guesses = Logins(LOGIN_SECONDS), Guesses()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http":
            send = with_headers(send)
        login, answer = None, None
        if self._password is None:
            answer = self._open_answer(scope)
        else:
            login = self._logins.find(_cookie(scope))
            answer = await self._login_answer(scope, receive, login)
        if answer is None and login is not None and scope["type"] == "websocket":
            await self._app(scope, _until_ended(receive, login), send)
        elif answer is None:
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
            f"This dashboard answers only to 127.0.0.1 and localhost, not to {asked!r}; {PASSWORD_VARIABLE} "
            "opens it to others.\n"
        )
        return PlainTextResponse(line, 403)

    async def _login_answer(self, scope: Scope, receive: Receive, login: Login | None) -> Response | None:
        """None for who has logged in; the form, or a refusal, for who has not."""
        page = scope["path"].removeprefix(self._base) if scope["path"].startswith(self._base) else None
        if page == "logout" and scope["type"] == "http":
            return self._log_out(Request(scope, receive))
        if login is not None or (page == HEALTH and scope["type"] == "http"):
            return None
        if scope["type"] == "websocket":
            return PlainTextResponse("log in first\n", 401)
        if page != "login":
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
        """Nothing here waits for another client: a wrong guess only makes its own address wait."""
        address = request.client.host if request.client else ""
        try:
            async with asyncio.timeout(FORM_SECONDS):
                given = await _form_value(request, "password")
        except TimeoutError:
            return PlainTextResponse("the form took too long\n", 408, {"Connection": "close"})
        if wait := self._guesses.wait(address):
            line = f"Too many wrong passwords from your address; try again in {math.ceil(wait)} s."
            headers = _FORM_HEADERS | {"Retry-After": str(math.ceil(wait))}
            return HTMLResponse(login_form(line), 429, headers=headers)
        if self._password is None or not hmac.compare_digest(self._digest(given), self._password):
            self._guesses.wrong(address)
            return HTMLResponse(login_form("That is not the password."), 401, headers=_FORM_HEADERS)
        answer = RedirectResponse(self._base, 303)
        answer.set_cookie(
            COOKIE,
            self._logins.begin(),
            max_age=LOGIN_SECONDS,
            path=self._base,
            secure=request.url.scheme == "https",
            httponly=True,
            samesite="lax",
        )
        return answer

    def _log_out(self, request: Request) -> Response:
        """POST ends the login here and in the browser; another site's form does not."""
        if request.method != "POST":
            return HTMLResponse(log_out_form(self._base), headers=_FORM_HEADERS)
        origin = request.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
            return PlainTextResponse("log out from the dashboard itself\n", 403)
        self._logins.end(_cookie(request.scope))
        answer = RedirectResponse(f"{self._base}login", 303)
        answer.delete_cookie(COOKIE, path=self._base, httponly=True, samesite="lax")
        return answer

    def _digest(self, password: str) -> bytes:
        """Of equal length for all passwords, so that comparing tells nothing of theirs."""
        return hashlib.blake2b(password.encode("utf-8", "replace"), key=self._salt).digest()


def _until_ended(receive: Receive, login: Login) -> Receive:
    """`receive`, to which the end of the login is the end of the connection."""

    async def receiving() -> Message:
        left = max(0.0, login.until - time.monotonic())
        coming, ending = asyncio.ensure_future(receive()), asyncio.ensure_future(login.ended.wait())
        try:
            await asyncio.wait({coming, ending}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if coming.done() and not login.ended.is_set():
                return coming.result()
            return {"type": "websocket.disconnect", "code": 1008, "reason": "logged out"}
        finally:
            coming.cancel()
            ending.cancel()

    return receiving


_FORM_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
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
    return cookie_parser(Headers(scope=scope).get("cookie", "")).get(COOKIE, "")
