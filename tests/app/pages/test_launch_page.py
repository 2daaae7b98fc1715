"""The launch page, driven as a user would."""

import os
from pathlib import Path

import pytest
from conftest import OpenPage, Used, all_text
from streamlit.testing.v1 import AppTest

from app.queries import database
from app.training.processes import host_name, this_process
from engine.presets.preset import load_preset
from storage.jobs import register_supervisor
from storage.runs import list_runs

USUAL = load_preset("bits-quick").experiment("infmasking", 0)


def field(test: AppTest, kind: str, label: str) -> object:
    """The first widget of a kind with this label."""
    return next(item for item in test.get(kind) if item.label == label)


def start_button(test: AppTest) -> object:
    return next(button for button in test.button if button.label.startswith("Start"))


def be_the_supervisor() -> None:
    """Register this test as the host's supervisor, so that runs wait instead of starting."""
    me = this_process()
    register_supervisor(database(), host_name(), me.pid, me.started)


def test_a_preset_is_prefilled(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", preset="trifeature-small")
    assert not test.exception
    assert field(test, "multiselect", "Methods").value == ["infmasking", "comm", "cross"]
    assert field(test, "text_input", "Seeds").value == "0-2"
    assert field(test, "number_input", "Image size (px)").value == 64
    assert start_button(test).label == "Start 9 runs"
    assert "Not measured yet on this machine for InfMasking, CoMM, Cross." in all_text(test)


def test_starting_stores_every_run_and_leads_to_the_comparison(empty_home: Path, open_page: OpenPage) -> None:
    be_the_supervisor()
    test = open_page("launch", preset="bits-quick")
    field(test, "text_input", "Seeds").set_value("3, 5-6")
    field(test, "multiselect", "Methods").set_value(["infmasking", "cross"]).run()
    start_button(test).click().run()
    assert not test.exception
    stored = sorted(list_runs(database()), key=lambda run: run.id)
    assert [(run.method, run.seed, run.status) for run in stored] == [
        (method, seed, "queued") for method in ("infmasking", "cross") for seed in (3, 5, 6)
    ]
    assert {run.preset for run in stored} == {"bits-quick"}
    assert test.query_params["runs"] == "1-6"
    assert "0 of 6 runs finished · 6 waiting" in str(test.get("progress")[0].text)


def test_mistakes_have_a_line_each_and_nothing_can_start(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", preset="bits-quick")
    field(test, "number_input", "Heads").set_value(7)
    field(test, "number_input", "Temperature").set_value(0.0)
    field(test, "text_input", "Term weights").set_value("1; 2").run()
    lines = [error.value for error in test.error]
    assert any("Term weights: numbers with commas between; got '1; 2'" in line for line in lines)
    assert any(f"heads (7) must divide width ({USUAL.fusion.width})" in line for line in lines)
    assert any("temperature" in line and "greater than 0" in line for line in lines)
    assert start_button(test).disabled
    assert list_runs(database()) == []


def test_a_value_out_of_range_keeps_start_disabled_until_it_is_mended(
    empty_home: Path, open_page: OpenPage
) -> None:
    test = open_page("launch", preset="bits-quick")
    for label, wrong, right in (("Epochs", 0, 2), ("Epochs", 10**20, 2), ("Learning rate", -1.0, 0.01)):
        field(test, "number_input", label).set_value(wrong).run()
        assert start_button(test).disabled and start_button(test).label == "Start"
        assert any(label.lower().replace(" ", "_") in error.value for error in test.error)
        field(test, "number_input", label).set_value(right).run()
        assert not start_button(test).disabled and not test.error


def test_changes_are_listed_and_can_be_undone(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", preset="bits-quick")
    assert "Nothing changed" in all_text(test)
    field(test, "number_input", "Epochs").set_value(2)
    field(test, "number_input", "Masks (views)").set_value(9).run()
    text = all_text(test)
    assert f"- training.epochs: {USUAL.training.epochs} → 2" in text
    assert f"- InfMasking: masks: {USUAL.objective.masks} → 9" in text
    next(button for button in test.button if button.label == "Undo all changes").click().run()
    assert field(test, "number_input", "Epochs").value == USUAL.training.epochs
    assert "Nothing changed" in all_text(test)


def test_a_clone_is_prefilled_from_its_run(used: Used, open_page: OpenPage) -> None:
    test = open_page("launch", clone=used.sample.by_state["stopped"])
    assert not test.exception
    assert field(test, "multiselect", "Methods").value == ["infmasking"]
    assert field(test, "text_input", "Seeds").value == "0"
    assert field(test, "number_input", "Masks (views)").value == 12
    assert start_button(test).label == "Start 1 run"


def test_a_data_set_alone(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", dataset="bits")
    assert not test.exception
    assert field(test, "number_input", "Features").value == 128
    assert start_button(test).label == "Start 6 runs"


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"preset": "bits-quik"}, "no preset 'bits-quik' (did you mean 'bits-quick'?)"),
        ({"dataset": "bit"}, "no data set 'bit'; choose from"),
        ({"clone": "77"}, "no run 77"),
    ],
)
def test_links_to_what_is_not_there(
    empty_home: Path, open_page: OpenPage, query: dict[str, str], line: str
) -> None:
    test = open_page("launch", **query)
    assert not test.exception
    assert line in all_text(test)


@pytest.mark.slow
def test_settings_that_do_not_fit_the_data_are_refused(empty_home: Path, open_page: OpenPage) -> None:
    be_the_supervisor()
    test = open_page("launch", preset="bits-quick")
    field(test, "multiselect", "Methods").set_value(["infmasking", "comm"])
    field(test, "text_input", "Term weights").set_value("1, 1, 1, 1")
    field(test, "number_input", "Samples").set_value(100)
    test.run()
    test.default_timeout = 240
    start_button(test).click().run()
    lines = [error.value for error in test.error]
    assert any("term_weights needs 5 weights" in line for line in lines), lines
    assert list_runs(database()) == []
    assert os.listdir(empty_home / "previews")
