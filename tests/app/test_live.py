"""When a page is drawn again."""

import pytest

from app.live import is_due, seen
from storage.marks import Marks, Working
from storage.run import LOST_AFTER_MS, STALE_AFTER_MS

NOW = 1_800_000_000_000


def marks(facts: str = "a", step: int = 3, phase: str = "training") -> Marks:
    """Two runs at work, the second at step 9."""
    first = Working(1, "running", False, 0, NOW, NOW, phase, step)
    return Marks(facts, (first, first._replace(id=2, step=9)))


def test_facts_are_drawn_at_once_and_progress_as_often_as_it_can_be_afforded() -> None:
    drawn = seen(marks(), NOW, True, None)
    assert not is_due(drawn, seen(marks(), NOW + 5_000, True, None), 100.0, 1.0)
    assert is_due(drawn, seen(marks("b"), NOW, True, None), 0.0, 1.0)
    assert is_due(drawn, seen(marks(), NOW, False, None), 0.0, 1.0)  # the supervisor is gone
    further = seen(marks(step=4), NOW, True, None)
    assert not is_due(drawn, further, 4.9, 1.0) and is_due(drawn, further, 5.1, 1.0)
    assert is_due(drawn, seen(marks(phase="probing"), NOW, True, None), 5.1, 1.0)


@pytest.mark.parametrize(("drawn_at", "silent"), [(0, STALE_AFTER_MS), (STALE_AFTER_MS, LOST_AFTER_MS)])
def test_a_run_that_falls_silent_is_seen_though_nobody_writes(drawn_at: int, silent: int) -> None:
    drawn = seen(marks(), NOW + drawn_at, True, ())
    assert not is_due(drawn, seen(marks(), NOW + silent - 1, True, ()), 99.0, 0.0)
    assert is_due(drawn, seen(marks(), NOW + silent, True, ()), 0.0, 9.0)


def test_only_the_progress_of_the_runs_on_the_page_counts() -> None:
    drawn = seen(marks(), NOW, True, {2})
    assert not is_due(drawn, seen(marks(step=4), NOW, True, {2}), 99.0, 0.1)
    assert is_due(seen(marks(), NOW, True, {1}), seen(marks(step=4), NOW, True, {1}), 99.0, 0.1)
    assert seen(marks(), NOW, True, ()).progress == ()
