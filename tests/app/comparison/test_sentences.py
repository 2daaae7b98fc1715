"""The answer in words: one sentence a data set, which reconciles scores and bits and claims no more than they
do."""

import pytest
from made_answers import Values, answered
from test_answer import BITS, CLEAR, CLOSE

from app.comparison.sentences import sentences, short_answer

OPEN_BITS = {"infmasking": [0.30, 0.2, 0.32], "comm": [0.25, 0.311, 0.222], "cross": [0.0, 0.012, 0.02]}
LESS_BITS = {"infmasking": BITS["cross"], "comm": BITS["infmasking"], "cross": [0.0, 0.001, 0.002]}


@pytest.mark.parametrize(
    ("scores", "bits", "said"),
    [
        (CLEAR, None, "Synergy: InfMasking is ahead of CoMM in accuracy, +9.9 points ["),
        (CLEAR, BITS, "; bits agree (+0.099 bits ["),
        (CLEAR, OPEN_BITS, "; bits leave it open ("),
        (CLEAR, LESS_BITS, "; bits point the other way (−0."),
        (CLOSE, BITS, "; bits decide it for InfMasking (+0.099 bits ["),
        (CLOSE, OPEN_BITS, "; nor do bits ("),
        (CLOSE, None, "Synergy: accuracy does not tell "),
    ],
)
def test_scores_and_bits_are_reconciled_in_one_sentence(
    scores: Values, bits: Values | None, said: str
) -> None:
    (one,) = sentences(answered(scores, bits))
    assert said in one.text
    assert one.text.endswith(".") and ". " not in one.text.replace("[", " ")


def test_nothing_is_ahead_that_is_not_decided() -> None:
    for scores in (CLEAR, CLOSE):
        found = answered(scores, OPEN_BITS)
        decided = any(
            one.decision.decided for one in found.differences.values() if one.question.kind == "score"
        )
        assert ("is ahead" in sentences(found)[0].text) == decided


def test_the_leader_is_one_that_is_ahead_before_one_that_is_only_higher() -> None:
    wild = CLEAR | {"slip": [0.99, 0.70, 0.95], "mae": [0.9, 0.84, 0.99]}
    wild |= {"infmasking": [0.85, 0.862, 0.872]}
    (one,) = sentences(answered(wild))
    assert "InfMasking is ahead of CoMM" in one.text
    assert any(line.startswith("Of 4 others ") and "not decided" in line for line in one.more)


def test_what_it_takes_stands_below_an_open_answer_only() -> None:
    assert any(
        "would decide this, if the difference stays" in line for line in sentences(answered(CLOSE))[0].more
    )
    assert not any("decide this" in line for line in sentences(answered(CLEAR))[0].more)


def test_errors_are_said_to_be_better_when_lower() -> None:
    errors = {name: [1 - value for value in drawn] for name, drawn in CLEAR.items()}
    (one,) = sentences(answered(errors, metric="mse", task="yaw"))
    assert one.text.startswith(
        "Yaw: InfMasking is ahead of CoMM in mean squared error (lower is better), −0.09"
    )


def test_a_data_set_a_sentence_and_a_line_for_lists() -> None:
    said = sentences(answered(CLEAR, others=[(CLOSE, {"data__noise": 0.7})]))
    assert [one.data for one in said] == ["Bits, noise 0.1", "Bits, noise 0.7"]
    assert short_answer(said).endswith("(and 1 more data set)")
    assert short_answer(said[:1]) == said[0].short
    assert short_answer([]) == ""


def test_who_has_nobody_beside_it_or_no_result_is_not_compared() -> None:
    (alone,) = sentences(answered({"comm": [0.8, 0.81, 0.82]}))
    assert "CoMM has 81.0 %" in alone.text and "no other configuration" in alone.text
    (pair,) = sentences(answered({"comm": [0.8], "infmasking": [0.9]}))
    assert "one pair of seeds decides nothing between InfMasking and CoMM" in pair.text
    assert any("a second seed" in line for line in pair.more)
