"""Searching in settings: what is read, what fits, and what is said of a mistake."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import make_run

from app.runs.conditions import (
    LONGEST,
    Comparison,
    Condition,
    ConditionError,
    Every,
    Some,
    check_names,
    comparisons,
    facts_of,
    read_condition,
)

FACTS = {
    "objective.mask_ratio": 0.7,
    "objective.masks": 4,
    "data.noise": 0.5,
    "augmentations.x1.noise": 1.0,
    "training.epochs": 10,
    "training.clip_norm": None,
    "probe.refine": False,
    "encoders.x1.hidden": [64, 32],
    "method": ["comm", "CoMM"],
}


def fits(text: str, facts: dict[str, Any] | None = None) -> bool:
    condition = read_condition(text)
    assert condition is not None
    return condition.fits(FACTS if facts is None else facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mask_ratio > 0.6", True),
        ("mask_ratio>0.6", True),
        ("mask_ratio > 0.7", False),
        ("mask_ratio ≥ .7", True),
        ("objective.mask_ratio = 0.70", True),
        ("method = comm", True),
        ("method = COMM", True),
        ("method != cross", True),
        ("method != CoMM", False),
        ("epochs >= 10 and noise < 0.6", True),
        ("epochs >= 11 and noise < 0.6", False),
        ("epochs >= 11 or noise < 0.6", True),
        ("epochs > 99 and masks = 4 or masks = 4", True),
        ("epochs > 99 and (masks = 4 or masks = 4)", False),
        ("data.noise = 1", False),
        ("noise = 1", True),
        ("noise != 1", False),
        ("refine = no", True),
        ("refine = true", False),
        ("clip_norm = none", True),
        ("clip_norm > 0", False),
        ("hidden = 32", True),
        ("hidden = 33", False),
        ("epochs = 1e1", True),
        ("epochs == '10'", True),
        ("unknown = 1", False),
        ("unknown != 1", False),
        ("method > 3", False),
    ],
)
def test_what_fits(text: str, expected: bool) -> None:
    assert fits(text) is expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("mask_ratio", "position 11: expected one of = != > >= < <= behind a name, but the text ends"),
        ("mask_ratio >", "position 13: expected a value behind '>', but the text ends"),
        ("mask_ratio > big", "position 14: '>' compares numbers; 'big' is none"),
        ("mask_ratio > 1 2", "position 16: expected 'and', 'or' or the end, got '2'"),
        ("> 3", "position 1: expected the name of a setting, got '>'"),
        ("a = 1 and", "position 10: expected the name of a setting, but the text ends"),
        ("a = 1 and and b = 2", "position 11: expected the name of a setting, got 'and'"),
        ("(a = 1", "position 7: expected ')', but the text ends"),
        ("a = 1)", "position 6: expected 'and', 'or' or the end, got ')'"),
        ("a ! 1", "position 3: expected '!=', got '!'"),
        ('a = "b', "position 5: a quotation mark has no partner"),
        ("a > nan", "position 5: '>' compares numbers; 'nan' is none"),
        ("a" * (LONGEST + 1), f"a condition has at most {LONGEST} characters; this one has {LONGEST + 1}"),
        ("(" * 21 + "a = 1" + ")" * 21, "position 21: more than 20 parentheses inside each other"),
    ],
)
def test_a_mistake_is_one_line_with_its_position(text: str, line: str) -> None:
    with pytest.raises(ConditionError) as error:
        read_condition(text)
    assert str(error.value) == line


def test_nothing_is_no_condition() -> None:
    assert read_condition("  ") is None


def test_names_that_no_run_has_are_told_with_the_nearest() -> None:
    check_names(read_condition("mask_ratio > 0.1 or method = comm"), FACTS)
    with pytest.raises(
        ConditionError, match=r"position 10: no run here has a setting 'mask_ratoi'; did you mea"
    ):
        check_names(read_condition("a = 1 or mask_ratoi = 2"), [*FACTS, "a"])


def test_a_run_is_found_by_its_settings_and_its_names() -> None:
    facts = facts_of(make_run(7, "comm", 2))
    for text in ("method = CoMM", "seed = 2", "data = Bits", "epochs = 5", "study = bits-quick", "run = 7"):
        assert fits(text, facts), text


NAMES = st.from_regex(r"[a-z][a-z_.]{0,8}", fullmatch=True).filter(lambda name: name not in ("and", "or"))
NUMBERS = st.floats(-1e6, 1e6).map(lambda value: repr(value))
LEAVES = st.builds(
    lambda name, operator, number: Comparison(name, operator, number, float(number), 0),
    NAMES,
    st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
    NUMBERS,
)
TREES: st.SearchStrategy[Condition] = st.recursive(
    LEAVES,
    lambda inner: st.builds(
        lambda kind, parts: kind(tuple(parts)),
        st.sampled_from([Every, Some]),
        st.lists(inner, min_size=2, max_size=3),
    ),
    max_leaves=6,
)


def written(condition: Condition) -> str:
    if isinstance(condition, Comparison):
        return f"{condition.name} {condition.operator} {condition.value}"
    word = " and " if isinstance(condition, Every) else " or "
    return "(" + word.join(map(written, condition.parts)) + ")"


@given(tree=TREES, values=st.lists(st.floats(-1e6, 1e6) | st.none() | st.booleans(), min_size=6, max_size=6))
def test_what_is_written_is_read_as_it_was_meant(tree: Condition, values: list[Any]) -> None:
    """The tree that was written says of any settings what the one that was read says, and neither more nor
    fewer comparisons are in it."""
    text = written(tree)
    if len(text) > LONGEST:
        return
    read = read_condition(text)
    assert [one[:4] for one in comparisons(read)] == [one[:4] for one in comparisons(tree)]
    names = [one.name for one in comparisons(tree)]
    for shift in range(3):
        facts = {name: values[(place + shift) % 6] for place, name in enumerate(names)}
        assert read is not None and read.fits(facts) == tree.fits(facts)


@given(text=st.text(max_size=60) | st.text("ab=<>!()'\" andor1.", max_size=60))
def test_any_text_is_read_or_refused_in_one_line(text: str) -> None:
    try:
        condition = read_condition(text)
    except ConditionError as error:
        assert re.fullmatch(r"position \d+: .+", str(error))
        place = int(re.findall(r"\d+", str(error))[0])
        assert 1 <= place <= len(text) + 1
    else:
        assert condition is None or isinstance(condition.fits(FACTS), bool)
