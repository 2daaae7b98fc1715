"""A study, its plan and the runs that it lacks: stored together or not at all."""

import pytest

from storage.database import Database
from storage.jobs import queued_jobs
from storage.runs import NewRun, delete_run, get_run, list_runs, mark_ended, mark_started
from storage.starting import start_missing
from storage.studies import NameTaken, NoSuchStudy, create_study, get_study, list_studies, members, take_in


def new(*seeds: int, digest: str = "d") -> list[NewRun]:
    return [
        NewRun(f"seed {seed}", None, "bits", "comm", seed, digest, {}, study="elsewhere") for seed in seeds
    ]


def test_a_study_is_made_with_its_plan_and_its_runs_in_order(db: Database) -> None:
    found = start_missing(db, "ρ", new(2, 0, 1), fresh=True, question="Which?", plan={"seeds": [2, 0, 1]})
    study = get_study(db, found.study)
    assert (study.name, study.question, study.plan) == ("ρ", "Which?", {"seeds": [2, 0, 1]})
    assert [get_run(db, number).seed for number in found.started] == [2, 0, 1]
    assert members(db, study.id) == list(found.started) and found.there == ()
    assert [job.run_id for job in queued_jobs(db)] == list(found.started)
    assert [one.name for one in list_studies(db)] == ["ρ"]


def test_only_what_is_missing_is_started(db: Database) -> None:
    first = start_missing(db, "s", new(0, 1))
    mark_started(db, first.started[0], host="h", pid=1)
    mark_ended(db, first.started[0], "failed", "why")
    again = start_missing(db, "s", [*new(0, 1, 2), *new(1, digest="e")])
    assert again.study == first.study
    assert again.there == first.started
    assert [(get_run(db, n).seed, get_run(db, n).digest) for n in again.started] == [(2, "d"), (1, "e")]
    assert start_missing(db, first.study, new(0, 1, 2)).started == ()


def test_a_guest_counts_and_a_deleted_run_does_not(db: Database) -> None:
    other = start_missing(db, "other", new(0)).started
    number = create_study(db, "s")
    take_in(db, number, other)
    assert start_missing(db, number, new(0)).there == other
    own = start_missing(db, number, new(1)).started
    mark_started(db, own[0], host="h", pid=1)
    mark_ended(db, own[0], "finished")
    delete_run(db, own[0])
    assert start_missing(db, number, new(1)).there == ()


def test_a_name_that_is_taken_or_a_study_that_is_not_there_stores_nothing(db: Database) -> None:
    start_missing(db, "s", new(0), question="first")
    with pytest.raises(NameTaken, match="there is a study 's' already"):
        start_missing(db, "s", new(1), fresh=True, question="second")
    with pytest.raises(NoSuchStudy):
        start_missing(db, 77, new(1))
    assert len(list_runs(db)) == 1 and get_study(db, "s").question == "first"


def test_what_is_not_said_stays(db: Database) -> None:
    start_missing(db, "s", new(0), question="why", plan={"a": 1})
    start_missing(db, "s", new(1))
    assert (get_study(db, "s").question, get_study(db, "s").plan) == ("why", {"a": 1})
