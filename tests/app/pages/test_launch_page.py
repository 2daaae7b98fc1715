"""The launch page, driven as a user would."""

import os
from pathlib import Path

import pytest
from conftest import OpenPage, Used, all_text
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from app import queries
from app.queries import database
from app.training.processes import host_name, this_process
from engine.presets.preset import load_preset
from storage.jobs import register_supervisor
from storage.runs import list_runs
from storage.studies import list_studies, members

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
    assert test.title[0].value == "New study"
    assert field(test, "multiselect", "Methods").value == ["infmasking", "comm", "cross"]
    assert field(test, "text_input", "Seeds").value == "0-2"
    assert field(test, "text_input", "Name").value == "trifeature-small"
    assert field(test, "text_input", "Image size (px)").value == "64"
    assert start_button(test).label == "Start 9 runs"
    assert "Not measured yet on this machine for InfMasking, CoMM, Cross." in all_text(test)


def test_starting_stores_study_plan_and_runs_and_leads_to_the_study(
    empty_home: Path, open_page: OpenPage
) -> None:
    be_the_supervisor()
    test = open_page("launch", preset="bits-quick")
    field(test, "text_input", "Seeds").set_value("3, 5-6")
    field(test, "text_input", "Name").set_value("Masks")
    field(test, "text_area", "Question").set_value("How many?")
    field(test, "multiselect", "Methods").set_value(["infmasking", "cross"]).run()
    start_button(test).click().run()
    assert not test.exception
    stored = sorted(list_runs(database()), key=lambda run: run.id)
    assert [(run.method, run.seed, run.status) for run in stored] == [
        (method, seed, "queued") for method in ("infmasking", "cross") for seed in (3, 5, 6)
    ]
    assert {run.preset for run in stored} == {"bits-quick"}
    (study,) = list_studies(database())
    assert (study.name, study.question, members(database(), study.id)) == (
        "Masks",
        "How many?",
        [run.id for run in stored],
    )
    assert study.plan is not None and study.plan["seeds"] == [3, 5, 6]
    assert test.query_params["study"] == str(study.id)
    assert test.title[0].value == "Masks"
    assert not open_page("launch").query_params, "the next study begins anew"


def test_a_sweep_is_counted_and_started(empty_home: Path, open_page: OpenPage) -> None:
    be_the_supervisor()
    test = open_page("launch", preset="bits-quick")
    assert not any(item.label == "Combinations" for item in test.button_group)
    field(test, "text_input", "Mask ratio").set_value("0.3…0.7 by 0.2")
    field(test, "text_input", "Masks (views)").set_value("2, 4").run()
    assert start_button(test).label == "Start 24 runs"
    text = all_text(test)
    assert "8 configurations × 3 seeds" in text and "InfMasking 18 · CoMM 3 · Cross 3" in text
    field(test, "button_group", "Combinations").set_value("Drawn").run()
    field(test, "number_input", "How many").set_value(4).run()
    assert start_button(test).label == "Start 18 runs"


@pytest.mark.parametrize(
    ("label", "typed", "line"),
    [
        ("Heads", "7", f"heads (7) must divide width ({USUAL.fusion.width})"),
        ("Mask ratio", "0.5, 1.5", "mask_ratio: Input should be less than or equal to 1; got '1.5'"),
        ("Epochs", "0", "training.epochs: Input should be greater than or equal to 1; got '0'"),
        ("Epochs", "1…1e9 by 1", "training.epochs: '1…1e9 by 1' has more than 1,000 values"),
        ("Epochs", "1…400 by 1", "3 methods × 400 values × 3 seeds are 3,600 runs; at most 500 at once"),
        ("Learning rate", "quick", "training.learning_rate: Input should be a valid number"),
        ("Term weights", "1; 2", "Term weights: numbers with commas between; got '1; 2'"),
        ("Weight decay", "= rate", "training.weight_decay: 'rate' is no setting here"),
        ("Seeds", "0-x", "seeds: numbers and ranges"),
        ("Name", " ", "name: give this study a name"),
    ],
)
def test_a_mistake_is_a_line_and_nothing_can_start_until_it_is_mended(
    empty_home: Path, open_page: OpenPage, label: str, typed: str, line: str
) -> None:
    test = open_page("launch", preset="bits-quick")
    usual = field(test, "text_input", label).value
    field(test, "text_input", label).set_value(typed).run()
    assert not test.exception
    assert any(line in error.value for error in test.error), [error.value for error in test.error]
    assert start_button(test).disabled and start_button(test).label == "Start"
    field(test, "text_input", label).set_value(usual).run()
    assert not start_button(test).disabled and not test.error
    assert list_runs(database()) == []


