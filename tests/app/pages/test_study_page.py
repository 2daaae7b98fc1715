"""The study page over stored runs: what it shows, what it says, and that its URL is the truth."""

import pytest
from conftest import OpenPage, Used, all_text

from storage.run import change_run
from storage.runs import delete_run, get_run
from storage.studies import change_study, create_study


def digests(used: Used, ids: tuple[int, ...]) -> list[str]:
    """Configurations of these runs."""
    return [get_run(used.db, number).digest for number in ids]


def test_nothing_stored_leads_to_the_form(empty_home: object, open_page: OpenPage) -> None:
    test = open_page("study")
    assert not test.exception
    assert "There is no study yet" in all_text(test)


def test_the_finished_comparison(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9")
    assert not test.exception
    text = all_text(test)
    for word in (
        "Redundancy",
        "Uniqueness",
        "Synergy",
        "Differences to CoMM, paired by seed",
        "Seeds 0-2 in every group; data seed 0",
    ):
        assert word in text
    assert "InfMasking is ahead of CoMM in accuracy, +0.9 points [" in text
    assert "Nothing but the method" in all_text(open_page("study", runs="1-9", tab="Settings"))
    assert test.multiselect(key="shown_groups").value == digests(used, (1, 4, 7))
    grid, differences, figures = (frame.value for frame in test.dataframe)
    assert list(grid["Configuration"]) == ["InfMasking", "CoMM", "Cross"]
    assert grid.shape == (3, 4) and grid["Synergy"][2].startswith("51.2 ")
    assert differences.shape[0] == 6
    assert figures.shape == (9, 11)
    assert list(figures[figures["Question"] == "synergy"]["Mean"]) == ["75.8 %", "74.9 %", "51.2 %"]


def test_another_baseline_turns_the_differences(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9")
    test.selectbox(key="baseline").set_value("InfMasking").run()
    assert "CoMM is behind InfMasking in accuracy, −0.9 points" in all_text(test)


def test_runs_in_every_state_are_told_and_failures_have_a_line(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="10-17")
    assert not test.exception
    text = all_text(test)
    assert "Results appear here when the first run has been probed" in text
    assert "So far: Synergy: " in all_text(open_page("study", runs="1-17"))
    assert "So far" not in all_text(open_page("study", runs="1-9"))
    assert "failed: the loss became nan by step 380" in text


def test_the_url_says_what_is_shown(used: Used, open_page: OpenPage) -> None:
    chosen = digests(used, (4, 7))
    test = open_page("study", digest=",".join(chosen))
    assert test.multiselect(key="shown_groups").value == chosen
    assert "Cross is behind CoMM in accuracy" in all_text(test)
    assert test.query_params["runs"] == "4-9", "the address names what is shown, and keeps to it"
    test.multiselect(key="shown_groups").set_value(chosen[:1]).run()
    assert test.query_params["runs"] == "4-6"
    test.multiselect(key="shown_groups").set_value([]).run()
    assert "Choose at least one configuration" in all_text(test)


def test_a_link_to_some_seeds_offers_the_others(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1,4")
    assert "4 more runs of these configurations not shown" in all_text(test)
    assert "one pair of seeds decides nothing between InfMasking and CoMM" in all_text(test)
    next(button for button in test.button if button.label == "Include all").click().run()
    assert "over 3 pairs" in all_text(test)


def test_taking_a_group_away_leaves_the_others_as_they_were(used: Used, open_page: OpenPage) -> None:
    """Seeds 0 and 1 of two methods; the third seeds that are stored too must not come in."""
    test = open_page("study", runs="1-2,4-5,7-8")
    ours, comm, _ = test.multiselect(key="shown_groups").value
    test.multiselect(key="shown_groups").set_value([ours, comm]).run()
    assert test.query_params["runs"] == "1-2,4-5"
    assert "does not tell InfMasking from CoMM" in all_text(test) and "over 2 pairs" in all_text(test)
    test.multiselect(key="shown_groups").set_value([ours, comm, digests(used, (7,))[0]]).run()
    assert test.query_params["runs"] == "1-2,4-5,7-9"


def test_a_study_is_shown_whole_and_its_link_keeps_to_what_it_showed(used: Used, open_page: OpenPage) -> None:
    number = get_run(used.db, 1).study_id
    change_study(used.db, number, question="Which one keeps synergy?")
    test = open_page("study", study=number)
    assert test.query_params["runs"] == "1-17"
    assert "Which one keeps synergy?" in all_text(test)
    part = open_page("study", study=number, runs="1-9")
    assert "8 more runs in this study not shown." in all_text(part)
    next(button for button in part.button if button.label == "Include all").click().run()
    assert part.query_params["runs"] == "1-17"


def test_without_a_link_the_newest_study_is_shown(used: Used, open_page: OpenPage) -> None:
    create_study(used.db, "nothing in it yet")
    test = open_page("study")
    assert test.query_params["study"] == str(get_run(used.db, 1).study_id)
    assert test.title[0].value == "bits-quick"


def test_a_study_that_is_not_there_and_one_without_runs(used: Used, open_page: OpenPage) -> None:
    assert "no study 77" in all_text(open_page("study", study=77))
    assert "This study has no run yet." in all_text(open_page("study", study=create_study(used.db, "empty")))


@pytest.mark.parametrize("name", ["study", "compare", "synergy"])
def test_a_link_to_deleted_runs_says_so(used: Used, open_page: OpenPage, name: str) -> None:
    test = open_page(name, runs="900")
    assert not test.exception
    assert "None of the runs in this link exist any more (900: 1 run)" in all_text(test)
    delete_run(used.db, 5)
    test = open_page(name, runs="1-9")
    assert "1 of the 9 runs in this link are not stored any more (5); it shows the other 8 runs." in all_text(
        test
    )
    assert test.query_params["runs"] == "1-9"


def test_the_automatic_baseline_has_results(used: Used, open_page: OpenPage) -> None:
    """CoMM would be it, but none of its runs was probed."""
    with used.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM results WHERE run_id BETWEEN 4 AND 6")
    test = open_page("study", runs="1-9")
    assert test.selectbox(key="baseline").value == "Cross"
    assert "InfMasking is ahead of Cross in accuracy" in all_text(test)


def test_what_differs_beside_the_method_stands_at_the_verdict(used: Used, open_page: OpenPage) -> None:
    with used.db.write() as connection:
        for run_id in (4, 5, 6):
            settings = get_run(used.db, run_id).settings
            settings["training"]["epochs"] = 7
            change_run(connection, run_id, settings=settings)
    test = open_page("study", runs="1-9")
    order = [element.type for element in test.main if element.type in ("warning", "subheader")]
    assert order[0] == "warning"
    said = test.warning[0].value.replace("\\", "")
    assert "differ in more than the method (training.epochs): a difference may come from that." in said


def test_two_data_sets_have_a_sentence_each_and_are_not_compared_with_each_other(
    used: Used, open_page: OpenPage
) -> None:
    """Two methods on one noise, the third on another: nothing is ahead of what was measured elsewhere."""
    with used.db.write() as connection:
        for run_id in (7, 8, 9):
            settings = get_run(used.db, run_id).settings
            settings["data"]["noise"] = 0.7
            change_run(connection, run_id, settings=settings)
    test = open_page("study", runs="1-9")
    text = all_text(test)
    assert "**Bits, noise 0.1** · Synergy: InfMasking is ahead of CoMM" in text
    grid, differences, _ = (frame.value for frame in test.dataframe)
    assert [name.split(":")[0] for name in grid.columns[1:]] == ["Bits, noise 0.1"] * 3 + [
        "Bits, noise 0.7"
    ] * 3
    lost = differences[differences["Data set"] == "Bits, noise 0.7"]
    assert set(lost["Decided"]) == {"no result of CoMM yet"}


def test_choices_of_the_answer_are_in_its_link(used: Used, open_page: OpenPage) -> None:
    test = open_page(
        "study", runs="1-9", baseline="Cross", question="Redundancy, accuracy", order="Best first"
    )
    assert not test.exception
    chosen = {key: test.selectbox(key=key).value for key in ("baseline", "question", "order")}
    assert chosen == {"baseline": "Cross", "question": "Redundancy, accuracy", "order": "Best first"}
    assert "Corrected for the 2 differences in scores that are shown (Holm)" in all_text(test)
    assert "Corrected for the 6 differences in scores" in all_text(open_page("study", runs="1-9"))


def test_a_link_with_choices_that_are_not_there_shows_the_usual_ones(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", baseline="nobody", question="none", order="by magic")
    assert not test.exception
    assert test.selectbox(key="baseline").value == "CoMM"
    assert "Corrected for the 6 differences in scores" in all_text(test)
