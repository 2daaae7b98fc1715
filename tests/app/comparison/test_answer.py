"""The answer of a study in figures: questions, families, who is best, and what is compared with nobody."""

import pytest
from made_answers import answered, study
from scipy import stats

from app.comparison.answer import answer
from app.synergy.rows import combine

CLEAR = {"infmasking": [0.90, 0.91, 0.92], "comm": [0.80, 0.811, 0.822], "cross": [0.60, 0.612, 0.620]}
CLOSE = {"infmasking": [0.80, 0.81, 0.79], "comm": [0.80, 0.79, 0.80], "cross": [0.79, 0.81, 0.80]}
BITS = {"infmasking": [0.30, 0.31, 0.32], "comm": [0.20, 0.211, 0.222], "cross": [0.0, 0.012, 0.02]}


def test_a_question_in_scores_and_in_bits_has_a_family_each() -> None:
    found = answered(CLEAR, BITS)
    assert [question.title for question in found.questions] == ["Synergy, accuracy", "Synergy, bits"]
    assert found.baseline == "CoMM"
    assert (found.family("score"), found.family("bits")) == (2, 2)
    assert found.in_bits(found.questions[0]) == found.questions[1]
    assert found.questions[1].truth == 0.469 and found.questions[0].chance == 0.5


def test_differences_are_the_paired_t_test_after_holm_of_all_that_is_shown() -> None:
    found = answered(CLEAR)
    p_values = {
        method: stats.ttest_rel(CLEAR[name], CLEAR["comm"]).pvalue
        for method, name in (("InfMasking", "infmasking"), ("Cross", "cross"))
    }
    decisions = {label: one.decision for (_, label), one in found.differences.items()}
    for label, p in p_values.items():
        assert decisions[label].p == pytest.approx(p)
    smaller, larger = sorted(p_values.values())
    assert min(one.p_holm for one in decisions.values() if one.p_holm) == pytest.approx(2 * smaller)
    assert max(one.p_holm for one in decisions.values() if one.p_holm) == pytest.approx(
        max(larger, 2 * smaller)
    )
    assert {label: one.verdict for label, one in decisions.items()} == {
        "InfMasking": "ahead",
        "Cross": "behind",
    }


def test_a_family_is_of_all_data_sets_and_questions_that_are_shown() -> None:
    more = [(CLEAR, {"data__noise": 0.7}), (CLOSE, {"data__noise": 0.9})]
    found = answered(CLEAR, others=more)
    assert [question.data for question in found.questions] == [
        "Bits, noise 0.1",
        "Bits, noise 0.7",
        "Bits, noise 0.9",
    ]
    assert found.family("score") == 6
    one = answered(CLEAR, others=more, asked=["Redundancy, accuracy"])
    assert one.family("score") == 6, "a question that nobody asks leaves all"


def test_data_sets_are_compared_within_themselves() -> None:
    """The same task on two data sets: neither its figures nor its chance are those of the other."""
    swapped = {"infmasking": CLEAR["comm"], "comm": CLEAR["infmasking"], "cross": CLEAR["cross"]}
    found = answered(CLEAR, others=[(swapped, {"data__noise": 0.7})])
    first, second = found.questions
    verdicts = [
        found.differences[question.key, "InfMasking"].decision.verdict for question in (first, second)
    ]
    assert verdicts == ["ahead", "behind"]
    assert [arm.label for arm in found.arms] == ["InfMasking", "CoMM", "Cross"]


def test_a_group_that_is_not_on_a_data_set_is_not_compared_there() -> None:
    two = {name: CLEAR[name] for name in ("infmasking", "comm")}
    found = answered(CLEAR, others=[(two, {"data__noise": 0.7})])
    second = found.questions[1]
    assert [label for key, label in found.differences if key == second.key] == ["InfMasking"]
    alone = answered(CLEAR, others=[({"infmasking": CLEAR["infmasking"]}, {"data__noise": 0.7})])
    (lost,) = [one for (key, _), one in alone.differences.items() if key == alone.questions[1].key]
    assert lost.missing == "CoMM" and lost.reading.verdict == "no result of CoMM yet"


def test_best_is_marked_only_where_it_is_decided_against_all_others() -> None:
    def best(found):  # type: ignore[no-untyped-def]
        return {label for label, cell in found.cells[found.questions[0].key].items() if cell.best}

    assert best(answered(CLEAR)) == {"InfMasking"}
    assert best(answered(CLEAR, baseline="InfMasking")) == {"InfMasking"}
    assert best(answered(CLOSE)) == set()
    tied = CLEAR | {"comm": [0.905, 0.90, 0.93]}
    assert best(answered(tied)) == set(), "ahead of one of two is not the best"
    errors = answered(
        {name: [1 - value for value in drawn] for name, drawn in CLEAR.items()}, metric="mse", task="yaw"
    )
    assert best(errors) == {"InfMasking"}, "of errors the least"


def test_best_says_no_more_than_the_differences_do() -> None:
    """Decided among the three of one question, but not among the differences of many questions."""
    near = {"infmasking": [0.84, 0.842, 0.845], "comm": [0.80, 0.799, 0.81], "cross": [0.70, 0.70, 0.711]}
    many = [(CLOSE, {"data__noise": noise / 100}) for noise in range(40, 70)]
    found = answered(near, others=many)
    first = found.questions[0]
    decided = found.differences[first.key, "InfMasking"].decision.decided
    alone = answered(near)
    assert alone.cells[alone.questions[0].key]["InfMasking"].best
    assert not decided and not found.cells[first.key]["InfMasking"].best


def test_methods_that_train_with_labels_are_lines_and_compared_with_nobody() -> None:
    found = answered(CLEAR | {"supervised": [0.97, 0.98, 0.99]})
    assert [arm.label for arm in found.arms if arm.reference] == ["Supervised"]
    assert {label for _, label in found.differences} == {"InfMasking", "Cross"}
    assert found.cells[found.questions[0].key]["InfMasking"].best
    assert found.cells[found.questions[0].key]["Supervised"].estimate.mean == pytest.approx(0.98)
    assert answered(CLEAR | {"supervised": [0.9] * 3}, baseline="Supervised").baseline == "CoMM"
    alone = answered({"supervised": [0.97, 0.98, 0.99]})
    assert alone.baseline == "Supervised" and not alone.arms[0].reference


def test_only_the_last_decomposition_of_trained_encoders_counts() -> None:
    view, rows = study(CLEAR, BITS)
    early = [
        row._replace(epoch=3, decomposition=row.decomposition.model_copy(update={"entropy": 1.0}))
        for row in rows
    ]
    untrained = [row._replace(encoder="untrained", epoch=0) for row in rows]
    found = answer(view, combine(view.groups, [*untrained, *rows, *early]))
    assert found.cells[found.questions[1].key]["InfMasking"].seeds == {0: 0.30, 1: 0.31, 2: 0.32}


def test_the_baseline_is_the_readers() -> None:
    found = answered(CLEAR, baseline="Cross")
    assert {label: one.decision.verdict for (_, label), one in found.differences.items()} == {
        "InfMasking": "ahead",
        "CoMM": "ahead",
    }
    assert answered(CLEAR, baseline="nobody").baseline == "CoMM"