def test_a_copied_link_restores_the_form(empty_home: Path, open_page: OpenPage) -> None:
    first = open_page("launch", preset="bits-quick")
    field(first, "text_input", "Name").set_value("Mine")
    field(first, "text_input", "Seeds").set_value("0-4")
    field(first, "multiselect", "Methods").set_value(["infmasking"])
    field(first, "text_input", "Mask ratio").set_value("0.3, 0.5").run()
    field(first, "text_input", "Epochs").set_value("oops").run()
    link = {name: first.query_params[name] for name in first.query_params}
    other = open_page("launch", **link)
    assert not other.exception
    for label, value in (("Name", "Mine"), ("Seeds", "0-4"), ("Mask ratio", "0.3, 0.5"), ("Epochs", "oops")):
        assert field(other, "text_input", label).value == value
    assert field(other, "multiselect", "Methods").value == ["infmasking"]
    assert [error.value for error in other.error] == [error.value for error in first.error] != []
    field(other, "text_input", "Epochs").set_value("3").run()
    assert start_button(other).label == "Start 10 runs"


def test_the_draft_stays_when_one_leaves_the_page(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", preset="trifeature-small")
    field(test, "text_input", "Epochs").set_value("2, 4").run()
    test.query_params.clear()
    test._page_hash = calc_hash("data")
    test.run()
    assert test.title[0].value == "Data"
    test.query_params.clear()
    test._page_hash = calc_hash("launch")
    test.run()
    assert field(test, "text_input", "Epochs").value == "2, 4"
    assert test.query_params["preset"] == "trifeature-small"
    assert start_button(test).label == "Start 18 runs"


def test_changes_can_be_undone(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", preset="bits-quick")
    assert "Nothing changed" in all_text(test)
    field(test, "text_input", "Epochs").set_value("2")
    field(test, "text_input", "Heads").set_value("2").run()
    text = all_text(test)
    assert "2 changes" in text and f"- training.epochs: {USUAL.training.epochs} → 2" in text
    assert "Changed: heads 2" in text
    next(button for button in test.button if button.label == "Undo all changes").click().run()
    assert field(test, "text_input", "Epochs").value == str(USUAL.training.epochs)
    assert "Nothing changed" in all_text(test) and "draft" not in test.query_params


def test_a_clone_goes_to_its_study_and_may_go_to_a_new_one(used: Used, open_page: OpenPage) -> None:
    be_the_supervisor()
    cloned = queries.get_run(used.sample.by_state["stopped"])
    test = open_page("launch", clone=cloned.id)
    assert not test.exception
    assert field(test, "multiselect", "Methods").value == ["infmasking"]
    assert field(test, "text_input", "Seeds").value == "0"
    assert field(test, "text_input", "Masks (views)").value == "12"
    assert field(test, "selectbox", "The runs go to").value == cloned.study_id
    assert start_button(test).label == "Start 1 run"
    field(test, "text_input", "Seeds").set_value("0, 77").run()
    test.default_timeout = 240
    before = len(list_runs(database()))
    start_button(test).click().run()
    assert not test.exception
    (new,) = [run for run in list_runs(database()) if run.seed == 77]
    assert new.study_id == cloned.study_id and len(list_runs(database())) == before + 1
    other = open_page("launch", clone=cloned.id)
    field(other, "selectbox", "The runs go to").set_value(0).run()
    assert field(other, "text_input", "Name").value == f"{cloned.study} 2"
    assert not start_button(other).disabled


def test_a_name_that_is_taken_is_a_line(used: Used, open_page: OpenPage) -> None:
    name = list_studies(database())[0].name
    test = open_page("launch", preset="bits-quick")
    field(test, "text_input", "Name").set_value(name).run()
    assert any(f"there is a study '{name}' already" in error.value for error in test.error)
    assert start_button(test).disabled


def test_a_data_set_alone(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", dataset="bits")
    assert not test.exception
    assert field(test, "text_input", "Features").value == "128"
    assert start_button(test).label == "Start 6 runs"


def test_several_data_sets(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", preset="bits-quick")
    field(test, "multiselect", "More data sets").set_value(["mosi"]).run()
    assert not test.exception
    assert start_button(test).label == "Start 18 runs"
    assert "6 configurations × 3 seeds on 2 data sets" in all_text(test)
    assert field(test, "text_input", "Epochs").placeholder == "differs: 5 · 100"
    assert test.query_params["with"] == "mosi"


def test_a_published_table(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("launch", table="trifeature")
    assert not test.exception
    assert start_button(test).label == "Start 60 runs"


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ({"preset": "bits-quik"}, "no preset 'bits-quik' (did you mean 'bits-quick'?)"),
        ({"table": "bits"}, "no table 'bits'"),
        ({"dataset": "bit"}, "no data set 'bit'"),
        ({"clone": "77"}, "no run 77"),
        ({"study": "77"}, "no study 77"),
        ({"preset": "bits-quick", "into": "77"}, "no study 77"),
        ({"preset": "bits-quick", "draft": "nonsense"}, "The draft in this address cannot be read"),
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
    field(test, "text_input", "Samples").set_value("100")
    test.run()
    test.default_timeout = 240
    start_button(test).click().run()
    lines = [error.value for error in test.error]
    assert any("term_weights needs 5 weights" in line for line in lines), lines
    assert list_runs(database()) == []
    assert os.listdir(empty_home / "previews")
