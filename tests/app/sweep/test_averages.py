"""What a point of a sweep averages over, and what is said of it."""

from statistics import fmean

import pytest
from scipy import stats
from sweeps import made, question

from app.sweep.averages import SweepLine, sweep
from app.sweep.axes import swept_settings

RATIOS, MASKS, TEMPERATURES = (0.1, 0.5, 0.9), (1, 2, 4), (0.05, 0.2)


def figure(settings: dict, seed: int) -> float:  # type: ignore[type-arg]
    objective = settings["objective"]
    return objective.get("mask_ratio", 0) + 0.1 * objective.get("masks", 0) + 0.01 * seed * (1 + seed)


def grid(ratios: tuple[float, ...] = RATIOS, masks: tuple[int, ...] = MASKS, leave_out: int = 0):  # type: ignore[no-untyped-def]
    points = [
        ("infmasking", {"objective__mask_ratio": ratio, "objective__masks": mask})
        for ratio in ratios
        for mask in masks
    ]
    return made(points[leave_out:])


def drawn(groups, axes, path="objective.mask_ratio", way=None, figures=figure):  # type: ignore[no-untyped-def]
    settings = swept_settings(groups, axes)
    setting = next(setting for setting in settings if setting.path == path)
    return sweep(groups, question(groups, figures), setting, settings, way)


def values(line: SweepLine) -> list[object]:
    return [point.value for point in line.points]


def test_one_setting_alone_is_a_line_with_intervals_over_seeds() -> None:
    groups, axes = grid(masks=(2,))
    (line,) = drawn(groups, axes).lines
    assert values(line) == [0.1, 0.5, 0.9] and line.joined and line.label == "InfMasking"
    point = line.points[0]
    seeds = [0.1 + 0.2 + 0.01 * seed * (1 + seed) for seed in range(3)]
    assert point.seeds == pytest.approx(dict(enumerate(seeds)))
    spread = stats.t.ppf(0.975, 2) * stats.sem(seeds)
    assert point.estimate.high == pytest.approx(fmean(seeds) + (spread**2 + 0.01**2) ** 0.5)


def test_few_other_combinations_are_a_line_each() -> None:
    groups, axes = grid()
    found = drawn(groups, axes)
    assert [line.label for line in found.lines] == [f"InfMasking, masks {masks}" for masks in MASKS]
    assert not found.remarks


def test_an_average_is_over_combinations_within_each_seed_and_says_so() -> None:
    groups, axes = grid()
    found = drawn(groups, axes, way="average")
    (line,) = found.lines
    expected = {seed: fmean(0.5 + 0.1 * m + 0.01 * seed * (1 + seed) for m in MASKS) for seed in range(3)}
    assert line.points[1].seeds == pytest.approx(expected)
    assert len(line.points[1].digests) == 3
    assert found.remarks == ("InfMasking: averaged over 3 combinations of masks.",)


def test_an_average_takes_only_combinations_that_every_value_has() -> None:
    groups, axes = grid(leave_out=1)  # mask ratio 0.1 lacks masks 1
    found = drawn(groups, axes, way="average")
    assert found.lines[0].points[2].estimate.mean == pytest.approx(0.9 + 0.3 + fmean([0, 0.02, 0.06]))
    assert found.remarks == (
        "InfMasking: averaged over 2 combinations of masks, which every mask ratio has; 1 other is left out.",
    )


def test_many_combinations_are_averaged_where_nobody_chose() -> None:
    groups, axes = grid(masks=(1, 2, 3, 4, 5))
    assert len(drawn(groups, axes).lines) == 1
    assert len(drawn(groups, axes, way="each").lines) == 5


def test_a_setting_that_moves_along_is_said_and_not_averaged() -> None:
    pairs = zip(RATIOS, MASKS, strict=True)
    groups, axes = made(
        [("infmasking", {"objective__mask_ratio": r, "objective__masks": m}) for r, m in pairs]
    )
    found = drawn(groups, axes)
    assert values(found.lines[0]) == list(RATIOS) and found.lines[0].joined
    assert found.remarks == ("InfMasking: masks changes along with mask ratio.",)


def test_drawn_configurations_stand_alone() -> None:
    points = [(0.1, 4), (0.3, 1), (0.5, 7), (0.7, 2), (0.9, 5)]
    groups, axes = made(
        [("infmasking", {"objective__mask_ratio": r, "objective__masks": m}) for r, m in points]
    )
    found = drawn(groups, axes, way="average")
    assert not found.lines[0].joined and len(found.lines[0].points) == 5
    assert found.remarks == ("InfMasking: each point is one configuration; masks differ between points too.",)


def test_a_method_without_the_setting_is_a_level_across() -> None:
    sweep_of = [("infmasking", {"objective__mask_ratio": ratio}) for ratio in RATIOS]
    groups, axes = made([*sweep_of, ("comm", {})])
    found = drawn(groups, axes)
    level = found.lines[-1]
    assert level.label == "CoMM" and values(level) == [None]
    assert "CoMM has no mask ratio: a level across." in found.remarks
    groups, axes = made([*sweep_of, *(("comm", {"objective__temperature": t}) for t in TEMPERATURES)])
    assert "CoMM has no mask ratio: the mean of its 2 configurations, across." in drawn(groups, axes).remarks


def test_seeds_that_not_all_combinations_have_do_not_count() -> None:
    def some(settings: dict, seed: int) -> float | None:  # type: ignore[type-arg]
        return None if settings["objective"]["masks"] == 2 and seed == 1 else figure(settings, seed)

    groups, axes = grid()
    point = drawn(groups, axes, way="average", figures=some).lines[0].points[0]
    assert point.seeds.keys() == {0, 2} and point.estimate.n == 2


def test_configurations_without_a_figure_are_left_out() -> None:
    groups, axes = grid(masks=(2,))

    def some(settings: dict, seed: int) -> float | None:  # type: ignore[type-arg]
        return None if settings["objective"]["mask_ratio"] == 0.5 else figure(settings, seed)

    assert values(drawn(groups, axes, figures=some).lines[0]) == [0.1, 0.9]
