"""From a launch form to runs: seeds, starts, edits, and one line for every mistake."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import make_run

from app.launch.plan import (
    edited_lines,
    from_dataset,
    from_run,
    objective_settings,
    parse_seeds,
    plan,
    shared_settings,
)
from app.wording.names import show_seeds
from engine.presets.layers import merge
from engine.presets.preset import StudyPlan, load_preset
from engine.settings.experiment import SettingsError


@given(st.sets(st.integers(0, 400), min_size=1, max_size=40))
def test_seeds_read_back(seeds: set[int]) -> None:
    assert parse_seeds(show_seeds(tuple(seeds))) == tuple(sorted(seeds))


def test_seeds_as_people_write_them() -> None:
    assert parse_seeds("0-2, 7") == (0, 1, 2, 7)
    assert parse_seeds(" 3 , 3, 1 – 2 ,") == (3, 1, 2)
    assert show_seeds((7, 0, 1, 2)) == "0-2, 7"


@pytest.mark.parametrize(
    "text", ["", "a", "3-1", "1.5", "-1", "0-x", "99999999999", "2147483648", "0-100000"]
)
def test_seeds_that_are_none_are_one_line(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^seeds: ") as caught:
        parse_seeds(text)
    assert "\n" not in str(caught.value)


def edit(start: StudyPlan, methods: list[str]) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    return shared_settings(start), {method: objective_settings(start, method) for method in methods}


@pytest.mark.parametrize("name", ["bits-quick", "trifeature-small", "trifeature-synergy"])
def test_an_untouched_form_plans_the_presets_own_runs(name: str) -> None:
    preset = load_preset(name)
    methods = list(preset.methods)
    shared, objectives = edit(preset, methods)
    planned = plan(preset, name, methods, preset.seeds, shared, objectives)
    assert [one.settings for one in planned] == [
        preset.experiment(m, seed) for m in methods for seed in preset.seeds
    ]
    assert planned[0].title == f"{name} · {methods[0]} · seed {preset.seeds[0]}"
    assert {one.preset for one in planned} == {name}


def test_edits_reach_every_method_and_only_the_one_they_are_for() -> None:
    preset = load_preset("bits-quick")
    shared, objectives = edit(preset, ["infmasking", "comm"])
    shared = merge(shared, {"training": {"epochs": 2}})
    objectives["infmasking"]["masks"] = 9
    planned = plan(preset, "x", ["infmasking", "comm"], (0,), shared, objectives)
    assert [one.settings.training.epochs for one in planned] == [2, 2]
    assert planned[0].settings.objective.model_dump()["masks"] == 9
    assert planned[1].settings == preset.experiment("comm", 0, {"training.epochs": 2})


def test_an_encoder_can_be_given_back_to_the_data_set() -> None:
    preset = load_preset("trifeature-small")
    shared, objectives = edit(preset, ["comm"])
    shared["encoders"] = {"image1": shared["encoders"]["image1"]}
    (planned,) = plan(preset, "x", ["comm"], (0,), shared, objectives)
    assert set(planned.settings.encoders) == {"image1"}


def test_what_a_preset_sets_for_one_method_stays() -> None:
    preset = load_preset("bits-quick")
    preset = preset.model_copy(
        update={"method": merge(preset.method, {"cross": {"training": {"learning_rate": 0.5}}})}
    )
    shared, objectives = edit(preset, ["comm", "cross"])
    comm, cross = plan(
        preset, "x", ["comm", "cross"], (0,), merge(shared, {"training": {"epochs": 3}}), objectives
    )
    assert (comm.settings.training.learning_rate, cross.settings.training.learning_rate) == (1e-3, 0.5)
    assert cross.settings.training.epochs == 3


def test_every_mistake_has_its_line_and_nothing_is_planned() -> None:
    preset = load_preset("bits-quick")
    shared, objectives = edit(preset, ["infmasking", "comm"])
    shared = merge(shared, {"fusion": {"heads": 7}, "training": {"batch_size": 1}})
    objectives["infmasking"]["temperature"] = 0.0
    with pytest.raises(SettingsError) as caught:
        plan(preset, "x", ["infmasking", "comm"], (0,), shared, objectives)
    lines = caught.value.lines
    assert len(lines) == len(set(lines)) == 3
    assert f"fusion: heads (7) must divide width ({shared['fusion']['width']})" in lines
    assert any(line.startswith("training.batch_size: ") and line.endswith("got '1'") for line in lines)
    assert any("temperature" in line and "greater than 0" in line for line in lines)


def test_a_grid_needs_a_name_and_methods_and_has_an_end() -> None:
    preset = load_preset("bits-quick")
    shared, objectives = edit(preset, ["comm"])
    with pytest.raises(SettingsError) as caught:
        plan(preset, " ", [], (0,), shared, objectives)
    assert caught.value.lines == ("name: give this comparison a name", "methods: choose at least one")
    with pytest.raises(SettingsError, match="1 methods × 501 seeds are 501 runs; at most 500 at once"):
        plan(preset, "x", ["comm"], tuple(range(501)), shared, objectives)


def test_a_clone_starts_with_the_runs_settings_and_offers_the_others() -> None:
    run = make_run(12, "infmasking", 5, objective__masks=12, training__epochs=3)
    start = from_run(run)
    assert start.experiment("infmasking", 5).model_dump(mode="json") == run.settings
    comm = start.experiment("comm", 0)
    assert (comm.training.epochs, comm.objective) == (
        3,
        load_preset("bits-quick").experiment("comm", 0).objective,
    )
    assert (start.methods, start.seeds, start.title) == (("infmasking",), (5,), "bits-quick")


def test_a_data_set_alone_starts_with_defaults() -> None:
    start = from_dataset({"name": "bits"}, "Bits")
    assert start.experiment("comm", 0).fusion.width == 512
    assert shared_settings(start)["data"]["name"] == "bits"


def test_changes_are_told_in_words() -> None:
    base = {"training": {"epochs": 6, "rate": 0.001}, "weights": None, "flag": False, "channels": [32, 64]}
    edited = {"training": {"epochs": 3, "rate": 0.001}, "weights": [1.0, 5.0], "flag": True, "channels": [32]}
    assert edited_lines(base, edited) == [
        "training.epochs: 6 → 3",
        "weights: default → 1, 5",
        "flag: off → on",
        "channels: 32, 64 → 32",
    ]
    assert edited_lines(base, base) == []
