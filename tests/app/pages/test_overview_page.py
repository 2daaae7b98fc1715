"""The overview: the empty studio, the list of studies with their answers, its search, and the machine."""

import pytest
from conftest import OpenPage, Used, all_text
from run_lists import button

from app import queries
from storage.runs import get_run, list_runs
from storage.studies import change_study, create_study, get_study, list_studies, take_in
from storage.trash import trash_study


@pytest.fixture(autouse=True)
def no_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are of the page; that a supervisor starts is tested with the supervisor."""
    for module in ("app.studies.starting", "app.training.launching", "app.overview.machine"):
        monkeypatch.setattr(f"{module}.ensure_supervisor", lambda db: None)


def named(test) -> list[str]:  # type: ignore[no-untyped-def]
    """Names of the studies that are listed."""
    labels = [link.proto.label for link in test.get("page_link")]
    return [label.strip("*") for label in labels if label.startswith("**")]


def test_an_empty_studio_explains_and_offers_what_to_do(empty_home: object, open_page: OpenPage) -> None:
    test = open_page("overview")
    assert not test.exception
    assert "How much synergy" in all_text(test)
    assert [found.label for found in test.button] == ["Run the quick comparison", "Look around in an example"]
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


def test_the_example_is_a_study_like_any_other_and_can_be_removed(
    empty_home: object, open_page: OpenPage
) -> None:
    test = open_page("overview")
    button(test, "Look around in an example").click().run()
    assert not test.exception
    assert test.title[0].value == "Example: quick comparison"
    (study,) = list_studies(queries.database())
    assert study.tags == ("example",)
    runs = list_runs(queries.database())
    assert len(runs) == 9 and {run.status for run in runs} == {"finished"}
    for tab in ("Answer", "Settings", "Synergy", "Curves", "Runs"):
        assert not open_page("study", study=study.id, tab=tab).exception
    text = all_text(open_page("overview"))
    assert "9 runs, all finished" in text and "Synergy: " in text
    trash_study(queries.database(), study.id)
    assert "How much synergy" in all_text(open_page("overview"))


def test_studies_are_listed_with_answer_progress_and_what_fails(used: Used, open_page: OpenPage) -> None:
    create_study(used.db, "nothing in it yet", question="What then?", tags=["idea"])
    test = open_page("overview")
    assert not test.exception
    assert named(test) == ["nothing in it yet", "bits-quick"]
    text = all_text(test)
    assert "What then?" in text and "idea" in text and "no run yet" in text and "No result yet." in text
    assert "9 of 17 runs finished" in text
    assert "Synergy: InfMasking" in text
    assert "failed" in text and "the loss became nan by step 380" in text
    assert "4 at work · 1 waiting" in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"find": "mask"}, ["masks"]),
        ({"find": "why ideas"}, ["masks"]),
        ({"tag": "paper"}, ["bits-quick", "masks"]),
        ({"tag": "paper", "find": "quick"}, ["bits-quick"]),
        ({}, ["masks", "bits-quick"]),
        ({"archived": "true"}, ["old", "masks", "bits-quick"]),
    ],
)
def test_search_comes_from_the_url(
    used: Used, open_page: OpenPage, query: dict[str, str], expected: list[str]
) -> None:
    change_study(used.db, 1, tags=["paper"])
    change_study(
        used.db,
        create_study(used.db, "masks", question="Why masks?", tags=["paper"]),
        note="ideas of others",
    )
    change_study(used.db, create_study(used.db, "old"), archived_at=1)
    assert sorted(named(open_page("overview", **query))) == sorted(expected)


def test_a_search_without_result_offers_the_way_back(used: Used, open_page: OpenPage) -> None:
    test = open_page("overview", find="nobody")
    assert "No study is called so" in all_text(test)
    button(test, "Show all").click().run()
    assert named(test) == ["bits-quick"]


def test_a_page_has_twenty_studies_and_more_on_request(used: Used, open_page: OpenPage) -> None:
    for number in range(24):
        create_study(used.db, f"study {number:02}")
    test = open_page("overview")
    assert len(named(test)) == 20 and named(test)[0] == "study 23"
    button(test, "Show 5 more of 5").click().run()
    assert len(named(test)) == 25 and test.query_params["show"] == "40"


def test_an_answer_changes_with_what_it_is_about(used: Used, open_page: OpenPage) -> None:
    """A line that is kept must not outlive a figure, a run or the naming that it was made of."""
    before = all_text(open_page("overview"))
    assert "is ahead of CoMM in accuracy, +0.9 points" in before
    with used.db.write() as connection:
        connection.exec_driver_sql(
            "UPDATE results SET value = 0.6 WHERE task = 'synergy' AND run_id BETWEEN 4 AND 6"
        )
    assert "+0.9 points" not in all_text(open_page("overview"))
    other = create_study(used.db, "of two")
    take_in(used.db, other, [1, 2, 3, 7, 8, 9])
    assert "is ahead of Cross in accuracy" in all_text(open_page("overview"))
    assert get_study(used.db, other).name == "of two"


def test_a_waiting_run_without_supervisor_is_told(used: Used, open_page: OpenPage) -> None:
    assert "1 run waiting, but no supervisor is there" in all_text(open_page("overview"))


def test_the_supervisor_that_is_missing_can_be_started(
    used: Used, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = []
    monkeypatch.setattr("app.overview.machine.ensure_supervisor", started.append)
    button(open_page("overview"), "Start it").click().run()
    assert started == [used.db] and get_run(used.db, 1).status == "finished"
