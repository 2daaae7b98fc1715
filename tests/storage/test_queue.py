"""The order of what waits: by hand, by priority, and emptied."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from storage import models
from storage.bulk import Refused
from storage.database import Database
from storage.jobs import claim, queued_jobs
from storage.queue import empty_queue, move_runs, prioritise_runs
from storage.run import NoSuchRun, WrongState
from storage.runs import NewRun, create_runs, get_run, requeue


def waiting(db: Database, count: int, study: str = "s") -> list[int]:
    return create_runs(
        db, [NewRun(str(n), None, "bits", "comm", n, "d", {}, study=study) for n in range(count)]
    )


def order(db: Database) -> list[int]:
    return [job.run_id for job in queued_jobs(db)]


def priorities(db: Database) -> list[int]:
    return [job.priority for job in queued_jobs(db)]


def test_moves(db: Database) -> None:
    a, b, c, d = waiting(db, 4)
    assert move_runs(db, [c]).done == (c,)
    assert order(db) == [c, a, b, d]
    move_runs(db, [c], "down")
    assert order(db) == [a, c, b, d]
    move_runs(db, [d, b], "up")
    assert order(db) == [a, b, d, c]
    move_runs(db, [a, d], "last")
    assert order(db) == [b, c, a, d]
    move_runs(db, [d, b], before=c)
    assert order(db) == [b, d, c, a]  # as they stood, not as they were named
    move_runs(db, [c], before=c)
    assert order(db) == [b, d, c, a]
    move_runs(db, [b], "up")  # it is at the front
    assert order(db) == [b, d, c, a]
    assert [claim(db, "me", "cpu:1").run_id for _ in range(4)] == [b, d, c, a]


def test_new_and_resumed_runs_go_to_the_end_of_a_changed_order(db: Database) -> None:
    a, b, c = waiting(db, 3)
    move_runs(db, [a], "last")
    (d,) = waiting(db, 1)
    assert order(db) == [b, c, a, d]
    assert empty_queue(db) == [b, c, a, d]
    requeue(db, c)
    requeue(db, b)
    assert order(db) == [c, b]


def test_priority_goes_before_place_and_equal_ones_keep_their_order(db: Database) -> None:
    a, b, c, d = waiting(db, 4)
    assert prioritise_runs(db, [d, c], 5).done == (d, c)
    assert order(db) == [c, d, a, b]
    prioritise_runs(db, [a], -1)
    assert order(db) == [c, d, b, a]
    for wrong in (1001, -1001):
        with pytest.raises(ValueError, match=f"from -1000 to 1000, not {wrong}"):
            prioritise_runs(db, [a], wrong)


def test_a_run_moved_by_hand_stays_where_it_was_put_whatever_the_priorities(db: Database) -> None:
    a, b, c, d = waiting(db, 4)
    prioritise_runs(db, [a], 9)
    prioritise_runs(db, [b], 5)
    move_runs(db, [d], "first")
    assert (order(db), priorities(db)) == ([d, a, b, c], [9, 9, 5, 0])
    move_runs(db, [a], "last")
    assert (order(db), priorities(db)) == ([d, b, c, a], [9, 5, 0, 0])
    move_runs(db, [c], before=b)
    assert (order(db), priorities(db)) == ([d, c, b, a], [9, 5, 5, 0])
    move_runs(db, [a], "up")
    assert (order(db), priorities(db)) == ([d, c, a, b], [9, 5, 5, 5])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_any_moves_put_the_chosen_where_they_were_sent_and_leave_the_rest_in_order(
    db: Database, data: st.DataObject
) -> None:
    empty_queue(db)
    runs = waiting(db, data.draw(st.integers(1, 7)))
    for run in runs:
        prioritise_runs(db, [run], data.draw(st.integers(-2, 2)))
    before = order(db)
    chosen = data.draw(st.lists(st.sampled_from(runs), min_size=1, unique=True))
    target = data.draw(st.sampled_from([None, *(run for run in runs if run not in chosen)]))
    direction = data.draw(st.sampled_from(["first", "last"]))
    move_runs(db, chosen, direction, before=target)
    moved, rest = ([run for run in before if (run in chosen) is wanted] for wanted in (True, False))
    place = (0 if direction == "first" else len(rest)) if target is None else rest.index(target)
    assert order(db) == [*rest[:place], *moved, *rest[place:]]


def test_what_does_not_wait_is_refused_and_the_others_are_moved(db: Database) -> None:
    a, b, c = waiting(db, 3)
    claim(db, "me", "cpu:1")
    outcome = move_runs(db, [a, c, 77])
    assert (outcome.done, order(db)) == ((c,), [c, b])
    assert outcome.refused == (
        Refused(a, f"run {a} does not wait in the queue: it is starting"),
        Refused(77, "no run 77"),
    )
    assert [one.run_id for one in prioritise_runs(db, [a, b], 3).refused] == [a]
    with pytest.raises(WrongState, match=f"run {a} does not wait in the queue: it is starting"):
        move_runs(db, [b], before=a)
    with pytest.raises(NoSuchRun, match="no run 77"):
        move_runs(db, [b], before=77)


def test_emptying_stops_what_waits_and_nothing_else(db: Database) -> None:
    a, b = waiting(db, 2)
    others = waiting(db, 2, study="other")
    claim(db, "me", "cpu:1")
    assert empty_queue(db, get_run(db, a).study_id) == [b]
    assert order(db) == others
    assert empty_queue(db) == others
    assert [get_run(db, run).status for run in (a, b, *others)] == ["starting", *["stopped"] * 3]
    assert empty_queue(db) == []


def test_a_queue_whose_places_are_all_alike_can_be_ordered(db: Database) -> None:
    """Files of an earlier version had no places."""
    a, b, c = waiting(db, 3)
    with db.write() as connection:
        connection.execute(update(models.jobs).values(position=0))
    move_runs(db, [c], before=b)
    assert order(db) == [a, c, b]
    assert order(db) + waiting(db, 1) == order(db)


SHUFFLE = """
import random
from storage.database import Database
from storage.jobs import claim, queued_jobs
from storage.queue import move_runs, prioritise_runs
from storage.run import WrongState
db, role = Database.at(pathlib.Path(sys.argv[1])), sys.argv[2]
random.seed(role)
go()
while waiting := queued_jobs(db):
    if role.startswith("claims"):
        job = claim(db, role, "cpu:1")
        if job is not None:
            print(job.run_id)
        time.sleep(0.004)
    else:
        chosen = [job.run_id for job in random.sample(waiting, min(3, len(waiting)))]
        try:
            move_runs(db, chosen, random.choice(["first", "last", "up", "down"]))
            move_runs(db, chosen[:1], before=chosen[-1])
            prioritise_runs(db, chosen, random.randint(-3, 3))
        except WrongState:
            pass  # it was claimed in the meantime
"""


def test_reordering_while_supervisors_claim_loses_and_doubles_nothing(db: Database, run_together) -> None:
    runs = waiting(db, 80)
    roles = ["claims 1", "claims 2", "moves 1", "moves 2"]
    printed = run_together(SHUFFLE, [[db.file.parent, role] for role in roles])
    taken = [[int(number) for number in output.split()] for output in printed]
    assert sorted(itertools.chain(*taken)) == runs
    assert taken[0] and taken[1]  # both did claim
    assert sorted(taken[0]) != taken[0] or sorted(taken[1]) != taken[1]  # in an order that was changed
