"""Runs that are started in a study: queued once, and named by axes that stay when others come."""

from pathlib import Path

import pytest
from house import SMALL

from app.groups.grouping import group_runs
from app.groups.naming import read_axes
from app.studies.starting import go_on, start_plan, start_runs
from app.training.configuring import Planned
from app.training.processes import host_name, this_process
from engine.presets.expansion import expand
from engine.presets.preset import StudyPlan, plan_of
from storage.database import Database
from storage.jobs import register_supervisor
from storage.runs import get_run, list_runs, mark_ended, mark_started
from storage.studies import NameTaken, get_study, members


@pytest.fixture
def db(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database whose supervisor is this test, so that runs wait."""
    monkeypatch.setenv("INFMASKING_HOME", str(tmp_path))
    opened, me = Database.at(tmp_path), this_process()
    register_supervisor(opened, host_name(), me.pid, me.started)
    return opened


def plan(**content: object) -> StudyPlan:
    usual = {"name": "s", "preset": "bits-quick", "methods": ["infmasking"], "seeds": [0], "question": "Why?"}
    return plan_of(usual | content)


def start(db: Database, made: StudyPlan, **options: object):
    return start_plan(db, made, expand(made, SMALL), **options)  # type: ignore[arg-type]


def labels(db: Database, study: int) -> list[str]:
    runs = list_runs(db, ids=members(db, study))
    return sorted(group.label for group in group_runs(runs, read_axes(get_study(db, study).axes)))


def test_names_stay_when_other_settings_come(db: Database) -> None:
    found = start(db, plan(vary=[{"objective.masks": [2, 4]}]))
    assert labels(db, found.study) == ["InfMasking, masks 2", "InfMasking, masks 4"]
    start(db, plan(vary=[{"objective.masks": [2]}], common={"training": {"weight_decay": 0.5}}))
    assert labels(db, found.study) == [
        "InfMasking, masks 2",
        "InfMasking, masks 2, weight decay 0.5",
        "InfMasking, masks 4",
    ]


def test_a_study_of_the_name_takes_the_plan_and_one_that_is_named_keeps_its_own(db: Database) -> None:
    first = start(db, plan())
    again = start(db, plan(seeds=[0, 1], question="How?"))
    assert (again.study, len(again.started), again.there) == (first.study, 1, first.started)
    assert get_study(db, first.study).question == "How?"
    other = start(db, plan(name="other", seeds=[2], question="Else?"), study=first.study)
    assert other.study == first.study and len(other.started) == 1
    stored = get_study(db, first.study)
    assert stored.question == "How?" and stored.plan is not None and stored.plan["seeds"] == [0, 1]
    with pytest.raises(NameTaken):
        start(db, plan(seeds=[9]), fresh=True)
    assert len(list_runs(db)) == 3


def test_what_was_interrupted_goes_on(db: Database) -> None:
    found = start(db, plan(seeds="0-3"))
    for run_id, status in zip(found.started, ("failed", "stopped", "finished"), strict=False):
        mark_started(db, run_id, host="elsewhere", pid=4_194_000)
        mark_ended(db, run_id, status)
    assert go_on(db, found.started) == list(found.started[:2])
    statuses = [get_run(db, run_id).status for run_id in found.started]
    assert statuses == ["queued", "queued", "finished", "queued"]


def test_runs_without_a_plan_are_in_the_study_of_their_name(db: Database) -> None:
    settings = plan().experiment("infmasking", 0, SMALL)
    (first,) = start_runs(db, [Planned("mine", settings, None)])
    longer = settings.model_copy(update={"seed": 1})
    start_runs(db, [Planned("mine", longer, None)])
    study = get_study(db, "mine")
    assert get_run(db, first).study_id == study.id and study.plan is None
    assert members(db, study.id) == [first, first + 1] and labels(db, study.id) == ["InfMasking"]
