"""The run page in every state, and what can be done there."""

import pytest
from conftest import OpenPage, Used, all_text
from streamlit.testing.v1 import AppTest

from storage.runs import get_run


@pytest.fixture(autouse=True)
def no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are of the page; that a supervisor starts is tested with the supervisor."""
    monkeypatch.setattr("app.runs.actions.ensure_supervisor", lambda db: None)


def labels(test: AppTest) -> dict[str, bool]:
    """Buttons by label: whether each can be pressed."""
    return {found.label: not found.disabled for found in test.button}


def press(test: AppTest, label: str) -> AppTest:
    return next(found for found in test.button if found.label == label).click().run()


def test_a_finished_run_shows_results_curves_settings_and_files(used: Used, open_page: OpenPage) -> None:
    test = open_page("run", run=1)
    assert not test.exception
    text = all_text(test)
    assert test.title[0].value == "InfMasking, seed 0"
    for words in (
        "finished",
        "bits-quick · Bits",
        "took 46 s",
        "Results",
        "Loss",
        "Terms of the loss",
        "Memory",
    ):
        assert words in text
    results, settings, _ = (frame.value for frame in test.dataframe)
    assert dict(zip(results["Task"], results["Value"], strict=True))["synergy"] == "76.0 %"
    assert dict(zip(results["Task"], results["Chance"], strict=True))["synergy"] == "50.0 %"
    assert list(results["Measures"])[-1] == "synergy"
    assert dict(zip(results["Task"], results["Information"], strict=True))["synergy"] == "0.469 bits"
    assert "Mask ratio" in list(settings["Setting"])
    assert "synergy accuracy 0.7600 (n = 4000)" in text
    assert "Best weights** · 1.17 MiB · epoch 5, step 700, validation loss 1.23" in text
    assert "1.50 MiB of training state" in text
    assert {metric.label: metric.value for metric in test.metric}["Throughput"].endswith(" samples/s")
    assert len(test.get("vega_lite_chart")) == 8
    assert {link.proto.url for link in test.get("link_button")} <= {
        *(f"./download/{number}" for number in range(1, 40)),
        *(f"./bundle?run=1&weights={number}" for number in (0, 1)),
    }


@pytest.mark.parametrize(
    ("state", "there", "not_there"),
    [
        ("queued", {"Cancel", "Delete"}, {"Stop", "Resume"}),
        ("starting", {"Stop"}, {"Resume"}),
        ("running", {"Stop"}, {"Resume"}),
        ("stopping", {"Stopping …"}, {"Stop", "Resume"}),
        ("stale", {"Stop"}, {"Resume"}),
        ("lost", {"Resume", "Delete"}, {"Stop"}),
        ("stopped", {"Resume", "Delete"}, {"Stop"}),
        ("failed", {"Resume", "Delete"}, {"Stop"}),
    ],
)
def test_every_state_offers_what_makes_sense(
    used: Used, open_page: OpenPage, state: str, there: set[str], not_there: set[str]
) -> None:
    test = open_page("run", run=used.sample.by_state[state])
    assert not test.exception
    assert state in all_text(test)
    found = labels(test)
    assert there <= found.keys() and not (not_there & found.keys())
    assert {"Clone", "Compare"} <= found.keys()
    assert found["Delete"] == (state in {"queued", "lost", "stopped", "failed"})


def test_progress_names_epoch_step_and_time_left(used: Used, open_page: OpenPage) -> None:
    test = open_page("run", run=used.sample.by_state["running"])
    (bar,) = test.get("progress")
    assert bar.proto.value == 45
    assert bar.proto.text.startswith("Training · epoch 3 of 6 · step 378 of 840 · about ")


def test_a_failure_says_why_in_one_line(used: Used, open_page: OpenPage) -> None:
    test = open_page("run", run=used.sample.by_state["failed"])
    assert [error.value for error in test.error] == [
        "the loss became nan by step 380; try a lower learning_rate or a clip_norm"
    ]


@pytest.mark.parametrize(
    ("query", "words"),
    [({"run": 999}, "There is no run 999"), ({"run": "x"}, "No run is named"), ({}, "No run is named")],
)
def test_a_link_to_nothing_is_one_line(
    used: Used, open_page: OpenPage, query: dict[str, object], words: str
) -> None:
    test = open_page("run", **query)
    assert not test.exception
    assert words in all_text(test)


def test_stop_and_resume(used: Used, open_page: OpenPage) -> None:
    running, lost = used.sample.by_state["running"], used.sample.by_state["lost"]
    test = press(open_page("run", run=running), "Stop")
    assert get_run(used.db, running).stop_requested
    assert labels(test)["Stopping …"] is False
    press(open_page("run", run=lost), "Resume")
    assert (get_run(used.db, lost).status, get_run(used.db, lost).attempts) == ("queued", 2)


def test_clone_and_compare_lead_on(used: Used, open_page: OpenPage) -> None:
    assert press(open_page("run", run=3), "Clone").query_params == {"clone": "3", "into": "1"}
    compared = press(open_page("run", run=3), "Compare")
    assert compared.title[0].value == "bits-quick"
    assert compared.query_params["runs"] == "1-3", "every seed of this configuration there is now"


def test_a_deleted_run_is_in_the_trash_and_comes_back(used: Used, open_page: OpenPage) -> None:
    test = press(open_page("run", run=2), "Delete")
    assert "This run is in the trash, which keeps it until " in all_text(test)
    assert get_run(used.db, 2).trashed_at is not None
    assert not {"Delete", "Clone", "Compare"} & labels(test).keys()
    test = press(test, "Restore")
    assert get_run(used.db, 2).trashed_at is None
    assert "in the trash" not in all_text(test) and "Delete" in labels(test)


def test_tags_and_note_are_kept(used: Used, open_page: OpenPage) -> None:
    test = open_page("run", run=4)
    test.text_area(key="note_4").set_value("a thought").run()
    test.multiselect(key="tags_4").set_value(["paper"]).run()
    assert not test.exception
    run = get_run(used.db, 4)
    assert (run.note, run.tags) == ("a thought", ("paper",))


def test_a_run_that_ends_while_watched_is_drawn_anew(used: Used, open_page: OpenPage) -> None:
    from storage.runs import mark_ended

    run_id = used.sample.by_state["running"]
    test = open_page("run", run=run_id)
    mark_ended(used.db, run_id, "stopped")
    test.run()
    assert "Resume" in labels(test)
