"""What a comparison computes from stored runs: groups, panels, scores, reported figures, differences,
exports."""

from typing import Any

import pytest
from made_runs import make_run

from app.comparison.reported_values import as_reported, reported
from app.groups.grouping import (
    Group,
    group_runs,
    panels_of,
    settings_that_differ,
)
from app.groups.scores import Scores, group_estimate, scores
from app.wording.names import method_label
from app.wording.truth import truth_line
from engine.presets.preset import load_preset

TASKS = {
    "share": ("redundancy", 0.1),
    "unique1": ("uniqueness", 0.1),
    "unique2": ("uniqueness", 0.1),
    "synergy": ("synergy", 0.5),
}


def make_results(values: dict[int, tuple[float, float, float, float]]) -> dict[str, list[Any]]:
    """Results as storage gives them: run id → accuracy of share, unique1, unique2 and synergy."""
    rows = [
        (run, task, "accuracy", value, {"measures": measures, "chance": chance, "n_test": 4000})
        for run, figures in values.items()
        for (task, (measures, chance)), value in zip(TASKS.items(), figures, strict=True)
    ]
    columns = ("run_id", "task", "metric", "value", "facts")
    return dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))


RUNS = [
    make_run(1, "comm", 0),
    make_run(2, "comm", 1),
    make_run(3, "infmasking", 0),
    make_run(4, "infmasking", 1),
]
VALUES = {
    1: (1.0, 0.8, 0.9, 0.70),
    2: (1.0, 0.8, 0.8, 0.72),
    3: (1.0, 0.9, 0.8, 0.75),
    4: (1.0, 0.7, 0.9, 0.79),
}


def built() -> tuple[list[Group], list[Any], Scores]:
    results = make_results(VALUES)
    groups, panels = group_runs(RUNS), panels_of(results)
    return groups, panels, scores(groups, panels, results)


def test_groups_are_configurations_in_the_order_of_methods() -> None:
    groups = group_runs(RUNS)
    assert [(group.label, [run.seed for run in group.runs]) for group in groups] == [
        ("InfMasking", [0, 1]),
        ("CoMM", [0, 1]),
    ]


def test_groups_of_one_method_are_told_apart_by_what_differs() -> None:
    groups = group_runs([*RUNS, make_run(5, "infmasking", 0, objective__masks=12)])
    assert [group.label for group in groups] == ["InfMasking, masks 4", "InfMasking, masks 12", "CoMM"]


def test_no_two_groups_share_a_label() -> None:
    several = [
        make_run(
            number,
            "comm",
            0,
            training__epochs=epochs,
            training__learning_rate=rate,
            training__weight_decay=decay,
        )
        for number, (epochs, rate, decay) in enumerate([(1, 0.1, 0.1), (1, 0.1, 0.2), (2, 0.2, 0.1)])
    ]
    labels = [group.label for group in group_runs(several)]
    assert len(set(labels)) == 3
    assert labels[2] == "CoMM, epochs 2, learning rate 0.2, weight decay 0.1"


def test_a_seed_that_was_run_again_counts_once() -> None:
    (group,) = group_runs([make_run(1, "comm", 0), make_run(2, "comm", 0), make_run(3, "comm", 1)])
    assert [run.id for run in group.runs] == [2, 3]
    assert group.repeats == 1


def test_panels_are_the_questions_and_uniqueness_is_the_mean_of_both() -> None:
    groups, panels, frame = built()
    assert [(panel.name, panel.metric, panel.chance) for panel in panels] == [
        ("redundancy", "accuracy", 0.1),
        ("uniqueness", "accuracy", 0.1),
        ("synergy", "accuracy", 0.5),
    ]
    comm = next(group for group in groups if group.method == "comm")
    value = group_estimate(frame, panels[1], comm.digest)
    assert value is not None
    assert value.mean == pytest.approx((0.85 + 0.80) / 2)
    assert value.n == 2


def test_a_label_of_ones_own_is_a_panel_of_its_own() -> None:
    results = {
        "run_id": [1, 1, 1],
        "task": ["sentiment", "sentiment", "emotions"],
        "metric": ["mse", "system", "macro_f1"],
        "value": [0.5, 0.1, 0.4],
        "facts": [{"measures": "label"}, {"measures": "label"}, {"measures": "label", "chance": None}],
    }
    assert [(panel.name, panel.metric) for panel in panels_of(results)] == [
        ("emotions", "macro_f1"),
        ("sentiment", "mse"),
    ]


