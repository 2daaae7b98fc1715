"""What is said beside a verdict about groups that differ in more than the method."""

from typing import Any

from made_runs import make_run

from app.groups.fairness import cautions
from app.groups.grouping import group_runs


def results(*facts: dict[str, Any]) -> dict[str, list[Any]]:
    """One result a run, 1, 2, …, with these facts."""
    return {"run_id": list(range(1, len(facts) + 1)), "task": ["synergy"] * len(facts), "facts": list(facts)}


def test_nothing_is_said_of_methods_alone() -> None:
    groups = group_runs([make_run(1, "comm", 0), make_run(2, "infmasking", 0)])
    assert cautions(groups, results({"n_test": 60}, {"n_test": 60})) == []


def test_other_data_settings_and_other_test_samples_are_said() -> None:
    groups = group_runs([make_run(1, "comm", 0), make_run(2, "infmasking", 0, data__noise=0.5)])
    data, measured = cautions(groups, results({"n_test": 60}, {"n_test": 4000}))
    assert data == "The groups differ in their data (noise): a difference may come from that."
    assert (
        "test samples of synergy: 60, 4,000" in measured or "test samples of synergy: 4,000, 60" in measured
    )


def test_other_content_of_the_same_file_is_said() -> None:
    groups = group_runs([make_run(1, "comm", 0), make_run(2, "infmasking", 0)])
    (line,) = cautions(groups, results({"fingerprint": "0123456789"}, {"fingerprint": "fedcba9876"}))
    assert "content of the data of synergy: 01234567, fedcba98" in line


def test_other_training_is_said() -> None:
    groups = group_runs([make_run(1, "comm", 0), make_run(2, "infmasking", 0, training__epochs=1)])
    (line,) = cautions(groups, results({}, {}))
    assert (
        line
        == "The groups differ in more than the method (training.epochs): a difference may come from that."
    )


def test_other_data_sets_cannot_be_compared() -> None:
    groups = group_runs([make_run(1, "comm", 0), make_run(2, "comm", 0, "trifeature-small")])
    assert cautions(groups, results({}, {}))[0].startswith("The groups are trained on different data (")
