"""A supervisor starts what waits in the order that was set by hand, and nothing that is paused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house

from storage.jobs import queued_jobs
from storage.pauses import ALL, device_scope, pause, resume, study_scope
from storage.queue import move_runs, prioritise_runs


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def started(house: House, runs: list[int]) -> list[int]:
    """The runs in the order in which they began."""
    return sorted(runs, key=lambda run: house.run(run).started_at or 0)


def test_the_order_set_by_hand_is_the_order_of_work(house: House) -> None:
    first, second, third, fourth = house.submit(*["work"] * 4)
    prioritise_runs(house.db, [second], 3)
    move_runs(house.db, [fourth], before=first)
    pause(house.db, ALL)
    house.supervisor(cores=1)
    house.until(house.has_supervisor)
    move_runs(house.db, [third])
    resume(house.db, ALL)
    runs = [first, second, third, fourth]
    for run in runs:
        house.wait(run, "finished")
    assert started(house, runs) == [third, second, fourth, first]


def test_a_paused_study_is_passed_over_and_its_run_at_work_goes_on(house: House) -> None:
    going, held = house.submit("long", "work")
    house.supervisor(cores=1)
    house.wait(going, "running")
    pause(house.db, study_scope(house.run(held).study_id))
    step = house.run(going).step
    house.until(lambda: house.run(going).step > step)
    assert house.state(held) == "queued"


def test_a_paused_study_does_not_hold_up_the_others(house: House) -> None:
    held, behind = house.submit("work", study="held"), house.submit("work", study="behind")
    pause(house.db, study_scope(house.run(held[0]).study_id))
    house.supervisor(cores=1)
    house.wait(behind[0], "finished")
    assert house.state(held[0]) == "queued"
    resume(house.db, study_scope(house.run(held[0]).study_id))
    house.wait(held[0], "finished")


def test_a_supervisor_leaves_a_paused_queue_as_an_empty_one(house: House) -> None:
    (run,) = house.submit("work")
    pause(house.db, ALL)
    child = house.supervisor(idle=0.3)
    house.until(lambda: child.poll() == 0)
    assert [job.run_id for job in queued_jobs(house.db)] == [run]
    resume(house.db, ALL)
    house.supervisor()
    house.wait(run, "finished")


def test_a_paused_device_starts_nothing_until_it_goes_on(house: House) -> None:
    (run,) = house.submit("work")
    pause(house.db, device_scope("cpu"))
    house.supervisor()
    house.until(house.has_supervisor)
    assert house.state(run) == "queued"
    resume(house.db, device_scope("cpu"))
    house.wait(run, "finished")
