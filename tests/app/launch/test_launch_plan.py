"""From a form to a plan: starts, edits, links, and one line for every mistake."""

from typing import Any

import pytest
from made_runs import make_run

from app.launch.draft import Draft
from app.launch.plan import plan_from, shown_edits
from app.launch.starts import (
    cells_of,
    edits_of,
    from_dataset,
    from_presets,
    from_run,
    from_study,
    with_file,
    with_presets,
)
from engine.presets.expansion import PlannedRun, expand
from engine.presets.plan_file import parse_plan, write_plan
from engine.presets.preset import StudyPlan, load_preset, load_table, plan_of, table_names
from engine.settings.experiment import SettingsError
from storage.studies import Study

QUICK = from_presets(["bits-quick"])


def filled(start: StudyPlan, edits: dict[str, Any] | None = None, **draft: Any) -> StudyPlan:
    made = Draft(edits=edits or {}, **draft)
    return plan_from(start, made, cells_of(start, made.methods or start.methods))


def runs(start: StudyPlan, edits: dict[str, Any] | None = None, **draft: Any) -> list[PlannedRun]:
    return expand(filled(start, edits, **draft))


@pytest.mark.parametrize("name", ["bits-quick", "trifeature-small", "mimic", "mm-imdb"])
def test_an_untouched_form_plans_the_presets_own_runs(name: str) -> None:
    assert expand(filled(from_presets([name]))) == expand(load_preset(name))


@pytest.mark.parametrize("name", table_names())
def test_an_untouched_form_plans_a_tables_own_runs(name: str) -> None:
    assert expand(filled(load_table(name))) == expand(load_table(name))


def test_edits_reach_every_method_and_only_the_one_they_are_for() -> None:
    edits = {"training.epochs": "2", "method.infmasking.objective.masks": "9"}
    first, second = runs(QUICK, edits, methods=("infmasking", "comm"), seeds="0")
    assert (first.settings.training.epochs, second.settings.training.epochs) == (2, 2)
    assert first.settings.objective.model_dump()["masks"] == 9
    assert second.settings == load_preset("bits-quick").experiment("comm", 0, {"training.epochs": 2})


def test_lists_and_ranges_become_axes() -> None:
    edits = {"method.infmasking.objective.mask_ratio": "0.3…0.7 by 0.2", "training.epochs": "2, 4"}
    plan = filled(QUICK, edits, methods=("infmasking", "comm"), seeds="0-1")
    assert plan.vary == (
        {"method.infmasking.objective.mask_ratio": "0.3…0.7 by 0.2"},
        {"training.epochs": "2, 4"},
    )
    assert len(expand(plan)) == (3 * 2 + 2) * 2


def test_a_link_follows_its_target() -> None:
    (alone,) = runs(QUICK, {"training.weight_decay": "= learning rate"}, methods=("comm",), seeds="0")
    assert alone.settings.training.weight_decay == alone.settings.training.learning_rate == 1e-3
    edits = {"training.weight_decay": "= training.learning_rate", "training.learning_rate": "0.01, 0.02"}
    together = runs(QUICK, edits, methods=("comm",), seeds="0")
    assert [run.settings.training.weight_decay for run in together] == [0.01, 0.02]
    assert [run.settings.training.learning_rate for run in together] == [0.01, 0.02]


def test_a_list_moves_with_another_one() -> None:
    edits = {"training.weight_decay": "0.1, 0.2 with learning_rate", "training.learning_rate": "0.01, 0.02"}
    found = runs(QUICK, edits, methods=("comm",), seeds="0")
    training = [run.settings.training for run in found]
    assert [(one.learning_rate, one.weight_decay) for one in training] == [(0.01, 0.1), (0.02, 0.2)]


def test_an_encoder_can_be_given_back_to_the_data_set() -> None:
    start = from_presets(["trifeature-small"])
    (found,) = runs(start, {"encoders.image2": [None]}, methods=("comm",), seeds="0")
    assert set(found.settings.encoders) == {"image1"}
    (other,) = runs(
        start,
        {"encoders.image2.name": "alexnet", "encoders.image1.channels": [[8, 16]]},
        methods=("comm",),
        seeds="0",
    )
    assert other.settings.encoders["image2"].name == "alexnet"
    assert other.settings.encoders["image1"].model_dump()["channels"] == (8, 16)


