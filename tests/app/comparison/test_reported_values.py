"""What the paper reports beside every preset's methods: each figure of its table, in the unit that results
are stored in."""

import json
from pathlib import Path
from typing import Any

import pytest
from made_runs import make_run

from app.comparison import tables
from app.comparison.answer import answer
from app.comparison.frames import chart_frames
from app.comparison.reported_values import as_reported, reported
from app.groups.grouping import Group, Panel, group_runs
from app.studies.view import view_of
from engine.presets.preset import FOLDER, load_preset, preset_names

TABLES = json.loads((Path(FOLDER) / "published_results.json").read_text())
PERCENT, ERROR = 0.01, 1e-4
# panel's name and metric → table, column and unit of each preset
WHERE = {
    "trifeature-ru": {
        ("redundancy", "accuracy"): ("trifeature", "redundancy", PERCENT),
        ("uniqueness", "accuracy"): ("trifeature", "uniqueness", PERCENT),
    },
    "trifeature-synergy": {("synergy", "accuracy"): ("trifeature", "synergy", PERCENT)},
    "mosi": {("sentiment", "accuracy"): ("multibench", "mosi_acc", PERCENT)},
    "ur-funny": {("humor", "accuracy"): ("multibench", "ur_funny_acc", PERCENT)},
    "mustard": {("sarcasm", "accuracy"): ("multibench", "mustard_acc", PERCENT)},
    "mimic": {("icd9_group_7", "accuracy"): ("multibench", "mimic_acc", PERCENT)},
    "vision-touch-position": {
        ("ee_yaw_next", "mse"): ("multibench", "vision_touch_position_mse_1e-4", ERROR)
    },
    "vision-touch-contact": {("contact_next", "accuracy"): ("trimodal", "vision_touch_contact_acc", PERCENT)},
    "vision-touch-contact-trimodal": {
        ("contact_next", "accuracy"): ("trimodal", "vision_touch_contact_acc", PERCENT)
    },
    "ur-funny-trimodal": {("humor", "accuracy"): ("trimodal", "ur_funny_acc", PERCENT)},
    "mm-imdb": {
        ("genres, weighted F1", "weighted_f1"): ("mm_imdb", "weighted_f1", PERCENT),
        ("genres, macro F1", "macro_f1"): ("mm_imdb", "macro_f1", PERCENT),
    },
}
ROWS = {("mm-imdb", "cross"): "clip (further trained)"}


def panel(name: str, metric: str) -> Panel:
    return Panel(name, metric, None, {})


def group(preset: str, method: str, **changes: Any) -> Group:
    (found,) = group_runs([make_run(1, method, 0, preset, **changes)])
    return found


def row_of(preset: str, method: str, table: str) -> dict[str, Any]:
    """The one row of a published table that a preset's method has; those of three modalities and of two stand
    apart."""
    rows = [row for row in TABLES[table]["rows"] if row["method"] == ROWS.get((preset, method), method)]
    if table == "trimodal":
        rows = [row for row in rows if row["modalities"] == (3 if preset.endswith("trimodal") else 2)]
    (row,) = rows
    return dict(row)


def test_every_preset_with_a_table_is_tested_here() -> None:
    assert {name for name in preset_names() if load_preset(name).published} == set(WHERE)


@pytest.mark.parametrize("preset", sorted(WHERE))
def test_each_method_has_its_figures_beside_it(preset: str) -> None:
    for (name, metric), (table, column, unit) in WHERE[preset].items():
        for method in load_preset(preset).methods:
            row = row_of(preset, method, table)
            value, deviation = (
                row[column]
                if table == "trifeature"
                else row["values"][TABLES[table]["columns"].index(column)]
            )
            found = reported(group(preset, method), panel(name, metric))
            assert found is not None, f"{preset}: {method} has no figure for {name}"
            assert found.value == pytest.approx(value * unit)
            assert found.deviation == (None if deviation is None else pytest.approx(deviation * unit))
            assert found.quoted == row.get("quoted", False)


@pytest.mark.parametrize("preset", sorted(WHERE))
def test_no_figure_stands_beside_another_question(preset: str) -> None:
    asked = set(WHERE[preset])
    others = {key for keys in WHERE.values() for key in keys if key[1] not in {metric for _, metric in asked}}
    if preset.startswith("trifeature"):
        others |= {key for key in [*WHERE["trifeature-ru"], *WHERE["trifeature-synergy"]] if key not in asked}
    for name, metric in others:
        assert reported(group(preset, "infmasking"), panel(name, metric)) is None


def test_another_experiment_than_the_presets_has_none() -> None:
    question = panel("mortality", "accuracy")
    assert reported(group("mimic", "comm", data__task=-1), question) is None
    assert (
        reported(group("ur-funny", "comm", data__modalities=("vision", "audio")), panel("humor", "accuracy"))
        is None
    )
    assert (
        reported(group("mm-imdb", "comm", data__name="hateful_memes"), panel("hateful", "accuracy")) is None
    )
    assert (
        reported(group("mosi", "supervised"), panel("sentiment", "accuracy")) is None
    )  # no row of the table
    assert reported(group("bits-quick", "comm"), panel("synergy", "accuracy")) is None
    file = {"data__path": "a.npz", "data__modalities": ("x", "y"), "data__label": "z"}
    assert reported(group("paired-file", "comm", **file), panel("z", "accuracy")) is None


def test_other_settings_than_the_papers_are_told_apart() -> None:
    assert as_reported(group("mosi", "comm"))
    shorter = group("mosi", "comm", training__epochs=3)
    assert reported(shorter, panel("sentiment", "accuracy")) is not None
    assert not as_reported(shorter)


def test_small_errors_keep_their_digits_in_figures_and_differences() -> None:
    """An error of 4.5 × 10⁻⁴ stands beside a reported 4.23 × 10⁻⁴, neither as 0.0004."""
    runs = [
        make_run(number, method, seed, "vision-touch-position")
        for number, method, seed in [
            (1, "infmasking", 0),
            (2, "infmasking", 1),
            (3, "comm", 0),
            (4, "comm", 1),
        ]
    ]
    results = {
        "run_id": [1, 2, 3, 4],
        "task": ["ee_yaw_next"] * 4,
        "metric": ["mse"] * 4,
        "value": [4.4e-4, 4.6e-4, 8.2e-4, 8.3e-4],
        "facts": [{"measures": "label", "chance": None}] * 4,
    }
    found = answer(view_of(None, runs[::-1], results))
    ours, base = tables.score_table(found)
    assert (ours["Mean"], ours["Metric"], ours["Reported"]) == (
        "0.000450",
        "mean squared error",
        "0.000423 ± 0.000037",
    )
    assert base["Reported"] == "0.000796 ± 0.000213"
    (row,) = tables.difference_table(found, "As listed")
    assert row["Difference [95 %]"].startswith("−0.000375 [") and row["Decided"] == "InfMasking is ahead"
    frames = chart_frames(found, found.questions[0], ["InfMasking", "CoMM"])
    assert frames.rows["reported"].to_list() == pytest.approx([4.23e-4, 7.96e-4])
