"""The published tables as plans: each loads, expands, and has every figure that the table reports."""

import json

import pytest

from engine.presets.expansion import expand
from engine.presets.preset import FOLDER, load_preset, load_table, preset_names, table_names
from engine.presets.reported import published_value

REPORTED = json.loads((FOLDER / "published_results.json").read_text(encoding="utf-8"))
QUESTIONS = {  # question and metric of each data set of a plan, by its published column
    "mosi_acc": ("sentiment", "accuracy"),
    "ur_funny_acc": ("humor", "accuracy"),
    "mustard_acc": ("sarcasm", "accuracy"),
    "mimic_acc": ("icd9_group_7", "accuracy"),
    "vision_touch_position_mse_1e-4": ("ee_yaw_next", "mse"),
    "vision_touch_contact_acc": ("contact_next", "accuracy"),
}
PLANS = [
    *(load_preset(name) for name in preset_names() if load_preset(name).published),
    *(load_table(name) for name in table_names()),
]
ALONE = {("clip", "V"), ("clip", "L"), ("clip", "V+L")}
"""Rows of MM-IMDb that are CLIP as it was published: nothing is trained, so no method has them."""


def questions(plan, dataset):
    """(question, metric) that a table reports of a data set of a plan."""
    table, column = (*plan.published_of(dataset).split("/"), "")[:2]
    if table == "trifeature":
        biased = plan.experiment(plan.methods[0], 0, dataset=dataset).data.biased
        return (
            [("synergy", "accuracy")] if biased else [("redundancy", "accuracy"), ("uniqueness", "accuracy")]
        )
    return [QUESTIONS[column]] if column else [("genres", "weighted_f1"), ("genres", "macro_f1")]


def figures(plan):
    """Every reported figure that a plan's runs have beside them."""
    return {
        (plan.published_of(run.dataset), run.settings.objective.name, question, metric): published_value(
            plan.published_of(run.dataset), run.settings.objective.name, question, metric
        )
        for run in expand(plan)
        for question, metric in questions(plan, run.dataset)
    }


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_every_run_has_its_reported_figure(plan):
    found = figures(plan)
    assert found and all(figure is not None for figure in found.values())
    assert plan.title and plan.description and plan.seeds == (0, 1, 2, 3, 4)


def test_a_tables_runs_are_those_of_its_presets():
    for name in table_names():
        plan = load_table(name)
        assert plan.question
        for run in expand(plan):
            preset = load_preset(run.preset)
            assert run.settings == preset.experiment(run.settings.objective.name, run.settings.seed)
            assert run.settings.objective.name in preset.methods


def test_every_reported_figure_stands_in_a_plan():
    """Each cell of published_results.json but those of models that are not trained."""
    found = {
        (key[0].split("/")[0], figure.value)
        for plan in PLANS
        for key, figure in figures(plan).items()
        if figure
    }
    for table, content in REPORTED.items():
        if not isinstance(content, dict):
            continue
        for row in content["rows"]:
            if (row["method"], row.get("modalities")) in ALONE:
                continue
            cells = (
                [(row[name], 0.01) for name in content["tasks"]]
                if table == "trifeature"
                else [
                    (value, 1e-4 if "mse" in column else 0.01)
                    for value, column in zip(row["values"], content["columns"], strict=True)
                ]
            )
            for (value, _), unit in cells:
                assert any(
                    name == table and figure == pytest.approx(value * unit) for name, figure in found
                ), f"{table}: {row['method']} {value}"


def test_presets_lie_on_nothing():
    """So that a plan that lies on a preset has one layer below it."""
    for name in preset_names():
        preset = load_preset(name)
        assert (preset.preset, preset.dataset, preset.vary, preset.drawn) == (None, {}, (), None)
    assert not set(preset_names()) & set(table_names())
