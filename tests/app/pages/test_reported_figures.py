"""The Answer tab beside published tables whose figures are no accuracies: a squared error, and two F1 of
several labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenPage, all_text

from app.queries import database
from app.training.configuring import Planned
from app.training.launching import new_run
from engine.presets.preset import load_preset
from storage.recorder import RunRecorder
from storage.runs import create_runs, mark_ended


def finish(home: Path, preset: str, task: str, figures: Mapping[str, Mapping[str, float]]) -> None:
    """One finished run of each method, with what its probes found by metric."""
    db = database()
    named = [Planned(preset, load_preset(preset).experiment(method, 0), preset) for method in figures]
    for run_id, found in zip(create_runs(db, [new_run(one) for one in named]), figures.values(), strict=True):
        with RunRecorder(db, run_id, home / "spool.jsonl") as recorder:
            for metric, value in found.items():
                recorder.result(task, metric, value, {"measures": "label", "chance": None, "n_test": 100})
        mark_ended(db, run_id, "finished")


def rows_of(table: Any) -> list[list[str]]:
    return [list(row) for row in table[["Question", "Group", "Mean", "Reported"]].to_numpy()]


def test_an_error_stands_beside_the_papers_in_the_same_unit(empty_home: Path, open_page: OpenPage) -> None:
    found = {"infmasking": {"mse": 4.5e-4}, "factorcl": {"mse": 1.1e-3}}
    finish(empty_home, "vision-touch-position", "ee_yaw_next", found)
    test = open_page("study", runs="1-2")
    assert not test.exception
    assert "hollow star: reported in the paper" in all_text(test)
    assert rows_of(test.dataframe[-1].value) == [
        ["ee_yaw_next", "InfMasking", "0.000450", "0.000423 ± 0.000037"],
        ["ee_yaw_next", "FactorCL", "0.00110", "0.00108 ± 0.00006 (quoted there)"],
    ]


@pytest.mark.parametrize("first", ["weighted_f1", "macro_f1"])
def test_each_f1_stands_beside_its_own_column(empty_home: Path, open_page: OpenPage, first: str) -> None:
    both = {"weighted_f1": 0.61, "macro_f1": 0.52}
    figures = dict(sorted(both.items(), key=lambda item: item[0] != first))
    finish(empty_home, "mm-imdb", "genres", {"infmasking": figures, "cross": figures})
    test = open_page("study", runs="1-2")
    assert not test.exception
    text = all_text(test)
    assert "Genres, weighted F1" in text and "Genres, macro F1" in text
    assert rows_of(test.dataframe[-1].value) == [
        ["genres, weighted F1", "InfMasking", "61.0 %", "62.6 ± 0.3 %"],
        ["genres, weighted F1", "Cross", "61.0 %", "54.5 ± 0.2 % (quoted there)"],
        ["genres, macro F1", "InfMasking", "52.0 %", "55.9 ± 0.2 %"],
        ["genres, macro F1", "Cross", "52.0 %", "44.9 ± 0.3 % (quoted there)"],
    ]
