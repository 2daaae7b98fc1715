"""`infmasking notify`, as it is typed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house
from notice_server import notice_server

from app.training.notices import MOST_URLS, is_available, kept_urls

pytestmark = pytest.mark.skipif(not is_available(), reason="the extra [notify] is not installed")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def typed(house: House, *words: str, input: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", "notify", *words]
    return subprocess.run(
        command, env=house.environment(), capture_output=True, text=True, timeout=120, input=input
    )


def test_services_are_added_tried_listed_and_removed_and_no_secret_is_shown(house: House) -> None:
    assert typed(house).stdout == "nobody is called; infmasking notify add URL\n"
    with notice_server() as server:
        answers = [typed(house, "add", "-", input=f"{server.url}\n")]
        assert answers[0].stdout == "JSON will be called\n"
        assert kept_urls(house.db) == [server.url]
        answers += [typed(house, "add", server.url), typed(house, "test"), typed(house)]
        assert [answer.stdout for answer in answers[2:]] == ["sent to JSON\n", "1  json://…\n"]
    assert [one["message"] for one in server.received] == ["A test message."]
    assert typed(house, "remove", "1").stdout == "json://… is no longer called\n"
    assert kept_urls(house.db) == []
    said = "".join(answer.stdout + answer.stderr for answer in answers)
    assert "s3cret" not in said and "t0ken" not in said


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("add", "nonsense://s3cret"), "apprise knows no service by URL; write service://…"),
        (("add", "json://" + "x" * 2000), "a URL has at most 2,000 characters, not 2,007"),
        (("remove", "1"), "there is no service 1; 0 are listed"),
        (("test",), "nobody is called"),
    ],
)
def test_mistakes_are_one_line_and_change_nothing(house: House, words: tuple[str, ...], line: str) -> None:
    done = typed(house, *words)
    assert done.returncode != 0 and done.stderr.count("\n") == 1
    assert line in done.stderr and "s3cret" not in done.stderr
    assert kept_urls(house.db) == []


def test_there_is_a_most(house: House) -> None:
    from storage.preferences import set_preference

    set_preference(house.db, "notify_urls", [f"json://host/{n}" for n in range(MOST_URLS)])
    assert f"at most {MOST_URLS} services are called" in typed(house, "add", "json://one/more").stderr
