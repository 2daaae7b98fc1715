"""`infmasking queue`, as it is typed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house

from storage.jobs import claim, queued_jobs
from storage.pauses import list_pauses


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened
        opened.dismiss()


def typed(house: House, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", "queue", *map(str, words)]
    environment = house.environment()
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


def order(house: House) -> list[int]:
    return [job.run_id for job in queued_jobs(house.db)]


def test_the_queue_from_the_command_line(house: House) -> None:
    a, b, c = house.submit("first run", "second run", "third run", study="S")
    assert typed(house, "move", c, "--before", b).stdout == f"run {c}: moved\n"
    assert order(house) == [a, c, b]
    assert typed(house, "move", b, c, "--first").returncode == 0
    assert order(house) == [c, b, a]
    assert typed(house, "priority", a, 5).stdout == f"run {a}: priority 5\n"
    assert typed(house, "priority", b, "-5").stdout == f"run {b}: priority -5\n"
    assert order(house) == [a, c, b]
    assert typed(house, "pause", "--study", "S").stdout == "study 'S' paused\n"
    assert typed(house, "pause", "--study", "S").stdout == "study 'S' was paused already\n"
    listed = typed(house).stdout.splitlines()
    assert listed[0].split() == ["RUN", "PRIORITY", "DEVICE", "STARTS", "DONE", "TITLE"]
    assert [line.split()[0] for line in listed[1:4]] == [str(a), str(c), str(b)]
    assert all("study paused" in line for line in listed[1:4]) and "first run" in listed[1]
    assert listed[4] == "0 at work · 3 waiting, 3 of them held back"
    assert typed(house, "pause", "--device", "cuda:0").stdout == "device cuda:0 paused\n"
    assert typed(house, "resume", "--device", "cuda:0").stdout == "device cuda:0 goes on\n"
    assert [one.scope for one in list_pauses(house.db)] == [f"study:{house.run(a).study_id}"]
    assert typed(house, "empty", "--study", "S").stdout == f"taken out of the queue: {a}, {c}, {b}\n"
    assert typed(house, "empty").stdout == "nothing waits\n"
    assert typed(house).stdout == "0 at work · 0 waiting\n"


def test_going_on_starts_a_supervisor_when_something_waits(house: House) -> None:
    (run,) = house.submit("work", study="S")
    typed(house, "pause")
    assert not house.has_supervisor()
    assert typed(house, "resume").stdout == "the queue goes on\n"
    house.wait(run, "running", "finished", seconds=120)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("move", "1"), "say where to: one of --before RUN, --first, --last, --up, --down"),
        (("move", "1", "--first", "--last"), "say where to"),
        (("move", "77", "--first"), "no run 77"),
        (("move", "1", "--before", "77"), "no run 77"),
        (("priority", "1", "2000"), "less than or equal to 1000"),
        (("pause", "--device", "gpu"), "'device:gpu' cannot be paused; only all, a study, or a device"),
        (("pause", "--study", "none"), "no study 'none'"),
        (("pause", "--study", "S", "--device", "cpu"), "--study or --device, not both"),
        (("resume",), "the queue is not paused"),
        (("move", "2", "--first"), "run 2 does not wait in the queue: it is starting"),
    ],
)
def test_mistakes_are_one_line(house: House, words: tuple[str, ...], line: str) -> None:
    house.submit("a", study="S")
    house.submit("b", study="S")
    (second,) = [job for job in queued_jobs(house.db) if job.run_id == 2]
    claim(house.db, "me", "cpu:1", job_id=second.id)
    done = typed(house, *words)
    assert done.returncode != 0
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    assert line in done.stderr
    assert order(house) == [1]
