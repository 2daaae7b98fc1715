"""The generated form, driven as a user would: it gives back what it was given, and what was typed."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.presets.preset import load_preset, method_names


def draw(preset: str, method: str) -> None:
    """A page with the whole settings form of one run of a preset."""
    import streamlit as st

    from app.launch.controls import Form
    from engine.presets.preset import load_preset
    from engine.settings.experiment import ExperimentSettings

    experiment = load_preset(preset).experiment(method, 0)
    form = Form("test", experiment.data.modality_kinds)
    st.session_state["edited"] = form.group(
        ExperimentSettings, experiment.model_dump(mode="json"), "settings"
    )
    st.session_state["mistakes"] = form.mistakes


def page(preset: str = "trifeature-small", method: str = "infmasking") -> AppTest:
    return AppTest.from_function(draw, args=(preset, method), default_timeout=60).run()


@pytest.mark.parametrize("method", method_names())
@pytest.mark.parametrize("preset", ["trifeature-small", "bits-quick"])
def test_untouched_the_form_gives_back_its_settings(preset: str, method: str) -> None:
    app = page(preset, method)
    assert not app.exception
    experiment = load_preset(preset).experiment(method, 0)
    assert type(experiment).model_validate(app.session_state["edited"]) == experiment
    assert app.session_state["mistakes"] == []


def test_bounds_and_help_are_shown() -> None:
    epochs = next(item for item in page().number_input if item.label == "Epochs")
    assert epochs.help == "Passes over the training samples. From 1 to 100,000."


@pytest.mark.parametrize("typed", [0.0, -3.0, 1e6, 1e20])
def test_a_number_out_of_range_reaches_the_form(typed: float) -> None:
    """Streamlit would keep it in the browser had the widget bounds, and go on with the number before."""
    app = page()
    next(item for item in app.number_input if item.label == "Epochs").set_value(typed).run()
    assert app.session_state["edited"]["training"]["epochs"] == int(typed)


def test_a_part_of_an_epoch_is_one_line() -> None:
    app = page()
    next(item for item in app.number_input if item.label == "Epochs").set_value(2.5).run()
    assert app.session_state["mistakes"] == ["Epochs: a whole number; got 2.5"]


def test_what_is_typed_comes_out() -> None:
    app = page()
    next(item for item in app.number_input if item.label == "Learning rate").set_value(0.0025)
    next(item for item in app.text_input if item.label == "Term weights").set_value("1, 1, 1, 1, 5")
    app.run()
    edited = app.session_state["edited"]
    assert edited["training"]["learning_rate"] == 0.0025
    assert edited["objective"]["term_weights"] == [1, 1, 1, 1, 5]


def test_another_kind_brings_its_own_settings() -> None:
    app = page()
    next(item for item in app.selectbox if item.label == "Encoder of image2").set_value("alexnet").run()
    edited = app.session_state["edited"]
    assert edited["encoders"]["image2"] == {"name": "alexnet"}
    assert edited["encoders"]["image1"]["name"] == "small_cnn"
    next(item for item in app.selectbox if item.label == "Encoder of image2").set_value("").run()
    assert "image2" not in app.session_state["edited"]["encoders"]


def test_only_encoders_that_read_the_modality_are_offered() -> None:
    image = next(item for item in page().selectbox if item.label == "Encoder of image2")
    assert "Alexnet" in image.options and not {"Mlp", "Gru", "Clip text"} & set(image.options)
    vector = next(item for item in page("bits-quick").selectbox if item.label == "Encoder of x1")
    assert "Mlp" in vector.options and not {"Alexnet", "Gru", "Resnet18"} & set(vector.options)
    augmentation = next(item for item in page("bits-quick").selectbox if item.label == "Augmentation of x1")
    assert set(augmentation.options[1:]) == {"Noise", "None"}


def test_text_that_cannot_be_read_is_one_line() -> None:
    app = page()
    next(item for item in app.text_input if item.label == "Channels").set_value("wide").run()
    assert not app.exception
    assert app.session_state["mistakes"] == ["Channels: whole numbers with commas between; got 'wide'"]
