"""What is paused is not claimed."""

import pytest

from storage.database import Database
from storage.jobs import claim, queued_jobs
from storage.pauses import (
    ALL,
    NoSuchScope,
    device_scope,
    device_scopes,
    list_pauses,
    pause,
    resume,
    study_scope,
)
from storage.queue import move_runs
from storage.runs import NewRun, create_runs, get_run


def waiting(db: Database, study: str, count: int = 1) -> list[int]:
    return create_runs(db, [NewRun("t", None, "bits", "comm", n, "d", {}, study=study) for n in range(count)])


def test_a_paused_queue_starts_nothing_until_it_goes_on(db: Database) -> None:
    (run,) = waiting(db, "s")
    assert pause(db, ALL) and not pause(db, ALL)
    (job,) = queued_jobs(db)
    assert queued_jobs(db, startable=True) == []
    assert claim(db, "me", "cpu:1") is None and claim(db, "me", "cpu:1", job_id=job.id) is None
    assert get_run(db, run).status == "queued"
    assert resume(db, ALL) and not resume(db, ALL)
    assert claim(db, "me", "cpu:1").run_id == run


def test_a_paused_study_is_passed_over(db: Database) -> None:
    first, second = waiting(db, "s", 2)
    (other,) = waiting(db, "other")
    study = get_run(db, first).study_id
    pause(db, study_scope(study))
    assert [job.run_id for job in queued_jobs(db)] == [first, second, other]
    assert [job.run_id for job in queued_jobs(db, startable=True)] == [other]
    assert claim(db, "me", "cpu:1").run_id == other
    assert claim(db, "me", "cpu:1") is None
    resume(db, study_scope(study))
    assert claim(db, "me", "cpu:1").run_id == first


@pytest.mark.parametrize(
    ("device", "paused", "starts"),
    [
        ("cuda:0", "cuda:0", False),
        ("cuda:1", "cuda:0", True),
        ("cuda:0,1", "cuda:1", False),
        ("cuda:10", "cuda:1", True),
        ("cpu:4", "cpu", False),
        ("cpu:4", "cuda:0", True),
    ],
)
def test_a_paused_device_takes_no_run(db: Database, device: str, paused: str, starts: bool) -> None:
    waiting(db, "s")
    pause(db, device_scope(paused))
    assert (claim(db, "me", device) is not None) is starts


def test_devices_of_a_place() -> None:
    assert device_scopes("cuda:0,3") == ["device:cuda:0", "device:cuda:3"]
    assert device_scopes("cpu:2") == device_scopes("cpu") == ["device:cpu"]


@pytest.mark.parametrize(
    "scope", ["", "study:", "study:x", "device:gpu", "device:cuda", "device:cpu:2", "ALL"]
)
def test_what_is_no_part_of_the_queue_is_not_paused(db: Database, scope: str) -> None:
    with pytest.raises(NoSuchScope, match="cannot be paused; only all, a study, or a device"):
        pause(db, scope)
    assert list_pauses(db) == []


def test_pauses_are_listed_as_they_came(db: Database) -> None:
    for scope in ("study:3", "all", "device:cpu"):
        pause(db, scope)
    assert sorted(one.scope for one in list_pauses(db)) == ["all", "device:cpu", "study:3"]
    assert [one.since for one in list_pauses(db)] == sorted(one.since for one in list_pauses(db))


def test_a_claim_by_number_respects_an_order_that_changed_since_it_was_read(db: Database) -> None:
    first, second, third = waiting(db, "s", 3)
    numbers = {job.run_id: job.id for job in queued_jobs(db)}
    move_runs(db, [third])  # after the supervisor looked
    assert claim(db, "me", "cpu:1", job_id=numbers[first], passed_over=[]) is None
    assert claim(db, "me", "cpu:1", job_id=numbers[second], passed_over=[numbers[third]]) is None
    assert claim(db, "me", "cpu:1", job_id=numbers[first], passed_over=[numbers[third]]).run_id == first
    pause(db, study_scope(get_run(db, third).study_id))
    (other,) = waiting(db, "other")
    job = next(job for job in queued_jobs(db) if job.run_id == other)
    assert (
        claim(db, "me", "cpu:1", job_id=job.id, passed_over=[]).run_id == other
    )  # only paused ones before it
