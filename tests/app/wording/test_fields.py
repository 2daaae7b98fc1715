"""Forms know every setting there is, with its bounds, and read back what they show."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.wording.fields import changes_between, fields_of, flatten, is_filled_in, read_list, show_list
from engine.presets.layers import merge
from engine.presets.preset import load_preset, preset_names
from engine.settings.augmentation import AugmentationSettings
from engine.settings.base import Settings, members_of, setting
from engine.settings.dataset import DatasetSettings, PairedFileSettings
from engine.settings.encoder import EncoderSettings
from engine.settings.experiment import ExperimentSettings
from engine.settings.fusion import FusionSettings
from engine.settings.objective import InfmaskingSettings, ObjectiveSettings
from engine.settings.probe import ProbeSettings
from engine.settings.training import TrainingSettings

BASES = [AugmentationSettings, DatasetSettings, EncoderSettings, ObjectiveSettings]
MODELS = [
    FusionSettings,
    ProbeSettings,
    TrainingSettings,
    ExperimentSettings,
    *(m for base in BASES for m in members_of(base).values()),
]


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_has_a_control_and_says_what_it_is(model: type[Settings]) -> None:
    fields = fields_of(model)
    assert [field.name for field in fields] == [
        name for name, info in model.model_fields.items() if name != "name" and not is_filled_in(info)
    ]
    for field in fields:
        assert field.help or field.kind in {"group", "kinds"}, field.name


def test_bounds_units_and_choices_come_from_the_model() -> None:
    training = {field.name: field for field in fields_of(TrainingSettings)}
    assert (training["batch_size"].low, training["batch_size"].high) == (2, 65_536)
    assert training["batch_size"].label == "Batch size (samples)"
    assert training["epochs"].label == "Epochs"
    assert training["precision"].choices == ("fp32", "bf16", "fp16")
    objective = {field.name: field for field in fields_of(InfmaskingSettings)}
    assert objective["term_weights"].optional
    assert objective["term_weights"].item is float
    assert objective["projection"].kind == "group"
    data = {field.name: field for field in fields_of(PairedFileSettings)}
    assert data["path"].required
    assert data["test_path"].optional
    assert data["modalities"].item is str


def test_a_type_without_a_control_is_an_error() -> None:
    class Odd(Settings):
        when: complex = setting(0j, "A number that no widget has.")

    with pytest.raises(TypeError, match="no form control for"):
        fields_of(Odd)


weights = next(field for field in fields_of(InfmaskingSettings) if field.name == "term_weights")
channels = next(
    field for field in fields_of(members_of(EncoderSettings)["small_cnn"]) if field.name == "channels"
)


@given(st.lists(st.integers(0, 10**6), max_size=8))
def test_lists_read_back(numbers: list[int]) -> None:
    assert read_list(channels, show_list(numbers)) == numbers


def test_lists_that_are_no_lists_are_one_clear_line() -> None:
    assert read_list(weights, "  ") is None
    assert read_list(weights, "1, 1,5") == [1.0, 1.0, 5.0]
    with pytest.raises(ValueError, match=r"Channels: whole numbers with commas between; got '32; 64'"):
        read_list(channels, "32; 64")


@pytest.mark.parametrize("name", preset_names())
def test_changes_lead_back_to_what_was_edited(name: str) -> None:
    preset = load_preset(name)
    if preset.common["data"]["name"] == "paired_file":
        preset = preset.model_copy(update={"common": merge(preset.common, FILE)})
    base = preset.experiment("infmasking", 0).model_dump(mode="json")
    edited = merge(base, {"training": {"epochs": 7}, "encoders": {"image1": {"name": "mlp", "hidden": [8]}}})
    changed = changes_between(base, edited)
    assert flatten(changed)["training.epochs"] == 7
    assert merge(base, changed) == edited
    assert changes_between(base, base) == {}


FILE = {"data": {"name": "paired_file", "path": "a.npz", "modalities": ["a", "b"], "label": "y"}}