def test_what_a_preset_sets_for_one_method_stays_until_it_is_edited() -> None:
    start = from_presets(["mimic"])
    rates = [
        run.settings.training.learning_rate for run in runs(start, methods=("infmasking", "comm"), seeds="0")
    ]
    assert rates == [3e-4, 1e-3]
    edited = runs(start, {"training.learning_rate": "0.5"}, methods=("infmasking", "comm"), seeds="0")
    assert [run.settings.training.learning_rate for run in edited] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("edits", "line"),
    [
        ({"training.epochs": "abc"}, "training.epochs: Input should be a valid integer"),
        ({"training.epochs": "0, 2"}, "training.epochs: Input should be greater than or equal to 1; got '0'"),
        (
            {"training.epochs": "1…1e9 by 1"},
            "training.epochs: '1…1e9 by 1' has more than 1,000 values",
        ),
        ({"training.epochs": "= nothing"}, "training.epochs: 'nothing' is no setting here"),
        ({"training.epochs": "= training.epochs"}, "'training.epochs' is no setting here"),
        ({"training.epochs": "= width"}, "'width' could be "),
        ({"training.epochs": "= batch_size", "training.batch_size": "= epochs"}, "leads back to itself"),
        ({"training.epochs": "1, 2 with batch_size"}, "'training.batch_size' has no list or range"),
        (
            {"training.epochs": "1, 2, 3 with batch_size", "training.batch_size": "32, 64"},
            "settings that move together need equally many values; training.batch_size has 2",
        ),
        ({"trainin.epochs": "1"}, "no setting 'trainin.epochs' (did you mean 'training'?)"),
        ({"training.epoch": "1"}, "no setting 'training.epoch' (did you mean 'epochs'?)"),
        ({"seed": "1"}, "'seed' cannot be varied"),
    ],
)
def test_every_mistake_is_one_line(edits: dict[str, Any], line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        runs(QUICK, edits, seeds="0")
    assert line in str(caught.value) and "\n" not in str(caught.value)


def test_mistakes_are_told_together() -> None:
    edits = {"training.epochs": "= nothing", "training.batch_size": "= nowhere"}
    with pytest.raises(SettingsError) as caught:
        filled(QUICK, edits, name=" ", methods=(), seeds="x")
    assert len(caught.value.lines) == 5
    assert {"name: give this study a name", "methods: choose at least one"} < set(caught.value.lines)


def test_a_clone_starts_with_the_runs_settings_and_offers_the_others() -> None:
    run = make_run(12, "infmasking", 5, objective__masks=12, training__epochs=3)
    start = from_run(run)
    assert start.experiment("infmasking", 5).model_dump(mode="json") == run.settings
    comm = start.experiment("comm", 0)
    assert (comm.training.epochs, comm.objective) == (
        3,
        load_preset("bits-quick").experiment("comm", 0).objective,
    )
    assert (start.methods, start.seeds, start.name) == (("infmasking",), (5,), "bits-quick")
    (found,) = expand(filled(start))
    assert found.settings.model_dump(mode="json") == run.settings and found.preset == "bits-quick"


def test_a_clone_written_as_a_file_is_the_same_run() -> None:
    """Also where the run has nothing set that its preset sets."""
    run = make_run(12, "infmasking", 5, "mm-imdb", objective__term_weights=None)
    start = from_run(run)
    assert expand(parse_plan(write_plan(start), "x")) == expand(start)


def test_a_data_set_alone_starts_with_defaults() -> None:
    start = from_dataset({"name": "bits"}, "Bits")
    assert start.experiment("comm", 0).fusion.width == 512
    assert len(expand(filled(start))) == 6


def test_other_data_sets_come_beside_any_start() -> None:
    plan = filled(with_presets(QUICK, ["mosi"]), {"training.epochs": "2"}, seeds="0")
    found = expand(plan)
    assert [(run.dataset, run.settings.data.name, run.preset) for run in found[::3]] == [
        ("bits-quick", "bits", "bits-quick"),
        ("mosi", "mosi", "mosi"),
    ]
    assert found[0].settings == load_preset("bits-quick").experiment("infmasking", 0, {"training.epochs": 2})
    file = {"name": "paired_file", "path": "a.npz", "modalities": ["x", "y"], "label": "z"}
    own = with_presets(with_file(from_presets(["paired-file"]), file), ["bits-quick"])
    names = [run.settings.data.name for run in expand(filled(own, seeds="0"))]
    assert names == ["paired_file"] * 2 + ["bits"] * 2


def test_a_studys_plan_comes_back_as_it_was_filled_in() -> None:
    edits = {
        "training.learning_rate": "0.01, 0.02",
        "training.weight_decay": "0.1, 0.2 with training.learning_rate",
        "method.infmasking.objective.masks": "2…6 by 2",
    }
    plan = filled(QUICK, edits, drawn=3, draw_seed=5)
    stored = Study(1, "s", "", plan.model_dump(mode="json"), [], "", (), 0, None, None)
    start = from_study(stored)
    assert edits_of(start) == edits
    again = filled(start, edits_of(start), drawn=start.drawn, draw_seed=start.draw_seed)
    assert expand(again) == expand(plan)
    with pytest.raises(SettingsError, match="study 's' has no plan"):
        from_study(Study(1, "s", "", None, [], "", (), 0, None, None))


def test_a_plan_is_a_file_that_starts_the_same_runs() -> None:
    edits = {
        "training.epochs": "2, 4",
        "encoders.x1": [None],
        "data.biased": "false",
        "method.comm.objective.term_weights": [[1.0, 2.0, 3.0]],
    }
    plan = filled(QUICK, edits, name="Mine", question="Why?")
    assert parse_plan(write_plan(plan), "x") == plan
    assert plan_of(plan.model_dump(mode="json")) == plan


def test_changes_are_told_with_what_was_before_and_whose_they_are() -> None:
    start = with_presets(QUICK, ["mimic"])
    edits = {
        "training.epochs": "2, 4",
        "method.infmasking.objective.masks": "9",
        "method.comm.objective.term_weights": [[1.0, 5.0, 1.0]],
        "dataset.bits-quick.data.biased": "true, false",
        "dataset.bits-quick.encoders.x1": [None],
        "encoders.image.name": "resnet18",
    }
    assert shown_edits(edits, cells_of(start, ["infmasking", "comm"])) == [
        "training.epochs: 5 or 100 → 2, 4",
        "InfMasking: objective.masks: 4 or 6 → 9",
        "CoMM: objective.term_weights: default → 1, 5, 1",
        "bits-quick: data.biased: on → true, false",
        "bits-quick: encoders.x1: mlp → default",
        "encoders.image.name: the default → resnet18",
    ]
