"""The storage page: sizes, what is given back, and the trash."""

import pytest
from conftest import OpenPage, Used, all_text
from streamlit.testing.v1 import AppTest

from app.home import run_log
from app.selection import table_key
from app.space.files import forget_sizes
from app.space.trash_section import TRASH
from app.training.housekeeping import DROP_STATES
from storage.artifacts import list_artifacts
from storage.preferences import get_preference
from storage.runs import NewRun, create_runs, get_run, list_runs, mark_ended
from storage.studies import get_study, list_studies
from storage.trash import list_trash, trash_runs, trash_study


@pytest.fixture(autouse=True)
def fresh_sizes() -> None:
    forget_sizes()


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def select(used: Used, test: AppTest, *rows: int) -> AppTest:
    """Tick rows of the trash as it is shown."""
    key = table_key(TRASH, [(one.study_id, one.run_id) for one in list_trash(used.db)])
    test.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return test.run()


def opened(open_page: OpenPage) -> AppTest:
    test = open_page("storage")
    assert not test.exception
    return test


def test_an_empty_studio(empty_home: object, open_page: OpenPage) -> None:
    said = all_text(opened(open_page))
    assert "There is nothing to give back." in said and "The trash is empty." in said


def test_sizes_are_those_of_the_files(used: Used, open_page: OpenPage) -> None:
    test = opened(open_page)
    kinds = test.dataframe[0].value
    count = sum(one.kind == "best" for one in list_artifacts(used.db))
    assert count and kinds["files"][0] == count
    assert "bits-quick" in set(test.dataframe[1].value["study"])


def test_states_of_finished_runs_are_freed_after_a_question(used: Used, open_page: OpenPage) -> None:
    def states() -> set[str]:
        kept = [one.run_id for one in list_artifacts(used.db) if one.kind == "state"]
        return {get_run(used.db, run).status for run in kept}

    before = states()
    assert "finished" in before and len(before) > 1
    test = opened(open_page)
    test.button(key="free_Training states of finished runs").click().run()
    assert "go for good. Nothing needs them." in all_text(test)
    assert states() == before
    press(test, "Free it")
    assert "Training states of finished runs: " in all_text(test)
    assert states() == before - {"finished"}


def test_whether_states_go_by_themselves_is_a_choice(used: Used, open_page: OpenPage) -> None:
    test = opened(open_page)
    assert test.toggle(key="drop_states").value is True
    test.toggle(key="drop_states").set_value(False).run()
    assert get_preference(used.db, DROP_STATES) is False
    assert opened(open_page).toggle(key="drop_states").value is False


def test_logs_and_previews_go_and_their_button_with_them(used: Used, open_page: OpenPage) -> None:
    log = run_log(used.home, 1)
    log.parent.mkdir()
    log.write_bytes(b"x" * 4096)
    test = opened(open_page)
    test.button(key="free_Logs of ended runs").click().run()
    press(test, "Free it")
    assert not log.exists()
    assert "Logs of ended runs: 4.00 KiB freed." in all_text(test)
    assert "free_Logs of ended runs" not in {button.key for button in test.button}


def test_restore_from_the_trash(used: Used, open_page: OpenPage) -> None:
    trash_runs(used.db, [2])
    trash_runs(used.db, [5])
    test = opened(open_page)
    table = test.dataframe[-1].value
    assert list(table["what"]) in (["Run 5", "Run 2"], ["Run 2", "Run 5"])
    row = list(table["what"]).index("Run 2")
    press(select(used, test, row), "Restore")
    assert f"Restored: {get_run(used.db, 2).title}." in all_text(test)
    assert [one.run_id for one in list_trash(used.db)] == [5]


def test_a_selection_goes_with_what_was_selected(used: Used, open_page: OpenPage) -> None:
    trash_runs(used.db, [2])
    test = select(used, opened(open_page), 0)
    trash_runs(used.db, [5])  # elsewhere; it stands first from now on, or beside
    press(test.run(), "Restore")
    assert [one.run_id for one in list_trash(used.db)] == [5]


def test_delete_for_good_asks_and_takes_the_log_file_too(used: Used, open_page: OpenPage) -> None:
    trash_runs(used.db, [2, 5])
    log = run_log(used.home, 2)
    log.parent.mkdir()
    log.write_text("printed")
    test = opened(open_page)
    row = list(test.dataframe[-1].value["what"]).index("Run 2")
    press(select(used, test, row), "Delete for good")
    assert "1 run, " in all_text(test) and len(list_trash(used.db)) == 2
    test.button(key="trash_confirm").click().run()
    assert [one.run_id for one in list_trash(used.db)] == [5]
    assert not log.exists()


def other_study(used: Used) -> int:
    """A study of two runs that have ended."""
    new = [NewRun(f"t {n}", None, "bits", "comm", n, "d", {}, study="other") for n in range(2)]
    runs = create_runs(used.db, new, queue=False)
    for run in runs:
        mark_ended(used.db, run, "finished")
    return get_run(used.db, runs[0]).study_id


def test_empty_the_trash_with_a_study_in_it(used: Used, open_page: OpenPage) -> None:
    study = other_study(used)
    trash_runs(used.db, [1])
    trash_study(used.db, study)
    test = press(opened(open_page), "Empty the trash")
    assert "3 runs, " in all_text(test)
    test.button(key="trash_confirm").click().run()
    assert "3 runs deleted for good." in all_text(test)
    assert list_trash(used.db) == [] and list_studies(used.db, trashed=True) == []


def test_a_whole_study_is_restored(used: Used, open_page: OpenPage) -> None:
    study = other_study(used)
    trash_study(used.db, study)
    test = opened(open_page)
    table = test.dataframe[-1].value
    assert (list(table["what"]), list(table["name"])) == (["Study, 2 runs"], ["other"])
    press(select(used, test, 0), "Restore")
    assert get_study(used.db, study).trashed_at is None
    assert len(list_runs(used.db, study_id=study)) == 2
