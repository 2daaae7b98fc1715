"""The order of what waits for a device: set by hand and by priority, and emptied.

The highest priority goes first, then the lowest position. A run that is moved by hand among others of another
priority takes theirs, for otherwise it would not stay where it was put. Every function is one transaction: a
supervisor sees the order before or after it, and what it claimed in the meantime is no longer moved.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import Connection, select, update

from storage.bulk import Outcome, Refused, for_each
from storage.database import Database
from storage.jobs import ORDER
from storage.models import jobs, runs
from storage.run import NoSuchRun, WrongState, fetch_run
from storage.transitions import cancel

HIGHEST_PRIORITY = 1_000
Direction = Literal["first", "last", "up", "down"]


class _Waiting(NamedTuple):
    id: int
    run_id: int
    priority: int
    position: int


def move_runs(
    db: Database, run_ids: Iterable[int], to: Direction = "first", *, before: int | None = None
) -> Outcome:
    """Move waiting runs, whose order among themselves stays, to the front or the end, one place up or down,
    or right before another run. Runs that do not wait are refused.

    Raises NoSuchRun, WrongState when `before` does not wait.
    """
    with db.write() as connection:
        queue = _queue(connection)
        there = {job.run_id for job in queue}
        if before is not None and before not in there:
            raise _not_waiting(connection, before)
        wanted = dict.fromkeys(run_ids)
        chosen = {run_id for run_id in wanted if run_id in there}
        order = _put_before(queue, chosen, before) if before is not None else _MOVES[to](queue, chosen)
        _write(connection, queue, order, chosen)
        return _outcome(connection, wanted, chosen)


def prioritise_runs(db: Database, run_ids: Iterable[int], priority: int) -> Outcome:
    """Give waiting runs a priority, −1,000 to 1,000 (0 by default): the highest goes first, equal ones keep
    their order. Runs that do not wait are refused. Raises ValueError."""
    if abs(priority) > HIGHEST_PRIORITY:
        raise ValueError(f"a priority is from -{HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}, not {priority}")
    wanted = dict.fromkeys(run_ids)
    with db.write() as connection:
        waiting = (jobs.c.status == "queued") & jobs.c.run_id.in_(list(wanted))
        changed = update(jobs).where(waiting).values(priority=priority).returning(jobs.c.run_id)
        return _outcome(connection, wanted, set(connection.execute(changed).scalars()))


def empty_queue(db: Database, study_id: int | None = None) -> list[int]:
    """Take all waiting runs (of a study) out of the queue; returns their numbers. They are stopped and can be
    resumed."""
    query = select(jobs.c.run_id).join(runs, runs.c.id == jobs.c.run_id).where(jobs.c.status == "queued")
    if study_id is not None:
        query = query.where(runs.c.study_id == study_id)
    with db.write() as connection:
        return list(for_each(connection, connection.execute(query.order_by(*ORDER)).scalars(), cancel).done)


def _queue(connection: Connection) -> list[_Waiting]:
    query = select(jobs.c.id, jobs.c.run_id, jobs.c.priority, jobs.c.position)
    return [
        _Waiting(*row) for row in connection.execute(query.where(jobs.c.status == "queued").order_by(*ORDER))
    ]


def _to_front(queue: Sequence[_Waiting], chosen: set[int]) -> list[_Waiting]:
    return sorted(queue, key=lambda job: job.run_id not in chosen)


def _to_end(queue: Sequence[_Waiting], chosen: set[int]) -> list[_Waiting]:
    return sorted(queue, key=lambda job: job.run_id in chosen)


def _up(queue: Sequence[_Waiting], chosen: set[int]) -> list[_Waiting]:
    """Each changes places with the one before it, but for those at the front already."""
    order = list(queue)
    for place in range(1, len(order)):
        if order[place].run_id in chosen and order[place - 1].run_id not in chosen:
            order[place - 1 : place + 1] = order[place], order[place - 1]
    return order


def _down(queue: Sequence[_Waiting], chosen: set[int]) -> list[_Waiting]:
    return _up(queue[::-1], chosen)[::-1]


_MOVES = {"first": _to_front, "last": _to_end, "up": _up, "down": _down}


def _put_before(queue: Sequence[_Waiting], chosen: set[int], before: int) -> list[_Waiting]:
    """The chosen ones where `before` is, which keeps its place when it is one of them."""
    moved = [job for job in queue if job.run_id in chosen and job.run_id != before]
    order: list[_Waiting] = []
    for job in queue:
        if job.run_id == before:
            order += [*moved, job]
        elif job.run_id not in chosen:
            order.append(job)
    return order


def _write(
    connection: Connection, queue: Sequence[_Waiting], order: Sequence[_Waiting], chosen: set[int]
) -> None:
    """Number the order anew. A moved run whose priority would carry it elsewhere takes that of its nearest
    neighbour that stays."""
    first = min((job.position for job in queue), default=0)
    above, below = _last_staying(order, chosen), _last_staying(order[::-1], chosen)[::-1]
    for place, job in enumerate(order):
        lowest, highest = below[place], above[place]
        priority = job.priority
        if job.run_id in chosen:
            priority = priority if lowest is None else max(priority, lowest)
            priority = priority if highest is None else min(priority, highest)
        if (priority, first + place) != (job.priority, job.position):
            change = update(jobs).where(jobs.c.id == job.id)
            connection.execute(change.values(priority=priority, position=first + place))


def _last_staying(order: Sequence[_Waiting], chosen: set[int]) -> list[int | None]:
    """For each place, the priority of the last one before it that is not moved."""
    priorities: list[int | None] = []
    last: int | None = None
    for job in order:
        priorities.append(last)
        last = last if job.run_id in chosen else job.priority
    return priorities


def _outcome(connection: Connection, wanted: Iterable[int], done: set[int]) -> Outcome:
    refused = [Refused(n, str(_not_waiting(connection, n))) for n in wanted if n not in done]
    return Outcome(tuple(n for n in wanted if n in done), tuple(refused))


def _not_waiting(connection: Connection, run_id: int) -> NoSuchRun | WrongState:
    try:
        return WrongState(
            f"run {run_id} does not wait in the queue: it is {fetch_run(connection, run_id).status}"
        )
    except NoSuchRun as error:
        return error
