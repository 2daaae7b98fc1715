"""Swept settings and their axes."""

import numpy as np
import pytest
from sweeps import made

from app.sweep.axes import Setting, drawn_by_ratio, swept_settings


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.1, 0.3, 0.5, 0.7, 0.9], False),
        ([1, 2, 4, 8], True),
        ([64, 128, 256], True),
        ([1e-4, 1e-3, 1e-2], True),
        ([0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5], True),
        ([0, 1, 10, 100], False),
        ([-1.0, 1.0, 10.0], False),
        ([1, 2, 3, 4], False),
        ([3, 6], False),
        ([1e-4, 1e-2], True),
        ([5], False),
    ],
)
def test_values_drawn_on_a_logarithmic_scale_are_known(values: list[float], expected: bool) -> None:
    assert drawn_by_ratio(values) is expected


@pytest.mark.parametrize("seed", range(5))
def test_values_drawn_at_random_are_known_too(seed: int) -> None:
    share = np.sort(np.random.default_rng(seed).random(60))
    assert drawn_by_ratio(list(0.02 * 25**share))
    assert not drawn_by_ratio(list(0.02 + 0.4 * share))


def test_the_settings_that_vary_with_the_values_of_each_configuration() -> None:
    groups, axes = made([("infmasking", {"objective__masks": masks}) for masks in (2, 8, 4)] + [("comm", {})])
    (setting,) = swept_settings(groups, axes)
    assert setting.path == "objective.masks" and setting.words == "masks"
    assert setting.is_number and setting.is_log and setting.distinct() == [2, 4, 8]
    comm = next(group.digest for group in groups if group.method == "comm")
    assert comm not in setting.values and setting.shown(comm) == "–"


def test_what_does_not_vary_among_the_groups_shown_is_no_axis() -> None:
    groups, axes = made([("infmasking", {"objective__masks": masks}) for masks in (2, 4)])
    assert swept_settings(groups[:1], axes) == []


def test_switches_and_words_have_no_distances() -> None:
    switch = Setting("training.compile", {"a": True, "b": False, "c": True})
    assert not switch.is_number and not switch.is_log and switch.distinct() == [True, False]
    lists = Setting("encoders.x1.widths", {"a": [32, 64], "b": [64], "c": [32, 64]})
    assert lists.distinct() == [[32, 64], [64]]
