"""The gate: who gets in, who does not, and that a server which would stand open does not start."""

import subprocess
import sys
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.access import AccessError, Gate, is_loopback, password_for
from app.logins import GUESSES, MOST_ADDRESSES, MOST_LOGINS, Guesses, Logins

PASSWORD = "correct horse battery"


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


def client(password: str | None, url: str = "http://localhost", base: str = "/") -> TestClient:
    routes = [
        Route("/", lambda request: PlainTextResponse("inside")),
        Route("/_stcore/health", lambda request: PlainTextResponse("ok")),
        Route("/download/1", lambda request: PlainTextResponse("bytes")),
        WebSocketRoute("/_stcore/stream", _socket),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Gate, password=password, base=base)])
    return TestClient(app, base_url=url, follow_redirects=False)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "localhost", "LOCALHOST.", "app.localhost"]
)
def test_names_of_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", [None, "", "0.0.0.0", "::", "192.168.1.4", "example.org", "127.0.0.1.example.org"]
)
def test_names_that_others_can_have(host: str | None) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize("address", ["0.0.0.0", None, "", "10.0.0.7", "gpu-server"])
def test_an_open_server_is_refused(address: str | None) -> None:
    with pytest.raises(AccessError, match="INFMASKING_PASSWORD"):
        password_for(address, {})


def test_the_password_has_to_be_long() -> None:
    with pytest.raises(AccessError, match="has 5 characters"):
        password_for("127.0.0.1", {"INFMASKING_PASSWORD": "short"})
    assert password_for("0.0.0.0", {"INFMASKING_PASSWORD": PASSWORD}) == PASSWORD
    assert password_for("127.0.0.1", {}) is None


def test_loopback_is_open_to_this_machine() -> None:
    assert client(None).get("/download/1").text == "bytes"
    with client(None).websocket_connect("ws://localhost/_stcore/stream") as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize("path", ["/", "/download/1", "/_stcore/health"])
def test_a_rebound_name_is_refused(path: str) -> None:
    answer = client(None).get(path, headers={"Host": "evil.example:8501"})
    assert answer.status_code == 403
    assert "evil.example" in answer.text


def test_a_rebound_name_gets_no_socket() -> None:
    for url in ("ws://evil.example/_stcore/stream", "ws://10.0.0.7/_stcore/stream"):
        with pytest.raises(WebSocketDisconnect), client(None).websocket_connect(url):
            pass


def test_without_password_nothing_is_served_on_another_address() -> None:
    assert client(None, "http://192.168.1.4").get("/", headers={"Host": "localhost"}).status_code == 403


