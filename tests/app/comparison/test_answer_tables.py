"""Tables and frames of an answer: what a paper needs, and the same figures in each."""

import polars as pl
import pytest
from made_answers import answered
from test_answer import BITS, CLEAR, CLOSE

from app.comparison import tables
from app.comparison.frames import MOST_ROWS, chart_frames, drawn, ordered
from app.wording.exports import markdown


def test_the_grid_has_a_cell_a_question_and_says_n_once() -> None:
    found = tables.grid(answered(CLEAR, BITS), "As listed")
    assert (found.seeds, found.differing) == (3, False)
    assert tables.common_measure(answered(CLEAR, BITS)) == "accuracy, %"
    assert [row["Configuration"] for row in found.rows] == ["InfMasking", "CoMM", "Cross"]
    assert found.rows[0]["Synergy"] == "91.0 ± 2.5"
    assert found.best[0] == {"Synergy": True, "Synergy, bits": True}
    assert not any(any(row.values()) for row in found.best[1:])


def test_cells_say_n_where_it_differs_and_references_stand_last() -> None:
    found = tables.grid(answered({"supervised": [0.97, 0.98], "comm": [0.8, 0.81, 0.82]}), "As listed")
    assert (found.seeds, found.differing) == (3, True)
    assert [row["Configuration"] for row in found.rows] == ["CoMM", "Supervised (trained with labels)"]
    assert "(n" not in found.rows[0]["Synergy"]
    assert found.rows[1]["Synergy"].endswith("(n = 2)")


def test_best_first_is_by_the_mean_and_for_errors_from_below() -> None:
    reverse = {"infmasking": CLEAR["cross"], "comm": CLEAR["comm"], "cross": CLEAR["infmasking"]}
    found = answered(reverse)
    assert ordered(found, found.questions[0], "Best first") == ["Cross", "CoMM", "InfMasking"]
    assert ordered(found, found.questions[0], "As listed") == ["InfMasking", "CoMM", "Cross"]
    errors = answered(reverse, metric="mse", task="yaw")
    assert ordered(errors, errors.questions[0], "Best first") == ["InfMasking", "CoMM", "Cross"]


def test_the_table_of_figures_carries_what_a_paper_needs() -> None:
    rows = tables.score_table(answered(CLEAR, BITS))
    first = rows[0]
    assert (first["n"], first["Seeds"], first["Mean"], first["Chance"]) == (3, "0-2", "91.0 %", "50.0 %")
    assert (first["Best"], first["Claimed"]) == ("best", "–")
    bits = next(row for row in rows if row["Metric"] == "bits")
    assert bits["Mean"] == "0.310 bits" and bits["Claimed"].startswith("at least 0.2")
    text = markdown(rows).splitlines()
    assert len(text) == 2 + len(rows)
    assert text[0].startswith("| Question | Metric | Group | n | Seeds |")


def test_differences_are_told_with_their_tests_and_what_would_decide_them() -> None:
    rows = tables.difference_table(answered(CLOSE), "As listed")
    assert [row["Group"] for row in rows] == ["InfMasking", "Cross"]
    assert rows[0]["Pairs"] == 3
    assert rows[0]["Decided"] == "not decided"
    assert rows[0]["p, sign flips (least)"].endswith("(≥ 0.250)")
    assert rows[0]["It would take"].endswith("more seeds")
    decided = tables.difference_table(answered(CLEAR), "Best first")
    assert [row["Decided"] for row in decided] == ["InfMasking is ahead", "CoMM is ahead"]
    assert [row["It would take"] for row in decided] == ["–", "–"]


def test_numbers_for_statistics_elsewhere_are_as_stored() -> None:
    found = answered(CLEAR, BITS)
    seeds = pl.read_csv(tables.seed_csv(found).encode())
    assert seeds.height == 2 * 9
    row = seeds.filter(pl.col("metric") == "accuracy", pl.col("seed") == 1, pl.col("method") == "infmasking")
    assert row["value"].to_list() == [0.91] and row["chance"].to_list() == [0.5]
    assert set(seeds.filter(pl.col("metric") == "bits")["truth"]) == {0.469}
    apart = tables.difference_frame(found)
    assert apart.height == 4 and set(apart["family"]) == {2}
    ours = apart.filter(pl.col("group") == "InfMasking", pl.col("metric") == "accuracy")
    assert ours["difference"].to_list() == [pytest.approx(0.099)]
    assert ours["verdict"].to_list() == ["ahead"] and ours["p_holm"][0] <= 0.05


def test_charts_draw_the_best_of_many_rows_and_the_baseline() -> None:
    settings = [(f"{0.30 + 0.01 * place:.2f}", place) for place in range(MOST_ROWS + 10)]
    from made_runs import make_run

    from app.comparison.answer import answer
    from app.studies.view import view_of

    runs = [make_run(1, "comm", 0)] + [
        make_run(2 + place, "infmasking", 0, objective__mask_ratio=float(ratio)) for ratio, place in settings
    ]
    columns = {
        "run_id": [run.id for run in runs],
        "task": ["synergy"] * len(runs),
        "metric": ["accuracy"] * len(runs),
        "value": [0.1] + [0.5 + 0.001 * place for _, place in settings],
        "facts": [{"measures": "synergy", "chance": 0.5}] * len(runs),
    }
    found = answer(view_of(None, runs, columns))
    question = found.questions[0]
    labels = drawn(found, question, "Best first", every=False)
    assert len(labels) == MOST_ROWS + 1 and labels[-1] == found.baseline == "CoMM"
    assert labels[0] == f"InfMasking, mask ratio {float(settings[-1][0]):g}"
    assert len(drawn(found, question, "Best first", every=True)) == len(runs)
    assert chart_frames(found, question, labels).rows["group"].to_list() == labels


def test_frames_are_in_shown_units_with_every_kind_of_line() -> None:
    found = answered(CLEAR | {"supervised": [0.97, 0.98, 0.99]}, BITS | {"supervised": [0.4, 0.41, 0.42]})
    scores, bits = (chart_frames(found, one, ordered(found, one, "As listed")) for one in found.questions)
    assert scores.rows["mean"].to_list() == pytest.approx([91.0, 81.1, 61.07], abs=0.01)
    assert scores.seeds.height == 9
    assert list(zip(scores.lines["kind"], scores.lines["words"], strict=True)) == [
        ("chance", "chance 50.0"),
        ("supervised", "Supervised 98.0"),
    ]
    assert set(bits.lines["kind"]) == {"truth", "supervised"}
    assert bits.differences["decided"].to_list() == [True, True]
    assert scores.differences["mean"].to_list() == pytest.approx([9.9, -20.03], abs=0.01)
