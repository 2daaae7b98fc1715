"""Studies: created under one name at a time, with the runs started in them and those taken in."""

from dataclasses import replace

import pytest

from storage.database import Database, DatabaseError
from storage.run import NewRun
from storage.runs import create_runs, get_run, list_runs
from storage.studies import (
    NameTaken,
    NoSuchStudy,
    change_study,
    create_study,
    get_study,
    list_studies,
    members,
    members_of_all,
    send_away,
    take_in,
)

RUN = NewRun("CoMM on bits", None, "bits", "comm", 0, "d1", {"data": {"name": "bits"}})


def start(db: Database, *studies: int | str) -> list[int]:
    return create_runs(db, [replace(RUN, study=study) for study in studies], queue=False)


def test_runs_of_one_name_share_a_study_which_is_made_once(db: Database) -> None:
    first, second, other = start(db, "MOSI", "MOSI", "bits")
    assert [study.name for study in list_studies(db)] == ["bits", "MOSI"]
    mosi = get_study(db, "MOSI")
    assert get_run(db, first).study_id == get_run(db, second).study_id == mosi.id
    assert get_run(db, other).study == "bits"
    assert members(db, mosi.id) == [first, second]


def test_a_run_without_a_study_is_one_by_itself(db: Database) -> None:
    (number,) = start(db, "")
    assert get_run(db, number).study == "CoMM on bits"


def test_a_study_keeps_what_it_was_created_with(db: Database) -> None:
    plan = {"methods": ["comm"], "seeds": [0, 1], "vary": [{"objective.temperature": [0.1, 0.5]}]}
    number = create_study(db, "sweep", question="Does it help?", plan=plan, tags=["big"])
    study = get_study(db, number)
    assert (study.name, study.question, study.plan, study.tags) == ("sweep", "Does it help?", plan, ("big",))
    assert (study.axes, study.archived_at, study.trashed_at) == ([], None, None)
    (run,) = start(db, number)
    assert members_of_all(db) == {number: [run]}


def test_a_name_is_that_of_one_study(db: Database) -> None:
    number = create_study(db, "sweep")
    other = create_study(db, "other")
    with pytest.raises(NameTaken, match="there is a study 'sweep' already; choose another name"):
        create_study(db, "sweep")
    with pytest.raises(NameTaken, match="'sweep' already"):
        change_study(db, other, name="sweep")
    with pytest.raises(NameTaken, match="needs a name"):
        create_study(db, " ")
    change_study(db, number, name="sweep", note="its own name is free to it")
    assert get_study(db, number).note == "its own name is free to it"


def test_what_is_not_there_is_said(db: Database) -> None:
    number = create_study(db, "sweep")
    with pytest.raises(NoSuchStudy, match="no study 7"):
        get_study(db, 7)
    with pytest.raises(NoSuchStudy, match="no study 'x'"):
        get_study(db, "x")
    with pytest.raises(NoSuchStudy):
        change_study(db, 7, note="x")
    with pytest.raises(DatabaseError, match="no run 8, 9"):
        take_in(db, number, [8, 9])
    with pytest.raises(TypeError, match="colour"):
        change_study(db, number, colour="red")


def test_guests_belong_to_both_studies_and_leave_one(db: Database) -> None:
    first, second = start(db, "MOSI", "bits")
    mosi, bits = get_study(db, "MOSI").id, get_study(db, "bits").id
    take_in(db, mosi, [second, first, second])
    take_in(db, mosi, [second])
    assert members_of_all(db) == {mosi: [first, second], bits: [second]}
    assert members(db, mosi) == [first, second]
    send_away(db, mosi, [first, second])  # the first is at home there
    assert members_of_all(db, [mosi]) == {mosi: [first]}


def test_a_renamed_study_keeps_its_runs(db: Database) -> None:
    (run,) = start(db, "MOSI")
    change_study(
        db, get_study(db, "MOSI").id, name="CMU-MOSI", axes=[{"path": "seed"}], tags=[" a ", "a", ""]
    )
    assert [(found.id, found.study) for found in list_runs(db)] == [(run, "CMU-MOSI")]
    assert get_study(db, "CMU-MOSI").tags == ("a",)
