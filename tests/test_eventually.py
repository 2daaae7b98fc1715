"""The wait that the other tests share."""

import itertools
from pathlib import Path

import pytest
from eventually import eventually


def test_it_asks_until_the_condition_is_true() -> None:
    asked = itertools.count(1)
    eventually(lambda: next(asked) == 3)
    assert next(asked) == 4


def test_it_says_what_it_waited_for_and_what_there_is_to_see(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"^not true in 0 s: eventually\(lambda: False, .*\nthe log$"):
        eventually(lambda: False, 0, explain=lambda: "the log")
    with pytest.raises(AssertionError, match=r"^not true in 0 s: Path\.exists$"):
        eventually((tmp_path / "none").exists, 0)


def test_it_gives_up_at_once_when_it_can_no_longer_come_true() -> None:
    with pytest.raises(AssertionError, match=r"^can no longer come true: eventually"):
        eventually(lambda: False, going=lambda: False)


def test_what_came_true_as_its_maker_ended_has_come_true() -> None:
    answers = iter([False, True, True])
    eventually(lambda: next(answers), going=lambda: False)
