"""The overview: the empty studio, the list, its filters, and what the selection can do."""

import pytest
from conftest import OpenPage, Used, all_text
from streamlit.testing.v1 import AppTest

from app import queries
from app.runs.list_view import TABLE
from app.studies import starting
from app.training.configuring import Planned
from engine.settings.experiment import parse
from storage.runs import get_run, list_runs


@pytest.fixture(autouse=True)
def no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are of the page; that a supervisor starts is tested with the supervisor."""
    for module in (
        "app.studies.starting",
        "app.training.launching",
        "app.pages.overview",
        "app.runs.list_view",
    ):
        monkeypatch.setattr(f"{module}.ensure_supervisor", lambda db: None)


def select(test: AppTest, *rows: int) -> AppTest:
    """Tick rows of the table, as a click does."""
    test.session_state[TABLE] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return test.run()


def button(test: AppTest, label: str):  # type: ignore[no-untyped-def]
    return next(found for found in test.button if found.label == label)


def test_an_empty_studio_explains_and_offers_one_thing(empty_home: object, open_page: OpenPage) -> None:
    test = open_page("overview")
    assert not test.exception
    assert "How much synergy" in all_text(test)
    assert [found.label for found in test.button] == ["Run the quick comparison"]
    assert "InfMasking, CoMM and Cross, 3 seeds each: 9 short runs" in all_text(test)


def test_the_button_submits_the_quick_comparison_and_shows_it(
    empty_home: object, open_page: OpenPage
) -> None:
    test = open_page("overview")
    button(test, "Run the quick comparison").click().run()
    assert not test.exception
    runs = list_runs(queries.database())
    assert {(run.method, run.seed) for run in runs} == {
        (m, s) for m in ("infmasking", "comm", "cross") for s in (0, 1, 2)
    }
    assert {run.status for run in runs} == {"queued"} and {run.preset for run in runs} == {"bits-quick"}
    assert test.query_params["runs"] == "1-9" and test.query_params["study"] == "1"
    assert test.title[0].value == "bits-quick"


def test_all_runs_are_listed_with_state_and_result(used: Used, open_page: OpenPage) -> None:
    test = open_page("overview")
    assert not test.exception
    table = test.dataframe[0].value
    assert len(table) == 17
    assert {cell[0] for cell in table["state"]} == {"finished", *used.sample.by_state}
    assert table["result synergy"].notna().sum() == 9
    assert "4 at work · 1 waiting" in all_text(test)


def test_a_waiting_run_without_supervisor_is_told(used: Used, open_page: OpenPage) -> None:
    assert "1 run waiting, but no supervisor is there" in all_text(open_page("overview"))


def test_filters_come_from_the_url(used: Used, open_page: OpenPage) -> None:
    test = open_page("overview", method="CoMM", state="finished")
    assert not test.exception
    assert set(test.dataframe[0].value["method"]) == {"CoMM"} and len(test.dataframe[0].value) == 3
    test.text_input(key="find").set_value("no such run").run()
    assert "No run passes these filters." in all_text(test)


def test_the_selection_leads_to_the_comparison(used: Used, open_page: OpenPage) -> None:
    test = select(open_page("overview"), 8, 9, 12)
    button(test, "Compare").click().run()
    assert test.title[0].value == "bits-quick"
    assert test.query_params["runs"] == "5,8-9"


def test_the_selection_can_be_stopped(used: Used, open_page: OpenPage) -> None:
    ids = [run.id for run in list_runs(used.db)]
    running, queued = used.sample.by_state["running"], used.sample.by_state["queued"]
    test = select(open_page("overview"), ids.index(running), ids.index(queued))
    button(test, "Stop").click().run()
    assert get_run(used.db, running).stop_requested
    assert get_run(used.db, queued).status == "stopped"


def test_the_selection_can_be_resumed(used: Used, open_page: OpenPage) -> None:
    ids = [run.id for run in list_runs(used.db)]
    states = used.sample.by_state
    wanted = [states[state] for state in ("lost", "stopped", "failed")]
    test = select(open_page("overview"), *map(ids.index, wanted), 16)
    button(test, "Resume").click().run()
    assert [get_run(used.db, run_id).status for run_id in wanted] == ["queued"] * 3
    assert get_run(used.db, ids[16]).status == "finished", "what is finished stays as it is"


def test_buttons_wait_for_a_selection(used: Used, open_page: OpenPage) -> None:
    test = open_page("overview")
    assert all(button(test, label).disabled for label in ("Compare", "Open", "Stop", "Resume"))
    test = select(test, 16)
    assert not button(test, "Compare").disabled and not button(test, "Open").disabled
    assert button(test, "Stop").disabled and button(test, "Resume").disabled


def test_a_selection_follows_its_runs_when_new_ones_arrive(used: Used, open_page: OpenPage) -> None:
    """Positions alone would now point at the run above."""
    test = select(open_page("overview"), 16)
    oldest = list_runs(used.db)[16].id
    settings = parse(get_run(used.db, oldest).settings)
    starting.start_runs(used.db, [Planned("another", settings, None)])
    test.run()
    button(test, "Open").click().run()
    assert test.query_params["run"] == str(oldest)


def test_a_click_on_the_method_opens_the_run(used: Used, open_page: OpenPage) -> None:
    test = open_page("overview")
    test.session_state[TABLE] = {"selection": {"rows": [], "columns": [], "cells": [(16, "method")]}}
    test.run()
    assert test.title[0].value == "InfMasking, seed 0"


def test_the_supervisor_that_is_missing_can_be_started(
    used: Used, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr("app.pages.overview.ensure_supervisor", started.append)
    button(open_page("overview"), "Start it").click().run()
    assert started == [used.db]
