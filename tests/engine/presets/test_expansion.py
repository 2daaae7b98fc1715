"""From a plan to its runs: what multiplies what, in which order, how many, and one line for each mistake."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.presets.axes import draw
from engine.presets.expansion import expand
from engine.presets.preset import StudyPlan, load_preset, plan_of, preset_names
from engine.settings.experiment import SettingsError

SIZES = "data.samples"


def sweep(**content: Any) -> StudyPlan:
    """A plan on the quick preset, with one seed unless it is given more."""
    return plan_of(
        {"name": "sweep", "preset": "bits-quick", "methods": ["infmasking"], "seeds": [0]} | content
    )


def values_of(plan: StudyPlan) -> list[dict[str, Any]]:
    return [run.values for run in expand(plan)]


@pytest.mark.parametrize("name", sorted(set(preset_names()) - {"paired-file"}))
def test_a_preset_is_every_method_with_every_seed(name):
    preset = load_preset(name)
    runs = expand(preset)
    expected = [preset.experiment(method, seed) for method in preset.methods for seed in preset.seeds]
    assert [run.settings for run in runs] == expected
    assert {run.preset for run in runs} == {name}


def test_axes_multiply_and_the_seeds_of_one_combination_stand_together():
    plan = sweep(seeds=[0, 1], vary=[{"objective.mask_ratio": "0.3…0.7 by 0.2"}, {"objective.masks": [2, 4]}])
    runs = expand(plan)
    assert [(*run.values.values(), run.settings.seed) for run in runs] == [
        (ratio, masks, seed) for ratio in (0.3, 0.5, 0.7) for masks in (2, 4) for seed in (0, 1)
    ]
    for run in runs:
        own = run.settings.objective.model_dump()
        assert run.values == {"objective.mask_ratio": own["mask_ratio"], "objective.masks": own["masks"]}
        assert (
            own["temperature"] == load_preset("bits-quick").experiment("infmasking", 0).objective.temperature
        )


def test_an_axis_multiplies_only_the_methods_that_have_it():
    plan = sweep(methods=["infmasking", "comm", "mae"], vary=[{"objective.mask_ratio": [0.25, 0.5]}])
    counts = Counter(run.settings.objective.name for run in expand(plan))
    assert counts == {"infmasking": 2, "comm": 1, "mae": 2}


def test_an_axis_may_be_for_one_method_alone():
    plan = sweep(
        methods=["infmasking", "comm"], vary=[{"method.comm.objective.temperature": "0.05, 0.1, 0.2"}]
    )
    counts = Counter(run.settings.objective.name for run in expand(plan))
    assert counts == {"infmasking": 1, "comm": 3}
    with pytest.raises(SettingsError, match=r"vary 1: no chosen method and data set has 'method\.cross\."):
        expand(sweep(vary=[{"method.cross.objective.width": [8, 16]}]))


def test_settings_in_one_table_move_together():
    plan = sweep(vary=[{"training.learning_rate": "1e-3, 1e-4", "training.weight_decay": [0.01, 0.1]}])
    assert [tuple(found.values()) for found in values_of(plan)] == [(1e-3, 0.01), (1e-4, 0.1)]
    with pytest.raises(SettingsError, match=r"learning_rate has 3, training\.weight_decay has 2"):
        expand(sweep(vary=[{"training.learning_rate": "1, 2, 3", "training.weight_decay": [0.01, 0.1]}]))


def test_nested_tables_are_paths_too():
    assert values_of(sweep(vary=[{"objective": {"projection": {"width": [32, 64]}}}])) == [
        {"objective.projection.width": 32},
        {"objective.projection.width": 64},
    ]


def test_whole_numbers_choices_and_switches():
    assert [found[SIZES] for found in values_of(sweep(vary=[{SIZES: "100…1000 log 3"}]))] == [100, 316, 1000]
    plan = sweep(vary=[{"training.schedule": "constant, cosine"}, {"data.biased": "true, false"}])
    assert [tuple(found.values()) for found in values_of(plan)] == [
        (schedule, biased) for schedule in ("constant", "cosine") for biased in (True, False)
    ]


def test_what_comes_out_twice_is_trained_once():
    assert len(expand(sweep(vary=[{"training.learning_rate": [0.01, "0.01", 1e-2, 0.02]}]))) == 2
    twice = sweep(vary=[{"objective.masks": [2, 4]}, {"method.infmasking.objective.masks": [4, 8]}])
    assert len(expand(twice)) == 2


def test_another_kind_brings_its_own_settings_and_only_those_it_has():
    kinds = {"encoders.x1.name": ["mlp", "linear"]}
    try:
        runs = expand(sweep(vary=[kinds, {"encoders.x1.tokens": [4, 8]}]))
    except SettingsError as error:
        assert "no encoder 'linear'" in str(error)
        others = str(error).rpartition("choose from ")[2].split(", ")
        other = next(name for name in others if name in ("gru", "tabular"))
        runs = expand(sweep(vary=[{"encoders.x1.name": ["mlp", other]}, {"encoders.x1.tokens": [4, 8]}]))
    assert len([run for run in runs if run.settings.encoders["x1"].name == "mlp"]) == 2
    assert len([run for run in runs if run.settings.encoders["x1"].name != "mlp"]) == 1


def test_data_sets_have_their_own_settings_methods_and_presets():
    plan = plan_of(
        {
            "name": "two",
            "methods": ["infmasking", "cross"],
            "seeds": "0-1",
            "common": {"training": {"epochs": 2}},
            "method": {"cross": {"objective": {"width": 32}}},
            "dataset": {
                "bits": {"preset": "bits-quick", "data": {"samples": 500}},
                "mosi": {
                    "preset": "mosi",
                    "methods": ["cross"],
                    "method": {"cross": {"objective": {"width": 16}}},
                },
            },
        }
    )
    runs = expand(plan)
    assert [(run.dataset, run.settings.objective.name, run.settings.seed, run.preset) for run in runs] == [
        ("bits", "infmasking", 0, "bits-quick"),
        ("bits", "infmasking", 1, "bits-quick"),
        ("bits", "cross", 0, "bits-quick"),
        ("bits", "cross", 1, "bits-quick"),
        ("mosi", "cross", 0, "mosi"),
        ("mosi", "cross", 1, "mosi"),
    ]
    assert {run.settings.training.epochs for run in runs} == {2}
    assert [run.settings.objective.width for run in runs[2:]] == [32, 32, 16, 16]
    assert runs[0].settings.data.samples == 500
    assert (plan.published_of("mosi"), plan.published_of("bits")) == ("multibench/mosi_acc", None)


def test_an_axis_of_one_data_set_leaves_the_other_alone():
    datasets = {"a": {"preset": "bits-quick"}, "b": {"preset": "bits-quick", "data": {"samples": 999}}}
    plan = sweep(dataset=datasets, vary=[{"dataset.b.data.noise": [0.1, 0.2, 0.3]}])
    assert Counter(run.dataset for run in expand(plan)) == {"a": 1, "b": 3}


def test_a_setting_goes_back_to_its_default():
    plan = sweep(
        common={"reset": ["encoders.x1", "training.epochs"]},
        method={"infmasking": {"reset": ["objective.projection"]}},
    )
    (run,) = expand(plan)
    assert set(run.settings.encoders) == {"x2"}
    assert run.settings.training.epochs == 100
    assert run.settings.objective.projection.width == 256


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (
            {"vary": [{"training.epochs": "5, 0"}]},
            "training.epochs: Input should be greater than or equal to 1; got '0'",
        ),
        (
            {"vary": [{"objective.mask_ratio": [0.5, 1.2]}]},
            "objective.infmasking.mask_ratio: Input",
        ),
        ({"vary": [{"objective.mask_rato": [0.5]}]}, "(did you mean 'objective.mask_ratio'?)"),
        ({"vary": [{"trainin.epochs": [5]}]}, "no setting 'trainin.epochs' (did you mean 'training'?)"),
        ({"vary": [{"seed": [0, 1]}]}, "'seed' cannot be varied: seeds stand in 'seeds'"),
        ({"vary": [{"objective.name": ["comm"]}]}, "methods stand in 'methods'"),
        ({"vary": [{"data.name": ["bits"]}]}, "data sets are [dataset.NAME] tables"),
        (
            {"vary": [{"training.epochs": "1…1e9 by 1"}]},
            "vary 1, training.epochs: '1…1e9 by 1' has more",
        ),
        ({"vary": [{"training.epochs": []}]}, "vary 1, training.epochs: 1 to 1,000 values; got 0"),
        ({"vary": [{}]}, "vary 1: no setting; write PATH = "),
        (
            {"vary": [{"training.epochs": "1…400 by 1"}], "seeds": "0-1"},
            "× 400 values × 2 seeds are 800",
        ),
        (
            {"vary": [{name: "1…1000 by 1"} for name in ("training.epochs", SIZES, "objective.masks")]},
            "are 1,000,000,000 runs; at most 500 at once",
        ),
        ({"vary": [{"training.epochs": [1]}] * 21}, "vary: Tuple should have at most 20 items"),
        ({"methods": ["infmaskin"]}, "no objective 'infmaskin' (did you mean 'infmasking'?)"),
        ({"methods": []}, "methods: Tuple should have at least 1 item"),
        ({"seeds": "0-x"}, "seeds: numbers and ranges from 0"),
        ({"seeds": [-1]}, "seeds: a seed is a whole number from 0 to 2,147,483,647; got -1"),
        ({"seeds": list(range(501))}, "seeds: Tuple should have at most 500 items"),
        ({"preset": "bits-quik"}, "no preset 'bits-quik' (did you mean 'bits-quick'?)"),
        ({"dataset": {"a": {"preset": "mos"}}}, "no preset 'mos' (did you mean 'mosi'?)"),
        ({"dataset": {"a": {"preset": 3}}}, "dataset.a.preset: a name; got 3"),
        ({"dataset": {"a": {"methods": "comm"}}}, "dataset.a.methods: a list of methods; got comm"),
        ({"dataset": {"": {}}}, "dataset: a name has 1 to 80 characters"),
        ({"dataset": {"a": {"method": {"comm": 3}}}}, "'method' holds tables of settings by method"),
        ({"common": {"objective": {"masks": 3}}}, "common.objective: settings of an objective stand in"),
        ({"common": {"seed": 3}}, "common.seed: seeds stand in 'seeds'"),
        ({"common": {"reset": "all"}}, "common.reset: a list of dotted paths; got all"),
        ({"common": {"trainin": {}}}, "no setting 'trainin' (did you mean 'training'?)"),
        (
            {"common": {"training": {"epochs": 0}}},
            "training.epochs: Input should be greater than or equal to 1",
        ),
        ({"drawn": 0}, "drawn: Input should be greater than or equal to 1"),
        ({"drawn": 10**6}, "drawn: Input should be less than or equal to 500"),
        ({"titel": "x"}, "no setting 'titel' (did you mean 'title'?)"),
    ],
)
def test_every_mistake_is_one_line_with_path_and_value(content, line):
    with pytest.raises(SettingsError) as caught:
        expand(sweep(**content))
    assert line in str(caught.value), str(caught.value)
    assert "\n" not in str(caught.value)


def test_each_mistake_has_its_line_and_the_data_set_where_there_are_several():
    plan = sweep(vary=[{"training.epochs": [0, 5, -1]}, {"training.batch_size": [64, 1]}])
    with pytest.raises(SettingsError) as caught:
        expand(plan)
    assert len(caught.value.lines) == len(set(caught.value.lines)) == 3
    datasets = {"a": {"preset": "bits-quick"}, "b": {"preset": "bits-quick", "data": {"noise": -1.0}}}
    with pytest.raises(SettingsError, match=r"^b: data\.bits\.noise: Input should be greater"):
        expand(sweep(dataset=datasets))


def test_a_draw_is_the_same_for_all_methods_and_for_ever():
    axes = [{"objective.temperature": "0.05…0.5 by 0.05"}, {"training.learning_rate": "1e-4…1e-2 log 9"}]
    plan = sweep(methods=["infmasking", "comm"], vary=axes, drawn=16, draw_seed=3)
    runs = expand(plan)
    assert [run.values for run in runs[:16]] == [run.values for run in runs[16:]]
    assert [run.values for run in runs] == values_of(plan)
    assert runs[0].values != values_of(plan.model_copy(update={"draw_seed": 4}))[0]
    assert len(expand(plan.model_copy(update={"drawn": 500}))) == 180


@given(st.lists(st.integers(1, 40), min_size=1, max_size=6), st.integers(1, 60), st.integers(0, 5))
def test_a_draw_has_its_number_each_once_and_spreads(counts: list[int], number: int, seed: int):
    total = 1
    for count in counts:
        total *= count
    if total <= number:
        return
    points = draw(counts, number, seed)
    assert len(set(points)) == len(points) == number
    assert all(0 <= place < count for point in points for place, count in zip(point, counts, strict=True))
    assert points == draw(counts, number, seed)


def test_a_draw_of_a_power_of_two_has_every_value_equally_often():
    points = draw([8, 4], 16, 0)
    assert set(Counter(point[0] for point in points).values()) == {2}
    assert set(Counter(point[1] for point in points).values()) == {4}
