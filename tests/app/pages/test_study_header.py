"""The head of a study: renamed, archived, deleted, taken in, and each undone."""

import pytest
from conftest import OpenPage, Used, all_text
from run_lists import button, select
from streamlit.testing.v1 import AppTest

from app.groups.grouping import group_runs
from app.groups.naming import read_axes
from storage.runs import get_run, list_runs
from storage.studies import change_study, create_study, get_study, list_studies, members, take_in


def field(test: AppTest, kind: str, start: str):  # type: ignore[no-untyped-def]
    return next(found for found in getattr(test, kind) if str(found.key).startswith(start))


def test_name_question_note_and_tags_are_changed_and_undone(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", study=1)
    field(test, "text_input", "study_name").set_value("  Which masks? ")
    field(test, "text_input", "study_question").set_value("Does masking help?")
    field(test, "text_area", "study_note").set_value("First idea.\nSecond.")
    field(test, "multiselect", "study_tags").set_value(["paper"])
    button(test, "Save").click().run()
    assert not test.exception
    study = get_study(used.db, 1)
    assert (study.name, study.question, study.note, study.tags) == (
        "Which masks?",
        "Does masking help?",
        "First idea.\nSecond.",
        ("paper",),
    )
    assert test.title[0].value == "Which masks?"
    text = all_text(test)
    assert "Does masking help?" in text and "First idea. …" in text and "paper" in text
    button(test, "Undo").click().run()
    assert get_study(used.db, 1).name == "bits-quick" and get_study(used.db, 1).tags == ()


def test_a_name_that_is_taken_is_refused_in_one_line(used: Used, open_page: OpenPage) -> None:
    create_study(used.db, "taken")
    test = open_page("study", study=1)
    field(test, "text_input", "study_name").set_value("taken")
    button(test, "Save").click().run()
    assert test.error[0].value == "there is a study 'taken' already; choose another name"
    assert get_study(used.db, 1).name == "bits-quick"


def test_a_study_is_archived_and_back(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", study=1)
    button(test, "Archive study").click().run()
    assert get_study(used.db, 1).archived_at is not None and "archived" in all_text(test)
    button(test, "Undo").click().run()
    assert get_study(used.db, 1).archived_at is None
    change_study(used.db, 1, archived_at=5)
    button(open_page("study", study=1), "Unarchive study").click().run()
    assert get_study(used.db, 1).archived_at is None


def test_a_study_at_work_is_not_deleted_one_at_rest_is_and_undone(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", study=1)
    field(test, "button", "study_delete").click().run()
    assert "stop the study before deleting it" in test.error[0].value
    with used.db.write() as connection:
        connection.exec_driver_sql("UPDATE runs SET status = 'stopped' WHERE status <> 'finished'")
    test = open_page("study", study=1)
    field(test, "button", "study_delete").click().run()
    assert not test.exception
    assert list_studies(used.db) == [] and list_runs(used.db) == []
    assert "How much synergy" in all_text(test), "the overview, which is empty now"
    button(test, "Undo").click().run()
    assert len(list_runs(used.db)) == 17 and [study.name for study in list_studies(used.db)] == ["bits-quick"]


def test_runs_of_another_study_are_taken_in_and_sent_away(used: Used, open_page: OpenPage) -> None:
    other = create_study(used.db, "of two methods")
    take_in(used.db, other, [4, 5, 6])
    test = open_page("study", study=other)
    assert test.query_params["runs"] == "4-6"
    test.selectbox(key="take_in_study").set_value(1).run()
    labels = test.multiselect(key="take_in_groups").options
    assert "InfMasking, masks 12 · Bits" in labels
    test.multiselect(key="take_in_groups").set_value([get_run(used.db, 7).digest]).run()
    button(test, "Take in 3 runs").click().run()
    assert not test.exception
    assert members(used.db, other) == list(range(4, 10))
    assert test.query_params["runs"] == "4-9"
    button(test, "Undo").click().run()
    assert members(used.db, other) == [4, 5, 6]
    test.multiselect(key="send_away_studies").set_value([1]).run()
    button(test, "Send away 3 runs").click().run()
    assert members(used.db, other) == [] and len(list_runs(used.db)) == 17


def test_names_stay_when_others_are_taken_in(used: Used, open_page: OpenPage) -> None:
    """Runs of one method are called by the method alone; other masks come and only they say how many."""
    other = create_study(used.db, "names")
    take_in(used.db, other, [1, 2, 3])
    test = open_page("study", study=other)
    test.selectbox(key="take_in_study").set_value(1).run()
    test.multiselect(key="take_in_groups").set_value([get_run(used.db, 17).digest]).run()
    button(test, "Take in 8 runs").click().run()
    axes = read_axes(get_study(used.db, other).axes)
    names = [group.label for group in group_runs(list_runs(used.db, ids=members(used.db, other)), axes)]
    assert names == ["InfMasking", "InfMasking, masks 12"]


@pytest.mark.parametrize("query", [{"study": 1}, {"runs": "1-3"}])
def test_the_way_to_more_runs_names_the_study(
    used: Used, open_page: OpenPage, query: dict[str, object]
) -> None:
    links = [link.proto for link in open_page("study", **query).get("page_link")]
    asked = [link.query_string for link in links if link.label == "Add seeds or methods"]
    assert asked == (["study=1&clone=17"] if "study" in query else [])


def test_a_run_deleted_in_the_tab_of_its_study_leaves_the_link_and_says_so(
    used: Used, open_page: OpenPage
) -> None:
    test = select(open_page("study", study=1, tab="Runs"), 3)
    button(test, "Delete").click().run()
    assert not test.exception
    assert "1 run moved to the trash." in all_text(test)
    assert "not stored any more (3)" in all_text(test)
