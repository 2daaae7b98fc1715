"""The supervisor's promises, kept with real processes on a real database."""

import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house

from app.training.processes import host_name, is_alive
from storage.jobs import active_jobs, live_supervisor
from storage.queries import log_tail, metric_points
from storage.runs import request_stop, requeue


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def test_waiting_runs_go_two_at_a_time_on_two_cores_and_all_finish(house: House) -> None:
    ids = house.submit(*["work"] * 5)
    house.supervisor(cores=2)
    runs = [house.wait(number, "finished") for number in ids]
    events = sorted([(run.started_at, 1) for run in runs] + [(run.ended_at, -1) for run in runs])
    at_once = [sum(change for _, change in events[: place + 1]) for place in range(len(events))]
    assert max(at_once) == 2
    house.until(lambda: not active_jobs(house.db))


def test_a_killed_trainer_is_lost_keeps_its_curve_and_resumes(house: House) -> None:
    (number,) = house.submit("long")
    house.supervisor()
    house.wait(number, "running")
    house.until(lambda: house.run(number).step > 20)
    os.kill(house.run(number).pid or 0, signal.SIGKILL)
    steps = metric_points(house.db, [number])["step"]
    lost = house.wait(number, "lost")
    assert "SIGKILL" in (lost.error or "") and "\n" not in (lost.error or "")
    assert metric_points(house.db, [number])["step"][: len(steps)] == steps == list(range(len(steps)))
    requeue(house.db, number)
    again = house.wait(number, "running")
    assert (again.attempts, again.error) == (2, None)
    assert len(active_jobs(house.db)) == 1


def test_a_killed_supervisor_disturbs_no_run_and_the_next_takes_them_over(house: House) -> None:
    going, ending = house.submit("long", "work")
    first = house.supervisor()
    before = house.wait(going, "running")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    step = house.run(going).step
    house.until(lambda: house.run(going).step > step)
    house.supervisor()
    house.wait(ending, "finished")
    house.until(lambda: [job.run_id for job in active_jobs(house.db)] == [going])
    assert (house.run(going).pid, house.run(going).attempts) == (before.pid, 1)
    # The new one has no exit code of a process it did not start, but sees that it is gone.
    os.kill(before.pid or 0, signal.SIGKILL)
    house.wait(going, "lost")


def test_of_supervisors_started_at_once_exactly_one_stays(house: House) -> None:
    ids = house.submit(*["work"] * 3)
    started = [house.supervisor() for _ in range(4)]
    for number in ids:
        house.wait(number, "finished")
    house.until(lambda: sum(child.poll() is None for child in started) == 1)
    assert sorted(child.poll() for child in started if child.poll() is not None) == [1, 1, 1]
    (stayed,) = (child for child in started if child.poll() is None)
    live = live_supervisor(house.db, host_name())
    assert live is not None and live.pid == stayed.pid
    assert all(house.run(number).attempts == 1 for number in ids)


def test_a_stopped_run_ends_itself(house: House) -> None:
    running, waiting, also = house.submit("long", "long", "work")
    house.supervisor(cores=1)
    house.wait(running, "running")
    request_stop(house.db, waiting)
    assert house.state(waiting) == "stopped"
    request_stop(house.db, running)
    assert house.wait(running, "stopped").error is None
    house.wait(also, "finished")


def test_a_run_that_ignores_the_request_is_signalled_and_then_killed(house: House) -> None:
    (number,) = house.submit("deaf")
    house.supervisor(grace=0.3, kill=0.5)
    run = house.wait(number, "running")
    request_stop(house.db, number)
    assert house.wait(number, "stopped").error is None
    assert not is_alive(run.pid, run.pid_started)
    assert any("SIGKILL" in line.text for line in log_tail(house.db, number))


def test_a_silent_run_is_lost_until_it_beats_again(house: House) -> None:
    (number,) = house.submit("long")
    house.supervisor(lost=1.5)
    pid = house.wait(number, "running").pid or 0
    os.kill(pid, signal.SIGSTOP)
    house.wait(number, "lost")
    os.kill(pid, signal.SIGCONT)
    house.wait(number, "running")
    assert len(active_jobs(house.db)) == 1


def test_a_trainer_that_fails_before_it_can_record_leaves_its_error_line(house: House) -> None:
    (number,) = house.submit("crash")
    house.supervisor()
    assert house.wait(number, "failed").error == "the data set has no rows"


def test_settings_that_no_longer_parse_fail_the_run_and_not_the_supervisor(house: House) -> None:
    odd, good = house.submit("work", "work")
    with sqlite3.connect(house.db.file) as connection:
        connection.execute(
            "update runs set settings = json_set(settings, '$.training.epoch', 3) where id = ?", [odd]
        )
    connection.close()
    house.supervisor()
    assert "no setting 'training.epoch'" in (house.wait(odd, "failed").error or "")
    house.wait(good, "finished")


def test_a_run_started_anew_while_its_old_process_hangs_ends_that_process(house: House) -> None:
    (number,) = house.submit("deaf")
    house.supervisor(lost=1.5, kill=0.3)
    old = house.wait(number, "running")
    os.kill(old.pid or 0, signal.SIGSTOP)
    house.wait(number, "lost")
    requeue(house.db, number)
    new = house.wait(number, "running")
    assert new.pid != old.pid
    house.until(lambda: not is_alive(old.pid, old.pid_started))


def test_an_idle_supervisor_leaves_and_signs_off(house: House) -> None:
    (number,) = house.submit("work")
    child = house.supervisor(idle=0.5)
    house.wait(number, "finished")
    house.until(lambda: child.poll() == 0)
    assert live_supervisor(house.db, host_name()) is None


def test_a_supervisor_leaves_when_its_database_is_taken_away(house: House) -> None:
    child = house.supervisor()
    house.until(lambda: live_supervisor(house.db, host_name()) is not None)
    house.db.file.rename(house.db.file.with_suffix(".away"))
    house.until(lambda: child.poll() == 0)


def test_a_termination_signal_leaves_the_runs_at_work(house: House) -> None:
    (number,) = house.submit("long")
    child = house.supervisor()
    run = house.wait(number, "running")
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 0
    time.sleep(0.2)
    assert is_alive(run.pid, run.pid_started) and house.state(number) == "running"
    assert live_supervisor(house.db, host_name()) is None
