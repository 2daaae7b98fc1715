"""The log-in at a real server: open to an honest user whatever others send, and ended by logging out."""

import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect
from redraws import press
from studio import Studio

PASSWORD = "correct horse battery"
HEAD = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
PAGES = ("overview", "launch?preset=bits-quick", "synergy", "checkpoints", "study")


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Studio]:
    monkeypatch.setenv("INFMASKING_PASSWORD", PASSWORD)
    studio = Studio(tmp_path / "studio")
    try:
        studio.start()
        yield studio
    finally:
        studio.end()


def attack(studio: Studio, stack: ExitStack) -> None:
    """Guesses whose clients are gone, and forms and heads of which the half never comes, from another address
    of this machine."""
    for number in range(240):
        client = socket.create_connection(("127.0.0.1", studio.port), 30, source_address=("127.0.0.2", 0))
        body = b"password=wrong"
        if number % 3 == 0:
            client.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
            client.close()
        else:
            client.sendall(HEAD[:40] if number % 3 == 1 else HEAD + b"Content-Length: 100\r\n\r\npass")
            stack.callback(client.close)


def test_an_honest_user_gets_in_and_out_while_others_flood(guarded: Studio, browser: Browser) -> None:
    refused: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            refused.append(message.text)

    with ExitStack() as stack, browser.new_context() as context:
        attack(guarded, stack)
        page = context.new_page()
        page.on("console", listen)
        page.goto(guarded.url)
        expect(page).to_have_url(re.compile("/login$"))
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("heading", name="How much synergy did a method capture?")).to_be_visible()
        for name in PAGES:
            answer = page.goto(f"{guarded.url}/{name}")
            assert answer is not None and answer.headers["x-frame-options"] == "DENY"
            expect(page.get_by_role("heading").first).to_be_visible()
        press(page, "Log out")
        expect(page).to_have_url(re.compile("/login$"))
        page.goto(guarded.url)
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        assert not refused
