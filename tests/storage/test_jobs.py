"""Claims and supervisors."""

import itertools

import pytest
from sqlalchemy import update

from storage import models
from storage.clock import now_ms
from storage.database import Database
from storage.jobs import (
    active_jobs,
    beat_supervisor,
    claim,
    end_supervisor,
    finish,
    live_supervisor,
    queued_jobs,
    register_supervisor,
)
from storage.runs import NewRun, create_runs


def queue(db: Database, count: int) -> list[int]:
    return create_runs(db, [NewRun(str(n), None, "bits", "comm", n, "d", {}) for n in range(count)])


def test_claims_take_the_oldest_first(db: Database) -> None:
    runs = queue(db, 3)
    me = register_supervisor(db, "host", 1, 1.0)
    jobs = [claim(db, me.id, "cuda:0", 2) for _ in range(4)]
    assert [job and job.run_id for job in jobs] == [*runs, None]
    assert (jobs[0].status, jobs[0].claimed_by, jobs[0].host, jobs[0].device, jobs[0].processes) == (
        "claimed",
        me.id,
        "host",
        "cuda:0",
        2,
    )
    assert active_jobs(db, "host") == jobs[:3]
    assert active_jobs(db, "elsewhere") == []
    finish(db, jobs[1].id, "failed", "it crashed")
    finish(db, jobs[1].id, "done")  # too late: it has ended
    assert active_jobs(db) == [jobs[0], jobs[2]]


CLAIM_ALL = """
from storage.database import Database
from storage.jobs import claim
db = Database.at(pathlib.Path(sys.argv[1]))
go()
while job := claim(db, "nobody", "cpu"):
    print(job.id)
    time.sleep(0.005)
"""


def test_processes_claiming_at_once_never_get_one_job_twice(db: Database, run_together) -> None:
    queue(db, 60)
    waiting = [job.id for job in queued_jobs(db)]
    taken = [
        [int(number) for number in output.split()]
        for output in run_together(CLAIM_ALL, [[db.file.parent]] * 4)
    ]
    assert sorted(itertools.chain(*taken)) == waiting
    assert sum(1 for some in taken if some) > 1  # they did compete


def test_a_job_can_be_claimed_by_number_once(db: Database) -> None:
    first, second = queue(db, 2)
    wanted = queued_jobs(db)[1]
    assert claim(db, "me", "cpu", job_id=wanted.id).run_id == second
    assert claim(db, "me", "cpu", job_id=wanted.id) is None
    assert claim(db, "me", "cpu").run_id == first


def test_one_live_supervisor_a_host(db: Database) -> None:
    first = register_supervisor(db, "host", 1, 1.0)
    assert register_supervisor(db, "host", 2, 2.0) is None
    assert register_supervisor(db, "elsewhere", 2, 2.0) is not None
    assert live_supervisor(db, "host") == first
    assert beat_supervisor(db, first.id)
    end_supervisor(db, first.id)
    assert live_supervisor(db, "host") is None
    assert not beat_supervisor(db, first.id)
    assert register_supervisor(db, "host", 2, 2.0) is not None


@pytest.mark.parametrize("away", [-20_001, 3_600_000])
def test_a_silent_supervisor_is_replaced_and_told_so(db: Database, away: int) -> None:
    """Silent, or last heard before the clock was set back by an hour."""
    first = register_supervisor(db, "host", 1, 1.0)
    with db.write() as connection:
        connection.execute(update(models.supervisors).values(heartbeat_at=now_ms() + away))
    assert live_supervisor(db, "host") is None
    second = register_supervisor(db, "host", 2, 2.0)
    assert live_supervisor(db, "host") == second
    assert not beat_supervisor(db, first.id)
    assert beat_supervisor(db, second.id)


def test_a_killed_supervisor_is_replaced_at_once(db: Database) -> None:
    first = register_supervisor(db, "host", 1, 1.0)
    asked = []
    second = register_supervisor(db, "host", 2, 2.0, lambda other: bool(asked.append(other)))
    assert asked == [first]
    assert live_supervisor(db, "host") == second
