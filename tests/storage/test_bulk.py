"""What is done to many runs at once, and what is refused."""

from storage.bulk import Refused, archive_runs, requeue_runs, stop_runs, tag_runs
from storage.database import Database
from storage.jobs import queued_jobs
from storage.runs import NewRun, create_runs, get_run, list_runs, mark_ended, mark_started, set_tags


def five(db: Database) -> list[int]:
    """Runs that are queued, running, finished, failed and stopped."""
    runs = create_runs(db, [NewRun(str(n), None, "bits", "comm", n, "d", {}, study="s") for n in range(5)])
    for run in runs[1:]:
        mark_started(db, run, host="h", pid=1)
    for run, status in zip(runs[2:], ("finished", "failed", "stopped"), strict=True):
        mark_ended(db, run, status)
    return runs


def test_stop(db: Database) -> None:
    queued, running, finished, failed, stopped = five(db)
    outcome = stop_runs(db, [running, finished, queued, 99, running])
    assert outcome.done == (running, queued)
    assert outcome.refused == (
        Refused(finished, f"run {finished} is finished; there is nothing to stop"),
        Refused(99, "no run 99"),
    )
    assert get_run(db, queued).status == "stopped" and get_run(db, running).stop_requested
    assert (get_run(db, failed).status, get_run(db, stopped).status) == ("failed", "stopped")


def test_resume_in_the_order_given(db: Database) -> None:
    _, running, finished, failed, stopped = five(db)
    outcome = requeue_runs(db, [stopped, running, failed, finished])
    assert outcome.done == (stopped, failed)
    assert [one.reason for one in outcome.refused] == [
        f"run {running} is running; only a lost, stopped or failed run can be resumed",
        f"run {finished} is finished; only a lost, stopped or failed run can be resumed",
    ]
    assert [job.run_id for job in queued_jobs(db)][-2:] == [stopped, failed]
    assert get_run(db, failed).attempts == 2


def test_archive_and_back(db: Database) -> None:
    queued, running, finished, failed, _ = five(db)
    outcome = archive_runs(db, [queued, running, finished, failed])
    assert outcome.done == (finished, failed)
    assert [one.run_id for one in outcome.refused] == [queued, running]
    assert "only a run that has ended can be archived" in outcome.refused[0].reason
    assert get_run(db, finished).archived_at is not None
    assert finished in [run.id for run in list_runs(db)]
    assert archive_runs(db, [finished], archived=False).done == (finished,)
    assert get_run(db, finished).archived_at is None


def test_tags_are_added_and_taken_away_and_others_stay(db: Database) -> None:
    first, second, *_ = five(db)
    set_tags(db, first, ["paper", "old"])
    outcome = tag_runs(db, [first, second, 99], add=[" new ", "", "paper"], remove=["old"])
    assert outcome.done == (first, second)
    assert get_run(db, first).tags == ("paper", "new")
    assert get_run(db, second).tags == ("new", "paper")
