"""Names inside a study: what differs is said, nothing else, and other runs change no name."""

import json

import pytest
from made_runs import make_run

from app.groups.grouping import group_runs
from app.groups.naming import (
    Axis,
    axes_with,
    data_name,
    group_name,
    read_axes,
    setting_words,
    value_words,
    values_on,
    write_axes,
)

USUAL = [make_run(1, "infmasking", 0), make_run(2, "infmasking", 1), make_run(3, "comm", 0)]
OTHER = make_run(4, "infmasking", 0, objective__mask_ratio=0.9)


def test_methods_and_seeds_alone_need_no_axis() -> None:
    assert axes_with((), (), USUAL) == ()
    assert [group.label for group in group_runs(USUAL)] == ["InfMasking", "CoMM"]


def test_what_differs_within_a_method_is_said_and_only_of_that_method() -> None:
    axes = axes_with((), (), [*USUAL, OTHER])
    assert axes == (Axis("objective.mask_ratio"),)
    assert [group_name(run, axes) for run in (USUAL[0], USUAL[2], OTHER)] == [
        "InfMasking, mask ratio 0.7",
        "CoMM",
        "InfMasking, mask ratio 0.9",
    ]
    assert values_on(OTHER, axes) == {"objective.mask_ratio": 0.9} and values_on(USUAL[2], axes) == {}


def test_names_stay_when_other_runs_come() -> None:
    axes = axes_with((), (), USUAL)
    before = {run.id: group_name(run, axes) for run in USUAL}
    later = axes_with(axes, USUAL, [OTHER])
    assert {run.id: group_name(run, later) for run in USUAL} == before
    assert group_name(OTHER, later) == "InfMasking, mask ratio 0.9"
    last = make_run(5, "infmasking", 0, objective__mask_ratio=0.9, training__epochs=9)
    latest = axes_with(later, [*USUAL, OTHER], [last])
    assert group_name(OTHER, latest) == "InfMasking, mask ratio 0.9"
    assert group_name(last, latest) == "InfMasking, mask ratio 0.9, epochs 9"


def test_a_method_that_comes_later_needs_no_axis() -> None:
    cross = make_run(9, "cross", 0, training__epochs=3)
    assert axes_with((), USUAL, [cross]) == ()


def test_settings_of_the_data_name_the_data_set() -> None:
    noisy = make_run(4, "comm", 0, data__noise=0.5)
    axes = axes_with((), (), [*USUAL, noisy])
    assert group_name(noisy, axes) == "CoMM"
    usual = data_name(USUAL[0], axes)
    assert data_name(noisy, axes) == "Bits, noise 0.5" != usual
    assert {group.data for group in group_runs([*USUAL, noisy])} == {usual, "Bits, noise 0.5"}
    assert [group.label for group in group_runs([*USUAL, noisy])].count("CoMM") == 2  # on two data sets


def test_axes_survive_being_stored() -> None:
    axes = axes_with((), USUAL, [OTHER])
    assert axes[0].usual == {"infmasking": 0.7, "comm": "absent"}
    assert read_axes(json.loads(json.dumps(write_axes(axes)))) == axes


def test_one_configuration_has_one_name_whatever_is_around_it() -> None:
    axes = axes_with((), (), [*USUAL, OTHER])
    alone, together = group_runs([OTHER], axes), group_runs([*USUAL, OTHER], axes)
    assert alone[0].label == next(group.label for group in together if group.digest == OTHER.digest)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("objective.mask_ratio", "mask ratio"),
        ("objective.projection.width", "projection width"),
        ("encoders.x1.width", "x1 width"),
        ("probe.folds", "probe folds"),
        ("compile", "compile"),
        ("data.fingerprint", "content"),
    ],
)
def test_a_setting_has_the_same_words_everywhere(path: str, words: str) -> None:
    assert setting_words(path) == words


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "default"),
        (True, "on"),
        (False, "off"),
        (0.30000000000000004, "0.3"),
        ([64, 32], "64·32"),
        ("a\nb", "a b"),
        ("x" * 30, "x" * 23 + "…"),
    ],
)
def test_a_value_is_one_short_line(value: object, shown: str) -> None:
    assert value_words(value) == shown