def test_each_figure_of_several_labels_has_a_panel() -> None:
    facts = {"measures": "label", "chance": None}
    results = {
        "run_id": [1, 1],
        "task": ["genres"] * 2,
        "metric": ["macro_f1", "weighted_f1"],
        "value": [0.2, 0.4],
    }
    panels = panels_of(results | {"facts": [facts, facts]})
    assert [(panel.title, panel.metric) for panel in panels] == [
        ("Genres, weighted F1", "weighted_f1"),
        ("Genres, macro F1", "macro_f1"),
    ]


def test_a_run_that_lacks_a_task_or_has_nan_is_left_out() -> None:
    results = make_results({1: (1.0, 0.8, float("nan"), 0.7)})
    groups, panels = group_runs(RUNS[:1]), panels_of(results)
    assert {panel for panel, _ in scores(groups, panels, results)} == {"redundancy", "synergy"}


@pytest.mark.parametrize(
    ("preset", "panel", "expected"),
    [
        ("trifeature-synergy", "synergy", 0.77),
        ("trifeature-synergy", "redundancy", None),
        ("trifeature-ru", "uniqueness", 0.906),
        ("trifeature-ru", "synergy", None),
        ("trifeature-small", "synergy", None),
        ("bits-quick", "synergy", None),
    ],
)
def test_reported_figures_stand_only_beside_the_same_experiment(
    preset: str, panel: str, expected: float | None
) -> None:
    (group,) = group_runs([make_run(1, "infmasking", 0, preset)])
    asked = next(one for one in panels_of(make_results({1: (1, 1, 1, 1)})) if one.name == panel)
    found = reported(group, asked)
    assert (found and found.value) == (None if expected is None else pytest.approx(expected))


def test_settings_that_differ_leave_out_what_only_one_method_has() -> None:
    groups = group_runs([*RUNS[:1], make_run(9, "infmasking", 0, training__epochs=3)])
    usual = load_preset("bits-quick").experiment("comm", 0).training.epochs
    assert settings_that_differ(groups) == {"training.epochs": [3, usual]} | {
        path: values for path, values in settings_that_differ(groups).items() if path.startswith("objective.")
    }
    assert "objective.masks" not in settings_that_differ(groups)
    assert "seed" not in settings_that_differ(groups)


def test_truth_is_told_in_bits() -> None:
    known = {"true_redundancy": 0.0, "true_unique1": 0.0, "true_unique2": 0.0, "true_synergy": 0.469}
    assert truth_line("synergy", known) == "synergy: 0.469 bits, all synergistic"
    mixed = truth_line("and", known | {"true_redundancy": 0.311, "true_synergy": 0.5})
    assert mixed == "and: 0.811 bits, 0.311 redundant, 0.500 synergistic"
    assert truth_line("label", {"measures": "label"}) is None


def test_methods_are_named_as_papers_write_them() -> None:
    written = {"infmasking": "InfMasking", "comm": "CoMM", "cross": "Cross"}
    assert {name: method_label(name) for name in written} == written


def test_other_settings_than_the_papers_are_noticed() -> None:
    (own,) = group_runs([make_run(1, "comm", 0, "trifeature-synergy")])
    (changed,) = group_runs([make_run(1, "comm", 0, "trifeature-synergy", training__epochs=1)])
    assert as_reported(own)
    assert not as_reported(changed)


def test_intervals_of_macro_averages_are_of_the_samples_that_tell_as_much() -> None:
    """A rare class leaves more doubt than the number of test samples says; runs of before say no more than
    that."""
    results = make_results(dict.fromkeys(VALUES, (1.0, 0.8, 0.8, 0.75)))
    groups, panels = group_runs(RUNS), panels_of(results)
    plain = group_estimate(scores(groups, panels, results), panels[-1], groups[0].digest)
    fewer = [facts | {"n_effective": 1440} for facts in results["facts"]]
    wide = group_estimate(scores(groups, panels, results | {"facts": fewer}), panels[-1], groups[0].digest)
    assert plain is not None and wide is not None
    assert (wide.high - wide.low) / (plain.high - plain.low) == pytest.approx((4000 / 1440) ** 0.5, rel=0.1)