def test_without_login_there_is_only_the_form_and_health() -> None:
    visitor = client(PASSWORD, "http://studio.example")
    assert visitor.get("/_stcore/health").text == "ok"
    assert visitor.get("/download/1").status_code == 401
    page = visitor.get("/", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    assert "<form" in visitor.get("/login").text
    with pytest.raises(WebSocketDisconnect), visitor.websocket_connect("ws://studio.example/_stcore/stream"):
        pass


def test_the_password_lets_in_everywhere_until_it_ends() -> None:
    visitor = client(PASSWORD, "http://studio.example")
    answer = visitor.post("/login", data={"password": PASSWORD})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    flags = answer.headers["set-cookie"].lower()
    assert "httponly" in flags and "samesite=lax" in flags
    assert visitor.get("/download/1").text == "bytes"
    with visitor.websocket_connect("ws://studio.example/_stcore/stream") as socket:
        assert socket.receive_text() == "hello"


def test_a_wrong_password_lets_nobody_in() -> None:
    visitor = client(PASSWORD)
    answer = visitor.post("/login", data={"password": PASSWORD + "!"})
    assert answer.status_code == 401
    assert "not the password" in answer.text and "set-cookie" not in answer.headers
    assert visitor.get("/download/1").status_code == 401


def test_an_address_has_few_guesses_and_only_it_waits() -> None:
    app = client(PASSWORD).app
    bad, good = (TestClient(app, "http://localhost", client=(host, 1)) for host in ("10.0.0.1", "10.0.0.2"))
    codes = [bad.post("/login", data={"password": "wrong"}).status_code for _ in range(60)]
    assert codes[:GUESSES] == [401] * GUESSES and 429 in codes
    refused = bad.post("/login", data={"password": PASSWORD}, follow_redirects=False)
    assert refused.status_code == 429 and int(refused.headers["retry-after"]) >= 1
    assert good.post("/login", data={"password": PASSWORD}, follow_redirects=False).status_code == 303


def test_addresses_of_one_ipv6_network_are_one_guesser_and_the_memory_is_bounded() -> None:
    guesses = Guesses()
    for number in range(GUESSES):
        guesses.wrong(f"2001:db8::{number:x}")
    assert guesses.wait("2001:db8::ffff") > 0 and guesses.wait("::ffff:10.0.0.1") == 0
    for number in range(3 * MOST_ADDRESSES):
        guesses.wrong(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(guesses._full_at) == MOST_ADDRESSES


def test_logging_out_ends_the_login_on_the_server() -> None:
    visitor = client(PASSWORD, "http://studio.example")
    visitor.post("/login", data={"password": PASSWORD})
    kept = visitor.cookies["infmasking_login"]
    assert "Log out" in visitor.get("/logout").text
    foreign = visitor.post("/logout", headers={"Origin": "http://evil.example"})
    assert foreign.status_code == 403 and visitor.get("/download/1").text == "bytes"
    assert visitor.post("/logout").headers["location"] == "/login"
    assert "infmasking_login" not in visitor.cookies
    again = client(PASSWORD).get("/download/1", headers={"Cookie": f"infmasking_login={kept}"})
    visitor.cookies.set("infmasking_login", kept)
    assert again.status_code == 401 and visitor.get("/download/1").status_code == 401


@pytest.mark.parametrize("path", ["/", "/login", "/download/1", "/_stcore/health", "/nowhere"])
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_every_answer_has_the_headers(path: str, password: str | None) -> None:
    answer = client(password).get(path)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    "path", ["/x/_stcore/health", "/download/1/_stcore/health", "/_stcore/healthy", "/x/login"]
)
def test_only_the_health_path_itself_is_open(path: str) -> None:
    assert client(PASSWORD).get(path).status_code == 401


@pytest.mark.parametrize("cookie", ["", "1.2", "9999999999.", "9999999999." + "0" * 64, "²³.x", "a=b; c"])
def test_a_made_up_cookie_does_not_count(cookie: str) -> None:
    headers = {"Cookie": f"infmasking_login={cookie}".encode()}
    assert client(PASSWORD).get("/download/1", headers=headers).status_code == 401


def test_a_login_ends_and_is_of_one_server() -> None:
    short, other = Logins(0.0), Logins(60.0)
    assert short.find(short.begin()) is None
    secret = other.begin()
    assert other.find(secret) is not None and Logins(60.0).find(secret) is None
    first = other.find(secret)
    for _ in range(MOST_LOGINS):
        other.begin()
    assert other.find(secret) is None and first is not None and first.ended.is_set()


def test_a_flood_of_form_data_is_cut() -> None:
    assert client(PASSWORD).post("/login", data={"password": "x" * 100_000}).status_code == 401


def test_the_form_is_found_under_a_base_path() -> None:
    visitor = client(PASSWORD, base="/studio/")
    assert visitor.get("/", headers={"Accept": "text/html"}).headers["location"] == "/studio/login"
    assert visitor.post("/studio/login", data={"password": PASSWORD}).headers["location"] == "/studio/"


def test_the_program_ends_with_one_line_where_it_would_stand_open() -> None:
    root = Path(__file__).parents[2]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        "app/main.py",
        "--server.address",
        "0.0.0.0",
        "--server.port",
        "8599",
    ]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert (
        done.stderr.strip()
        .splitlines()[-1]
        .startswith("infmasking: server.address is 0.0.0.0, which others can reach")
    )
