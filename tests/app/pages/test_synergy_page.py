"""The synergy page over stored decompositions: what it claims, what it does not, its playground and its empty
states."""

import json
import re

import pytest
from conftest import OpenPage, Used, all_text
from made_decompositions import made

from storage.recorder import RunRecorder
from storage.run import change_run
from storage.runs import get_run

SYNERGY = {"infmasking": 0.31, "comm": 0.24, "cross": 0.0}


@pytest.fixture
def decomposed(used: Used) -> Used:
    """The finished comparison (runs 1 to 9: three methods with three seeds) with decompositions of its
    synergy task."""
    for place, run_id in enumerate(used.sample.finished):
        method = list(SYNERGY)[place // 3]
        with RunRecorder(used.db, run_id, used.home) as recorder:
            for encoder, epoch, bits in (
                ("untrained", 0, 0.0),
                ("trained", 3, SYNERGY[method] / 2),
                ("trained", 6, SYNERGY[method]),
            ):
                found = made((0.02, 0.0, 0.0, bits + 0.002 * (place % 3)), limited=method == "comm")
                recorder.decomposition("synergy", "x1 | x2", encoder, epoch, found.model_dump(mode="json"))
                lost = made((0.1, 0.2, 0.0, -0.2))
                recorder.decomposition("unique1", "x1 | x2", encoder, epoch, lost.model_dump(mode="json"))
    return used


def test_runs_without_a_decomposition_say_how_to_get_one(used: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Synergy")
    assert not test.exception
    assert "have not been decomposed" in all_text(test)
    assert "infmasking decompose 1" in all_text(test)


def test_what_can_be_claimed(decomposed: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Synergy")
    assert not test.exception
    text = all_text(test)
    first = (
        "InfMasking captures the most synergy on average: 0.312 bits [0.282, 0.342] of 0.469; at least 0.282"
    )
    assert first in text
    assert "InfMasking − CoMM: +0.070 bits [+0.028, +0.112], n = 3 pairs: InfMasking is ahead." in text
    assert "Untrained encoders: 0.002 bits." in text
    assert text.index(first) < text.index("InfMasking − CoMM: +0.070") < text.index("Untrained encoders")
    assert "at least 0.282 bits (usable with this probe, N = 2,000 over 3 seeds)" in text
    assert "**CoMM**: 0.242 bits [0.212, 0.272]; at least 0.212 bits" in text
    assert "; the interval holds zero" in text
    assert "fusion loss: less than the modalities alone tell" in text
    assert text.index("**Synergy**") < text.index("**Unique1**")


def test_the_most_is_by_means_not_by_lower_limits(decomposed: Used, open_page: OpenPage) -> None:
    """A method that varies more, or was measured less surely, is not ranked below for that."""
    for run_id in decomposed.sample.finished[:3]:
        with RunRecorder(decomposed.db, run_id, decomposed.home) as recorder:
            found = made((0.02, 0.0, 0.0, 0.32), doubt=0.2)
            recorder.decomposition("synergy", "x1 | x2", "trained", 6, found.model_dump(mode="json"))
    text = all_text(open_page("study", runs="1-9", tab="Synergy"))
    assert "InfMasking captures the most synergy on average: 0.320 bits [0.120, 0.480] of 0.469" in text
    assert "n = 3 pairs: not decided." in text


def test_the_table_has_every_figure_and_greys_what_is_not_claimed(
    decomposed: Used, open_page: OpenPage
) -> None:
    table = open_page("study", runs="1-9", tab="Synergy").dataframe[0].value
    mine = table[(table["Task"] == "synergy") & (table["Encoder"] == "InfMasking")].iloc[0]
    assert mine["S_Z [95 %]"] == "0.312 [0.282, 0.342]"
    assert mine["At least"] == "0.282"
    assert mine["Difference to CoMM"] == "+0.070 bits [+0.028, +0.112], n = 3 pairs: InfMasking is ahead"
    assert mine["Captured"] == "67 %"
    assert mine["Accuracy"] == "75.8 %"
    assert mine["Nothing claimed because"] == ""
    reasons = dict(zip(table["Encoder"], table["Nothing claimed because"], strict=True))
    assert reasons["CoMM untrained"]


def test_a_row_claims_or_is_grey_and_a_limited_probe_is_a_remark(
    decomposed: Used, open_page: OpenPage
) -> None:
    table = open_page("study", runs="1-9", tab="Synergy").dataframe[0].value
    assert ((table["At least"] == "–") == (table["Nothing claimed because"] != "")).all()
    limited = table[(table["Task"] == "synergy") & (table["Encoder"] == "CoMM")].iloc[0]
    assert limited["At least"] == "0.212" and limited["Nothing claimed because"] == ""
    assert limited["Remarks"].startswith("probe-limited")


def test_no_page_shows_a_negative_nothing(decomposed: Used, open_page: OpenPage) -> None:
    for run_id in decomposed.sample.finished:
        with RunRecorder(decomposed.db, run_id, decomposed.home) as recorder:
            found = made((0.0, 0.0, 0.0, -0.0002), doubt=0.0003)
            recorder.decomposition("synergy", "x1 | x2", "trained", 6, found.model_dump(mode="json"))
    for tab in ("Synergy", "Answer"):
        test = open_page("study", runs="1-9", tab=tab)
        cells = [str(cell) for frame in test.dataframe for cell in frame.value.to_numpy().ravel()]
        shown = " ".join([all_text(test), *cells])
        assert not re.search(r"[-−+]0\.0+(?![0-9])|[-−]0 %", shown)


def test_growth_over_training_is_one_chart_a_question(decomposed: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9", tab="Synergy")
    charts = [json.loads(chart.proto.spec) for chart in test.get("vega_lite_chart")]
    growing = [chart for chart in charts if "epochs trained" in json.dumps(chart)]
    assert len(growing) == 2
    for chart in growing:
        assert {layer["mark"]["type"] for layer in chart["layer"]} >= {"line", "point", "rule"}


def test_what_was_skipped_for_time_is_said(decomposed: Used, open_page: OpenPage) -> None:
    with decomposed.db.write() as connection:
        for run_id in decomposed.sample.finished:
            settings = get_run(decomposed.db, run_id).settings
            settings["decomposition"] |= {"every": 1, "share": 0.25}
            change_run(connection, run_id, settings=settings)
    text = all_text(open_page("study", runs="1-9", tab="Synergy"))
    left_out = "36 of 45 decompositions that were due during training were left out (after epochs 1-2, 4-5, "
    assert left_out in text
    assert "in 9 runs of 9)" in text
    assert "more than 25 % of its time" in text


def test_accuracy_and_bits_are_reconciled_in_one_sentence(decomposed: Used, open_page: OpenPage) -> None:
    text = all_text(open_page("study", runs="1-9"))
    assert "; bits agree (+0.070 bits [+0.028, +0.112] over 3 pairs)." in text


def test_bits_stand_beside_accuracy_on_the_compare_page(decomposed: Used, open_page: OpenPage) -> None:
    test = open_page("study", runs="1-9")
    assert not test.exception
    grid, differences, figures = (frame.value for frame in test.dataframe)
    assert list(grid["Synergy, bits"]) == ["0.312 ± 0.030", "0.242 ± 0.030", "0.002 [0.000, 0.032]"] or list(
        grid["Synergy, bits"]
    )[:2] == ["0.312 ± 0.030", "0.242 ± 0.030"]
    row = differences[
        (differences["Question"] == "Synergy, bits") & (differences["Group"] == "InfMasking")
    ].iloc[0]
    assert row["Difference [95 %]"] == "+0.070 bits [+0.028, +0.112]"
    assert row["Decided"] == "InfMasking is ahead"
    claimed = figures[(figures["Metric"] == "bits") & (figures["Group"] == "InfMasking")].iloc[0]
    assert claimed["Claimed"] == "at least 0.282 bits"
    assert not any("Unique1, bits" in str(name) for name in grid.columns), "a unique label holds no synergy"


@pytest.mark.parametrize(("gate", "synergy"), [("XOR", "1.0000"), ("AND", "0.5000"), ("Copy", "0.0000")])
def test_a_gate_is_decomposed(empty_home: object, open_page: OpenPage, gate: str, synergy: str) -> None:
    test = open_page("synergy")
    test.selectbox(key="gate").set_value(gate).run()
    assert {metric.label: metric.value for metric in test.metric}["Synergy"] == synergy
    assert "proven by weak duality" in all_text(test)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("0 0 0 0.5\n1 1 1 0.5", "I(X1;Y) = 1.0000"),
        ("x1,x2,y\na,b,yes\nb,b,no\n", "Counts were divided by their sum"),
        ("0,0,0,0.3\n", "sums to 0.3"),
        ("0,0,0,-1\n", "line 1: the mass is -1"),
        ("0,0,0,one\n", "'one' is no number"),
        ("0,0\n", "line 1 has 2 cells"),
        ("0,0,0,1\n0,0,0\n", "line 2 has 3 cells"),
        ("", "there is no row"),
    ],
)
def test_a_table_of_ones_own(empty_home: object, open_page: OpenPage, rows: str, said: str) -> None:
    test = open_page("synergy")
    test.selectbox(key="gate").set_value("A table of my own").run()
    test.text_area(key="gate_rows").set_value(rows).run()
    assert not test.exception
    assert said in all_text(test)


def test_tasks_encoders_and_order_come_from_the_url(decomposed: Used, open_page: OpenPage) -> None:
    test = open_page(
        "study",
        runs="1-9",
        tab="Synergy",
        synergy_task="unique1",
        synergy_encoder="Trained",
        synergy_order="By method",
    )
    assert not test.exception
    text = all_text(test)
    assert "**Unique1**" in text and "**Synergy**" not in text
    encoders = list(test.dataframe[0].value["Encoder"])
    assert encoders == ["InfMasking", "CoMM", "Cross"] * 2, (
        "every task has its rows, of trained encoders alone"
    )
    assert len(test.get("vega_lite_chart")) == 2


def test_bars_are_sorted_by_what_was_captured(decomposed: Used, open_page: OpenPage) -> None:
    for run_id in decomposed.sample.finished[6:]:
        with RunRecorder(decomposed.db, run_id, decomposed.home) as recorder:
            found = made((0.02, 0.0, 0.0, 0.4))
            recorder.decomposition("synergy", "x1 | x2", "trained", 6, found.model_dump(mode="json"))
    table = open_page("study", runs="1-9", tab="Synergy").dataframe[0].value
    assert list(dict.fromkeys(table[table["Task"] == "synergy"]["Encoder"]))[:2] == [
        "Cross",
        "Cross untrained",
    ]
