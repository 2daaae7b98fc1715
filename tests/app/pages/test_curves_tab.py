"""The Curves tab over stored runs: training loss first, choices in the URL, what is said of what is shown."""

import pytest
from conftest import OpenPage, Used, all_text
from streamlit.testing.v1 import AppTest


def charts(test: AppTest) -> list[str]:
    """What the charts of the page say to who cannot see them."""
    return [chart.proto.alt for chart in test.get("vega_lite_chart")]


def test_curves_begin_with_the_training_loss_never_with_the_machine(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Curves")
    assert not test.exception
    assert test.multiselect(key="curve").value == ["train/loss"]
    assert [alt.split(" by step")[0] for alt in charts(test)] == [
        "Training loss · InfMasking",
        "Training loss · CoMM",
        "Training loss · Cross",
    ]
    assert "compare shapes, not heights" in all_text(test)
    with used.db.write() as connection:
        ours = "SELECT id FROM metric_keys WHERE name NOT LIKE 'system/%'"
        connection.exec_driver_sql(f"DELETE FROM metric_summaries WHERE key_id IN ({ours})")
    test = open_page("study", runs="1-9", tab="Curves")
    assert test.multiselect(key="curve").value == []
    assert "No loss has been recorded yet." in all_text(test)


def test_charts_say_how_lines_begin_and_end(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="4-6", tab="Curves", curve_smoothing="off")
    (alt,) = charts(test)
    assert alt.startswith("Training loss · CoMM by step: CoMM from 3.")
    assert " to 1." in alt


def test_what_means_the_same_for_all_methods_shares_a_chart(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Curves", curve=["contrast accuracy", "throughput"])
    assert not test.exception
    assert test.multiselect(key="curve").value == ["train/accuracy", "system/samples_per_second"]
    assert len(charts(test)) == 2
    assert "compare shapes, not heights" not in all_text(test)


@pytest.mark.parametrize("axis", ["epoch", "time"])
def test_every_axis_and_single_runs(used: Used, open_page: OpenPage, axis: str) -> None:
    test = open_page("study", runs="1-9", tab="Curves", curve_by=axis, curve_runs="true")
    assert not test.exception
    assert len(charts(test)) == 3
    assert test.toggle(key="curve_runs").value is True
    assert ("epochs later" if axis == "epoch" else "minutes later") in all_text(test)


def test_a_link_restores_groups_stretch_smoothing_and_logarithms(used: Used, open_page: OpenPage) -> None:
    test = open_page(
        "study",
        runs="1-9",
        tab="Curves",
        curve_groups=["CoMM"],
        curve_from=100,
        curve_to=300,
        curve_smoothing="5 %",
        curve_log=["Vertical"],
    )
    assert not test.exception
    (alt,) = charts(test)
    assert alt.startswith("Training loss · CoMM")
    spec = test.get("vega_lite_chart")[0].proto.spec
    assert '"domain": [100.0, 300.0]' in spec and '"log"' in spec
    assert "41.5 steps later" in all_text(test), "5 % of 830 steps"
    whole = next(button for button in test.button if button.label == "Whole range")
    whole.click().run()
    assert '"domain": [100.0, 300.0]' not in test.get("vega_lite_chart")[0].proto.spec


def test_a_stretch_that_ends_before_it_begins_is_told(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Curves", curve_from=300, curve_to=100)
    assert test.warning[0].value == "From (300) is not below To (100); all is shown."


def test_no_more_than_twelve_charts_are_drawn_at_once(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Curves")
    of_all = ["train/loss", "validation/loss"]
    of_two = ["train/align_first", "train/align_second", "train/align_fusion"]
    of_one = ["train/mask_view1", "train/mask_view2", "train/contrast"]
    test.multiselect(key="curve").set_value([*of_all, *of_two, *of_one]).run()
    assert not test.exception
    assert len(charts(test)) == 12, "and none is drawn of a method that has no such term"
    assert "15 charts, 12 at a time" in all_text(test)


def test_a_study_that_has_recorded_nothing_says_so(used: Used, open_page: OpenPage) -> None:
    with used.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM metric_summaries")
    assert "as soon as the first run trains" in all_text(open_page("study", runs="1-9", tab="Curves"))
