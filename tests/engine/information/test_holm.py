"""Holm's correction against Holm's own words: at most so many of the smallest are rejected, step by step."""

from hypothesis import given
from hypothesis import strategies as st

from engine.information.holm import holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=12)


@given(P_VALUES)
def test_holm_is_between_the_p_values_and_bonferroni(p_values: list[float]) -> None:
    for p, corrected in zip(p_values, holm(p_values), strict=True):
        assert p <= corrected <= min(1.0, len(p_values) * p) or p == corrected == 0


@given(P_VALUES, st.floats(0.001, 0.2))
def test_what_is_rejected_is_what_the_step_down_procedure_rejects(
    p_values: list[float], alpha: float
) -> None:
    """Holm 1979: go up from the smallest p, compare the i-th of m with alpha / (m - i + 1), stop at the first
    above."""
    rejected = 0
    for step, p in enumerate(sorted(p_values)):
        if (len(p_values) - step) * p > alpha:
            break
        rejected += 1
    assert sum(corrected <= alpha for corrected in holm(p_values)) == rejected


def test_a_worked_example() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == [0.03, 0.06, 0.06, 0.02]
    assert holm([]) == []
