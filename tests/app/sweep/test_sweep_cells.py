"""Cells of a heat map: averaged over the same combinations everywhere, and missing where nothing is."""

from typing import Any

import pytest
from sweeps import made, question

from app.sweep.axes import swept_settings
from app.sweep.cells import Cells, cells_of
from app.sweep.frames import heat_cells, spoken_heat

RATIOS, MASKS, TEMPERATURES = (0.1, 0.5), (1, 2), (0.05, 0.1, 0.2)


def figure(settings: dict[str, Any], seed: int) -> float:
    objective = settings["objective"]
    return float(objective["mask_ratio"] + 0.1 * objective["masks"] + objective["temperature"] + 0.001 * seed)


def cells(left_out: tuple[tuple[float, int, float], ...] = ()) -> tuple[Cells, str]:
    """The cells of a grid without these configurations, and what the heat map says in words."""
    points = [(r, m, t) for r in RATIOS for m in MASKS for t in TEMPERATURES if (r, m, t) not in left_out]
    groups, axes = made(
        [
            ("infmasking", {"objective__mask_ratio": r, "objective__masks": m, "objective__temperature": t})
            for r, m, t in points
        ]
    )
    settings = swept_settings(groups, axes)
    x, y = (next(s for s in settings if s.words == words) for words in ("mask ratio", "masks"))
    asked = question(groups, figure)
    found = cells_of(groups, asked, x, y, settings)
    return found, spoken_heat(heat_cells(found.points, asked, x, y), asked, x, y)


def test_a_full_grid_is_averaged_over_all_other_settings_and_says_so() -> None:
    found, _ = cells()
    assert found.points["0.1", "2"].estimate.mean == pytest.approx(0.1 + 0.2 + 0.35 / 3 + 0.001)
    assert found.points["0.1", "2"].estimate.n == 3
    assert found.said == "InfMasking: each cell is averaged over 3 combinations of temperature."


def test_a_combination_that_one_cell_lacks_counts_in_none() -> None:
    found, _ = cells(((0.5, 1, 0.2),))
    means = {place: point.estimate.mean for place, point in found.points.items()}
    assert means["0.5", "2"] == pytest.approx(0.5 + 0.2 + 0.075 + 0.001)
    assert means["0.5", "2"] - means["0.1", "2"] == pytest.approx(0.4)
    assert "over 2 combinations of temperature, which every cell has; 1 other is left out." in found.said


def test_cells_without_a_combination_in_common_are_told_apart_in_words() -> None:
    found, _ = cells(((0.5, 1, 0.2), (0.5, 1, 0.1), (0.1, 1, 0.05)))
    assert "no combination of temperature was measured in every cell" in found.said
    assert found.points["0.5", "1"].estimate.mean == pytest.approx(0.5 + 0.1 + 0.05 + 0.001)


def test_a_cell_that_nobody_measured_is_missing() -> None:
    found, spoken = cells(tuple((0.5, 1, t) for t in TEMPERATURES))
    assert ("0.5", "1") not in found.points
    assert "1 and 0.5: not measured" in spoken and "1 and 0.1: 0.318 bits [" in spoken
