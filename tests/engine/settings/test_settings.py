"""Mistakes in settings are told in one line with what came and what is allowed."""

import json
import subprocess
import sys

import pytest

from engine.presets.layers import merge, nest
from engine.presets.preset import dataset_names, load_preset, method_names, preset_names
from engine.presets.reported import published_value
from engine.settings.experiment import ExperimentSettings, SettingsError, parse

BITS = {"data": {"name": "bits"}, "objective": {"name": "comm"}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"data": {"name": "bits", "noize": 1}},
            ["'data.bits.noize'", "did you mean 'noise'?", "synergy_symbols"],
        ),
        (
            {"objective": {"name": "infmask"}},
            ["no objective 'infmask'", f"choose from {', '.join(sorted(method_names()))}"],
        ),
        ({"data": {"name": "byts"}}, ["no data set 'byts'; choose from bits, ", "paired_file, trifeature"]),
        ({"training": {"batch_siz": 8}}, ["'training.batch_siz'", "did you mean 'batch_size'?"]),
        ({"training": {"epochs": 0}}, ["training.epochs", "greater than or equal to 1", "0"]),
        ({"training": {"epochs": "many"}}, ["training.epochs", "integer", "many"]),
        ({"training": {"learning_rate": float("nan")}}, ["training.learning_rate", "finite"]),
        ({"fusion": {"width": 10, "heads": 3}}, ["heads (3)", "width (10)"]),
        ({"training": {"batch_size": 9, "processes": 2}}, ["batch_size (9)", "processes (2)"]),
        (
            {"encoders": {"x1": {"name": "mlp", "depth": 2}}},
            ["'encoders.x1.mlp.depth'", "hidden, name, tokens, width"],
        ),
        ({"objective": {}}, ["objective", "'name' is missing"]),
        ({"sed": 3}, ["'sed'", "did you mean 'seed'?"]),
    ],
)
def test_a_mistake_is_one_line_with_what_came_and_what_is_allowed(change, words):
    with pytest.raises(SettingsError) as caught:
        parse(BITS | change)
    line = str(caught.value)
    assert "\n" not in line
    for word in words:
        assert word in line


def test_several_mistakes_are_counted():
    with pytest.raises(SettingsError, match=r"and 1 more mistake\)"):
        parse(BITS | {"seed": -1, "training": {"epochs": 0}})


def test_settings_survive_json_and_group_by_digest():
    settings = parse(BITS | {"seed": 3})
    assert parse(json.loads(settings.model_dump_json())) == settings
    assert settings.digest() == parse(BITS | {"seed": 4}).digest()
    assert settings.digest() != parse(BITS | {"training": {"epochs": 7}}).digest()


@pytest.mark.parametrize("preset", [name for name in preset_names() if name != "paired-file"])
@pytest.mark.parametrize("method", method_names())
def test_every_preset_gives_settings_for_every_method(preset, method):
    settings = load_preset(preset).experiment(method, 5)
    assert isinstance(settings, ExperimentSettings)
    assert (settings.objective.name, settings.seed) == (method, 5)


def test_the_file_preset_asks_for_what_only_the_user_knows():
    preset = load_preset("paired-file")
    with pytest.raises(SettingsError, match=r"data.paired_file.path is missing \(and 2 more"):
        preset.experiment("comm", 0)
    changes = {"data.path": "a.npz", "data.modalities": ["x", "y"], "data.label": "z"}
    assert preset.experiment("comm", 0, changes).data.path == "a.npz"


def test_changes_go_by_dotted_path_and_replace_a_group_of_another_kind():
    preset = load_preset("bits-quick")
    assert preset.experiment("comm", 0, {"training.epochs": 3}).training.epochs == 3
    assert preset.experiment("comm", 0, {"data.name": "trifeature"}).data.name == "trifeature"
    assert merge({"a": {"name": "x", "p": 1}}, {"a": {"q": 2}}) == {"a": {"name": "x", "p": 1, "q": 2}}
    with pytest.raises(SettingsError, match="runs through 'b'"):
        nest({"a.b": 1, "a.b.c": 2})
    with pytest.raises(SettingsError, match=r"no preset 'bits-quik' \(did you mean 'bits-quick'"):
        load_preset("bits-quik")


def test_published_values_are_the_papers():
    def found(table, method, question, metric="accuracy"):
        return published_value(table, method, question, metric)

    assert found("trifeature", "infmasking", "synergy")[:2] == pytest.approx((0.77, 0.0422))
    assert found("trifeature", "cross", "uniqueness") == (pytest.approx(0.116), None, True)
    assert found("multibench/mosi_acc", "comm", "label")[:2] == pytest.approx((0.637, 0.025))
    assert found("multibench/vision_touch_position_mse_1e-4", "comm", "arm", "mse")[:2] == pytest.approx(
        (7.96e-4, 2.13e-4)
    )
    assert found("trimodal/ur_funny_acc/3", "infmasking", "humor")[:2] == pytest.approx((0.656, 0.0115))
    assert found("trimodal/ur_funny_acc/2", "infmasking", "humor")[:2] == pytest.approx((0.643, 0.009))
    assert found("mm_imdb", "slip", "genres", "weighted_f1")[0] == pytest.approx(0.5654)
    assert found("mm_imdb", "slip", "genres", "macro_f1")[0] == pytest.approx(0.4735)
    assert found("mm_imdb", "cross", "genres", "macro_f1")[0] == pytest.approx(0.4494)
    for table, method, question, metric in [
        (None, "comm", "synergy", "accuracy"),
        ("trifeature", "comm", "label", "accuracy"),
        ("trifeature", "comm", "synergy", "mse"),
        ("multibench/mosi_acc", "comm", "sentiment", "mse"),
        ("multibench/mosi_acc", "mae", "sentiment", "accuracy"),
        ("mm_imdb", "comm", "genres", "accuracy"),
    ]:
        assert found(table, method, question, metric) is None


def test_settings_need_no_torch():
    code = "import sys, engine.presets.preset as p; p.load_preset('bits-quick').experiment('comm', 0)"
    code += "; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_names_are_listed_once():
    for names in (method_names(), dataset_names(), preset_names()):
        assert len(names) == len(set(names)) >= 3
