"""Parallel coordinates: where configurations cross the axes, and what is written beside them."""

import pytest
from sweeps import made, question

from app.charts.parallel import ABSENT
from app.sweep.axes import Setting, swept_settings
from app.sweep.parallel import covered_axes
from app.sweep.parallel_axes import figure_axis, method_axis, parallel_frames, setting_axis


def test_numbers_stand_by_distance_or_ratio_and_names_evenly() -> None:
    even = setting_axis(Setting("objective.mask_ratio", {"a": 0.1, "b": 0.3, "c": 0.5}))
    assert even.at == pytest.approx({"a": 0.0, "b": 0.5, "c": 1.0})
    ratio = setting_axis(Setting("training.learning_rate", {"a": 1e-4, "b": 1e-3, "c": 1e-2}))
    assert ratio.at == pytest.approx({"a": 0.0, "b": 0.5, "c": 1.0})
    named = setting_axis(Setting("fusion.pool", {"a": "mean", "b": "cls", "c": "max"}))
    assert sorted(named.at.values()) == [0.0, 0.5, 1.0]


def test_a_drag_covers_the_axes_it_runs_over() -> None:
    assert covered_axes({"axis": [1.2, 0.8], "at": [0.5, -0.1]}, 3) == ([1], -0.1, 0.5)
    assert covered_axes({"axis": [-0.2, 1.1], "at": [0.4, 1.0]}, 3) == ([0, 1], 0.4, 1.0)
    assert covered_axes({}, 3)[0] == [] == covered_axes({"axis": [0.2, 0.7], "at": [0.0, 1.0]}, 3)[0]


def test_few_values_are_written_of_many_with_both_ends() -> None:
    axis = setting_axis(Setting("objective.masks", {str(n): n for n in range(1, 61)}))
    assert len(axis.ticks) <= 8
    assert {"1", "60"} <= {words for _, words in axis.ticks}


def test_a_configuration_without_a_setting_crosses_below_the_axis() -> None:
    sweep_of = [("infmasking", {"objective__masks": masks}) for masks in (1, 2, 4)]
    groups, axes = made([*sweep_of, ("comm", {})], seeds=(0,))
    asked = question(groups, lambda settings, _: 0.1 * settings["objective"].get("masks", 0))
    figures = {group.digest: asked.over(list(asked.of_group(group).values())) for group in groups}
    (masks,) = swept_settings(groups, axes)
    drawn = [method_axis(groups), setting_axis(masks), figure_axis(figures, asked)]
    lines, ticks = parallel_frames(drawn, groups, figures, {groups[0].digest}, asked)
    comm = lines.filter(lines["label"] == "CoMM")
    assert comm["at"].to_list() == [0.0, ABSENT, 0.0]
    assert (1, ABSENT, "none") in ticks.rows()
    assert lines.filter("chosen")["digest"].unique().to_list() == [groups[0].digest]
    assert lines.filter(lines["axis"] == 2)["at"].max() == 1.0
