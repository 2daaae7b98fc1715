"""Calling out when a study has ended or a run of it failed, to a real web server."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house
from notice_server import notice_server

from app.training import notices
from app.training.notices import MISSING, URLS, Caller, Notice, NoticeError, notice_of, send
from storage.preferences import set_preference
from storage.runs import mark_ended, mark_started

NOTICE = Notice("A title", "first line\nsecond line")
pytestmark = pytest.mark.skipif(not notices.is_available(), reason="the extra [notify] is not installed")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def test_a_message_arrives_as_it_was_written() -> None:
    with notice_server() as server:
        assert send([server.url, server.url], NOTICE) == ["JSON", "JSON"]
    assert [(one["title"], one["message"]) for one in server.received] == [tuple(NOTICE)] * 2


def test_urls_are_looked_at_without_a_message() -> None:
    with notice_server() as server:
        assert send([server.url], None) == ["JSON"]
    assert server.received == []


@pytest.mark.parametrize("wrong", ["s3cret", "", "nonsense://s3cret@host", "json://", "json:// \n\x00s3cret"])
def test_an_unknown_url_is_named_by_its_place_and_nothing_is_sent(wrong: str) -> None:
    with (
        notice_server() as server,
        pytest.raises(NoticeError, match="knows no service by URL 2; write") as error,
    ):
        send([server.url, wrong], NOTICE)
    assert server.received == []
    assert "s3cret" not in str(error.value)


def test_a_service_that_refuses_is_named_without_its_secrets() -> None:
    with notice_server(500) as server, pytest.raises(NoticeError) as error:
        send([server.url], NOTICE)
    assert str(error.value) == "JSON did not take the message"
    assert len(server.received) >= 1


def test_a_service_that_never_answers_is_given_up() -> None:
    with notice_server(0) as server, pytest.raises(NoticeError, match=r"no answer within 2 s|did not take"):
        send([server.url], NOTICE, seconds=2.0)


def test_without_apprise_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoticeError, match=r"infmasking-studio\[notify\]"):
        send(["json://host"], NOTICE)
    assert MISSING.endswith("pip install 'infmasking-studio[notify]'")


def test_secrets_stand_in_no_command_line_and_no_output() -> None:
    with notice_server(500) as server:
        asked = json.dumps({"urls": [server.url], "notice": NOTICE._asdict()})
        done = subprocess.run(
            [sys.executable, "-m", "app.training.notice_sender"],
            input=asked,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
    assert json.loads(done.stdout)["failed"] == ["JSON"]
    for secret in ("s3cret", "t0ken"):
        assert secret not in done.stdout + done.stderr


def test_what_is_said_and_when(house: House) -> None:
    first, second, third = house.submit("a", "b", "c", study="S")
    (elsewhere,) = house.submit("d", study="other")
    for run in (first, second, third):
        mark_started(house.db, run, host="h", pid=1)
    study = house.run(first).study_id
    mark_ended(house.db, first, "finished")
    assert notice_of(house.db, first) == (study, None, False)
    mark_ended(house.db, second, "failed", "out of memory")
    assert notice_of(house.db, second) == (
        study,
        Notice(
            f"Study 'S': run {second} has failed",
            f"1 finished, 1 failed; 1 still at work or waiting\nrun {second} (b): out of memory",
        ),
        False,
    )
    mark_ended(house.db, third, "finished")
    _, notice, ended = notice_of(house.db, third)
    assert ended and notice is not None
    assert notice.title == "Study 'S' has ended with errors"
    assert notice.body.startswith("2 finished, 1 failed of 3 runs\n")
    mark_ended(house.db, elsewhere, "finished")
    assert notice_of(house.db, elsewhere)[1] == Notice("Study 'other' has ended", "1 finished of 1 runs")


def test_a_study_in_trouble_says_so_once_and_again_at_its_end(house: House) -> None:
    runs = house.submit("a", "b", "c", study="S")
    said: list[str] = []
    with notice_server() as server:
        set_preference(house.db, URLS, [server.url])
        caller = Caller(house.db, said.append)
        for run in runs:
            mark_ended(house.db, run, "failed", "why")
            caller.run_ended(run)
            house.until(lambda: not caller._ended.qsize())
        caller.close(60)
    titles = [one["title"] for one in server.received]
    assert titles[-1] == "Study 'S' has ended with errors"
    assert len(titles) <= 2 and len(said) == len(titles)
    assert all("s3cret" not in line for line in said)


def test_nobody_is_called_by_default(house: House) -> None:
    (run,) = house.submit("a")
    mark_ended(house.db, run, "finished")
    said: list[str] = []
    caller = Caller(house.db, said.append)
    caller.run_ended(run)
    caller.run_ended(999)
    caller.close(60)
    assert said == []


def test_a_supervisor_calls_out_when_the_last_run_has_ended(house: House) -> None:
    with notice_server() as server:
        set_preference(house.db, URLS, [server.url])
        house.submit("work", "work", study="S")
        house.supervisor()
        house.until(lambda: bool(server.received))
    assert server.received[0]["title"] == "Study 'S' has ended"
    house.until(lambda: "notice sent to JSON: Study 'S' has ended" in house.log())


def test_a_service_that_hangs_holds_up_no_run_and_its_secrets_stay_out_of_the_log(house: House) -> None:
    with notice_server(0) as server:
        set_preference(house.db, URLS, [server.url])
        house.submit("crash", study="S")
        house.supervisor(cores=1)
        house.until(lambda: bool(server.received))
        (after,) = house.submit("work", study="T")
        house.wait(after, "finished")
    house.until(lambda: "no notice was sent: JSON did not take the message" in house.log())
    assert "s3cret" not in house.log() and "t0ken" not in house.log()
