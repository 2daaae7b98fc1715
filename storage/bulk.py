"""What is done to many runs at once: each function is one transaction, and says what it refused and why."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from sqlalchemy import Connection

from storage.clock import now_ms
from storage.database import Database
from storage.run import NoSuchRun, WrongState, change_run, fetch_run, live_state
from storage.transitions import ask_to_stop, queue_again


class Refused(NamedTuple):
    """A run that was left as it is; reason: one line for the user, which names it."""

    run_id: int
    reason: str


class Outcome(NamedTuple):
    """Runs that were changed, and those that were not, each in the order asked."""

    done: tuple[int, ...]
    refused: tuple[Refused, ...] = ()


def for_each(
    connection: Connection, run_ids: Iterable[int], change: Callable[[Connection, int], None]
) -> Outcome:
    """Apply a change to each run once. change: raises NoSuchRun or WrongState before it has changed
    anything."""
    done, refused = [], []
    for run_id in dict.fromkeys(run_ids):
        try:
            change(connection, run_id)
        except (NoSuchRun, WrongState) as error:
            refused.append(Refused(run_id, str(error)))
        else:
            done.append(run_id)
    return Outcome(tuple(done), tuple(refused))


def stop_runs(db: Database, run_ids: Iterable[int]) -> Outcome:
    """Waiting runs leave the queue, those at work stop at their next step; others are refused."""

    def stop(connection: Connection, run_id: int) -> None:
        if not ask_to_stop(connection, run_id):
            state = fetch_run(connection, run_id).status
            raise WrongState(f"run {run_id} is {state}; there is nothing to stop")

    with db.write() as connection:
        return for_each(connection, run_ids, stop)


def requeue_runs(db: Database, run_ids: Iterable[int]) -> Outcome:
    """Lost, stopped and failed runs wait again, in the order given, and go on from their saved state."""
    with db.write() as connection:
        return for_each(connection, run_ids, queue_again)


def archive_runs(db: Database, run_ids: Iterable[int], archived: bool = True) -> Outcome:
    """Put runs into the archive, or take them out of it; those that wait or work are not archived."""

    def change(connection: Connection, run_id: int) -> None:
        state = live_state(fetch_run(connection, run_id), now_ms())
        if archived and state not in ("finished", "stopped", "failed", "lost"):
            raise WrongState(f"run {run_id} is {state}; only a run that has ended can be archived")
        change_run(connection, run_id, archived_at=now_ms() if archived else None)

    with db.write() as connection:
        return for_each(connection, run_ids, change)


def tag_runs(
    db: Database, run_ids: Iterable[int], add: Iterable[str] = (), remove: Iterable[str] = ()
) -> Outcome:
    """Add tags to runs and take others away; blanks around a tag are dropped, other tags stay."""
    new = [tag.strip() for tag in add]
    gone = {tag.strip() for tag in remove}

    def change(connection: Connection, run_id: int) -> None:
        tags = dict.fromkeys((*fetch_run(connection, run_id).tags, *new))
        change_run(connection, run_id, tags=[tag for tag in tags if tag and tag not in gone])

    with db.write() as connection:
        return for_each(connection, run_ids, change)
