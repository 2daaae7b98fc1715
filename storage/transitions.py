"""Changes of a run's status inside a transaction of the caller's; each checks first and changes then, so that
a refusal leaves the run as it was."""

from sqlalchemy import Connection, delete, func, insert, select, update

from storage.clock import now_ms
from storage.models import artifacts, decompositions, jobs, log_lines, metric_summaries, results, runs
from storage.run import ALIVE, WrongState, fetch_run, live_state

RESUMABLE = ("lost", "stopped", "failed")


def enqueue(connection: Connection, run_id: int, now: int) -> None:
    """A new job for the run, behind all that waits."""
    last = select(func.coalesce(func.max(jobs.c.position), 0) + 1).scalar_subquery()
    connection.execute(insert(jobs).values(run_id=run_id, status="queued", created_at=now, position=last))


def cancel(connection: Connection, run_id: int) -> None:
    """Take a waiting run out of the queue; it is stopped."""
    now = now_ms()
    waiting = (jobs.c.run_id == run_id) & (jobs.c.status == "queued")
    connection.execute(update(jobs).where(waiting).values(status="cancelled", ended_at=now))
    connection.execute(update(runs).where(runs.c.id == run_id).values(status="stopped", ended_at=now))


def ask_to_stop(connection: Connection, run_id: int) -> bool:
    """A queued run leaves the queue, one at work is asked to stop; False where there is nothing to stop.

    Raises NoSuchRun.
    """
    status = fetch_run(connection, run_id).status
    if status == "queued":
        cancel(connection, run_id)
    elif status in ("starting", "running", "lost"):
        connection.execute(update(runs).where(runs.c.id == run_id).values(stop_requested=True))
    return status in ("queued", "starting", "running", "lost")


def queue_again(connection: Connection, run_id: int) -> None:
    """A lost, stopped or failed run waits again, behind all others; it will go on from its saved state.

    Raises NoSuchRun, WrongState.
    """
    now = now_ms()
    run = fetch_run(connection, run_id)
    state = live_state(run, now)
    if run.trashed_at is not None:
        raise WrongState(f"run {run_id} is in the trash; restore it first")
    if state not in RESUMABLE:
        raise WrongState(f"run {run_id} is {state}; only a lost, stopped or failed run can be resumed")
    left = (jobs.c.run_id == run_id) & (jobs.c.status == "claimed")
    connection.execute(update(jobs).where(left).values(status="failed", ended_at=now, error="superseded"))
    fresh = {"status": "queued", "phase": "", "stop_requested": False}
    nothing = dict.fromkeys(
        ("error", "ended_at", "heartbeat_at", "started_at", "host", "pid", "pid_started"), None
    )
    connection.execute(
        update(runs).where(runs.c.id == run_id).values(attempts=runs.c.attempts + 1, **fresh, **nothing)
    )
    enqueue(connection, run_id, now)


def put_in_trash(connection: Connection, run_id: int, now: int) -> None:
    """The run goes out of sight, and out of the queue. Raises NoSuchRun, and WrongState while it is at work
    or when it is there already."""
    run = fetch_run(connection, run_id)
    if run.trashed_at is not None:
        raise WrongState(f"run {run_id} is in the trash already")
    _refuse_at_work(connection, run_id)
    if run.status == "queued":
        cancel(connection, run_id)
    connection.execute(update(runs).where(runs.c.id == run_id).values(trashed_at=now))


def mark_deleted(connection: Connection, run_id: int) -> None:
    """The run and its small rows are gone; its files and points wait for the purge.

    Raises NoSuchRun, and WrongState while it is at work.
    """
    _refuse_at_work(connection, run_id)
    connection.execute(update(runs).where(runs.c.id == run_id).values(status="deleted"))
    connection.execute(update(artifacts).where(artifacts.c.run_id == run_id).values(state="dropped"))
    for table in (jobs, results, decompositions, metric_summaries, log_lines):
        connection.execute(delete(table).where(table.c.run_id == run_id))


def _refuse_at_work(connection: Connection, run_id: int) -> None:
    state = live_state(fetch_run(connection, run_id), now_ms())
    if state in ALIVE:
        raise WrongState(f"run {run_id} is {state}; stop it before deleting it")
