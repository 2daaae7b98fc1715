"""The page of all runs, and the Runs tab of a study: filters, columns, selection, and what it can do."""

import io

import polars as pl
import pytest
from conftest import OpenPage, Used, all_text
from run_lists import button, select

from app import queries
from app.runs.list_view import DRAWN, csv_of
from app.runs.table import run_table
from app.studies import starting
from app.training.configuring import Planned
from engine.settings.experiment import parse
from storage.runs import get_run, list_runs
from storage.trash import trash_runs


@pytest.fixture(autouse=True)
def no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are of the page; that a supervisor starts is tested with the supervisor."""
    for module in ("app.studies.starting", "app.training.launching", "app.runs.bulk"):
        monkeypatch.setattr(f"{module}.ensure_supervisor", lambda db: None)


def shown_ids(test) -> list[int]:  # type: ignore[no-untyped-def]
    return list(test.dataframe[0].value["run"])


def test_an_empty_list_says_what_it_is_for(empty_home: object, open_page: OpenPage) -> None:
    test = open_page("runs")
    assert not test.exception
    assert "Every run of all studies is listed here" in all_text(test)


def test_all_runs_are_listed_with_state_and_result(used: Used, open_page: OpenPage) -> None:
    test = open_page("runs")
    assert not test.exception
    table = test.dataframe[0].value
    assert len(table) == 17
    assert {cell[0] for cell in table["state"]} == {"finished", *used.sample.by_state}
    assert table["result synergy"].notna().sum() == 9
    assert "The same in all: Study bits-quick, Data Bits." in all_text(test)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"method": "CoMM", "state": "finished"}, {4, 5, 6}),
        ({"find": "PAPER first"}, {1}),
        ({"tag": "reference"}, {1}),
        ({"where": "masks > 10"}, set(range(10, 18))),
        ({"where": "method = cross and seed >= 1"}, {8, 9}),
        ({"where": "masks = 12 or method = comm", "state": "failed"}, {11}),
    ],
)
def test_filters_come_from_the_url(
    used: Used, open_page: OpenPage, query: dict[str, str], expected: set[int]
) -> None:
    test = open_page("runs", **query)
    assert not test.exception
    assert set(shown_ids(test)) == expected


def test_a_mistake_in_a_condition_is_one_line_and_narrows_nothing(used: Used, open_page: OpenPage) -> None:
    test = open_page("runs", where="mask_ratio >")
    assert [error.value for error in test.error] == [
        "Settings: position 13: expected a value behind '>', but the text ends"
    ]
    assert len(shown_ids(test)) == 17
    assert "did you mean 'masks'?" in open_page("runs", where="maskss > 3").error[0].value


def test_nothing_passes(used: Used, open_page: OpenPage) -> None:
    assert "No run passes these filters." in all_text(open_page("runs", find="no such run"))


def test_chosen_columns_come_from_the_url_settings_among_them(used: Used, open_page: OpenPage) -> None:
    test = open_page("runs", columns=["Seed", "objective.masks"])
    assert not test.exception
    frame = test.dataframe[0]
    assert list(frame.proto.column_order) == ["seed", "setting objective.masks"]
    masks = dict(zip(frame.value["run"], frame.value["setting objective.masks"], strict=True))
    assert masks[17] == 12 and masks[1] == 4 and masks[9] != masks[9], "Cross has no masks"


def test_usual_columns_leave_out_what_is_the_same(used: Used, open_page: OpenPage) -> None:
    order = list(open_page("runs", where="run <= 9").dataframe[0].proto.column_order)
    assert "progress" not in order and "study" not in order and order[:3] == ["state", "name", "seed"]


def test_in_a_study_runs_have_its_names(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", study=get_run(used.db, 1).study_id, tab="Runs")
    assert not test.exception
    frame = test.dataframe[0].value
    names = dict(zip(frame["run"], (name.split("#")[1] for name in frame["name"]), strict=True))
    assert names[17] == "InfMasking, masks 12" and names[1] == "InfMasking, masks 4" and names[4] == "CoMM"
    assert "study" not in frame.columns


def test_what_is_shown_leaves_as_csv_with_its_settings(used: Used) -> None:

    runs = queries.list_runs()[8:]
    results = queries.results([run.id for run in runs])
    table = run_table(runs, results, [], {}, 0, names={run.id: "=100 % #1, sure" for run in runs})
    read = pl.read_csv(io.StringIO(csv_of(runs, table)))
    assert read["run"].to_list() == list(range(9, 0, -1))
    assert set(read["name"]) == {"'=100 % #1, sure"}
    assert read["objective.masks"].to_list() == [None] * 6 + [4] * 3
    assert read.filter(run=1)["tags"].item() == "reference, paper"
    assert {"training.epochs", "method", "seed", "data"} <= set(read.columns)


def test_the_selection_leads_to_the_comparison(used: Used, open_page: OpenPage) -> None:
    test = select(open_page("runs"), 9, 8, 5)
    button(test, "Compare").click().run()
    assert test.title[0].value == "bits-quick"
    assert test.query_params["runs"] == "5,8-9" and test.query_params["study"] == "1"


def test_the_selection_can_be_stopped(used: Used, open_page: OpenPage) -> None:
    running, queued = used.sample.by_state["running"], used.sample.by_state["queued"]
    test = select(open_page("runs"), running, queued)
    button(test, "Stop").click().run()
    assert get_run(used.db, running).stop_requested
    assert get_run(used.db, queued).status == "stopped"
    assert "2 runs asked to stop" in all_text(test)


def test_the_selection_can_be_resumed(used: Used, open_page: OpenPage) -> None:
    states = used.sample.by_state
    wanted = [states[state] for state in ("lost", "stopped", "failed")]
    test = select(open_page("runs"), *wanted, 1)
    button(test, "Resume").click().run()
    assert [get_run(used.db, run_id).status for run_id in wanted] == ["queued"] * 3
    assert get_run(used.db, 1).status == "finished", "what is finished stays as it is"


def test_buttons_wait_for_a_selection(used: Used, open_page: OpenPage) -> None:
    test = open_page("runs")
    labels = ("Compare", "Open", "Stop", "Resume", "Archive", "Delete")
    assert all(button(test, label).disabled for label in labels)
    test = select(test, 1)
    assert not any(button(test, label).disabled for label in ("Compare", "Open", "Archive", "Delete"))
    assert button(test, "Stop").disabled and button(test, "Resume").disabled


def test_delete_moves_to_the_trash_and_undo_brings_back(used: Used, open_page: OpenPage) -> None:
    test = select(open_page("runs"), 2, 3)
    button(test, "Delete").click().run()
    assert not test.exception
    assert "2 runs moved to the trash." in all_text(test)
    assert {run.id for run in list_runs(used.db)} == {1, *range(4, 18)}
    button(test, "Undo").click().run()
    assert len(list_runs(used.db)) == 17 and "Undone." in all_text(test)
    assert [found for found in test.button if found.label == "Undo"] == []


def test_archived_runs_are_hidden_until_asked_for(used: Used, open_page: OpenPage) -> None:
    button(select(open_page("runs"), 2, 3), "Archive").click().run()
    test = open_page("runs")
    assert not {2, 3} & set(shown_ids(test))
    test = open_page("runs", archived="true")
    assert {2, 3} <= set(shown_ids(test))
    button(select(test, 2), "Unarchive").click().run()
    assert get_run(used.db, 2).archived_at is None and get_run(used.db, 3).archived_at is not None


def test_tags_are_added_taken_away_and_undone(used: Used, open_page: OpenPage) -> None:
    test = select(open_page("runs"), 1, 2)
    test.multiselect(key="tags_to_add").set_value(["paper"])
    test.multiselect(key="tags_to_remove").set_value(["reference"])
    button(test, "Apply").click().run()
    assert not test.exception
    assert get_run(used.db, 1).tags == ("paper",) and get_run(used.db, 2).tags == ("paper",)
    button(test, "Undo").click().run()
    assert set(get_run(used.db, 1).tags) == {"reference", "paper"} and get_run(used.db, 2).tags == ()


def test_a_selection_follows_its_runs_when_rows_come(used: Used, open_page: OpenPage) -> None:
    """Positions alone would now point at the run above."""
    test = select(open_page("runs"), 1)
    settings = parse(get_run(used.db, 1).settings)
    starting.start_runs(used.db, [Planned("another", settings, None)])
    test.run()
    assert test.dataframe[0].proto.selection_default
    test = select(test, 1)
    button(test, "Open").click().run()
    assert test.query_params["run"] == "1"


def test_a_click_on_a_table_that_was_replaced_acts_on_no_other_run(used: Used, open_page: OpenPage) -> None:
    """Somebody deletes the run in the first row; a click on the old second row comes late."""
    test = open_page("runs")

    old = test.session_state[DRAWN]

    trash_runs(used.db, [old.ids[0]])
    test.run()
    test.session_state[old.key] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    test.run()
    assert button(test, "Delete").disabled, "nothing is selected in the table that is shown"
