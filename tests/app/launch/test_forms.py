"""The generated form, driven as a user would: untouched it edits nothing, and what is typed comes out."""

import pytest
from streamlit.testing.v1 import AppTest

from engine.presets.preset import method_names


def draw(presets: tuple[str, ...], methods: tuple[str, ...], given: dict[str, object]) -> None:
    """A page with all settings of some methods on the data of some presets."""
    import streamlit as st

    from app.launch.form import draw_settings
    from app.launch.starts import cells_of, from_presets

    start = from_presets(presets)
    form = draw_settings(cells_of(start, methods), given, "test")
    st.session_state["edits"], st.session_state["mistakes"] = form.edits, form.mistakes


def page(
    *presets: str, methods: tuple[str, ...] = ("infmasking",), given: dict[str, object] | None = None
) -> AppTest:
    named = presets or ("trifeature-small",)
    return AppTest.from_function(draw, args=(named, methods, given or {}), default_timeout=60).run()


def field(app: AppTest, kind: str, label: str):
    return next(item for item in app.get(kind) if item.label == label)


@pytest.mark.parametrize("preset", ["trifeature-small", "bits-quick", "mimic"])
def test_untouched_it_edits_nothing(preset: str) -> None:
    app = page(preset, methods=tuple(method_names()[:7]))
    assert not app.exception
    assert (app.session_state["edits"], app.session_state["mistakes"]) == ({}, [])


def test_bounds_and_what_a_number_takes_are_in_its_help() -> None:
    help = field(page(), "text_input", "Epochs").help
    assert help.startswith("Passes over the training samples. From 1 to 100,000. A list (0.3, 0.5), a range")


@pytest.mark.parametrize("typed", ["0", "2.5", "1e20", "3, 5", "1…9 by 2", "= batch_size", "many"])
def test_what_is_typed_comes_out_as_it_is(typed: str) -> None:
    app = page()
    field(app, "text_input", "Epochs").set_value(typed).run()
    assert app.session_state["edits"] == {"training.epochs": typed}
    field(app, "text_input", "Epochs").set_value("10").run()
    assert app.session_state["edits"] == {}
    field(app, "text_input", "Epochs").set_value("").run()
    assert app.session_state["edits"] == {}, "an empty field is what the form started with"


def test_a_setting_of_a_method_is_for_that_method() -> None:
    app = page(methods=("infmasking", "comm"))
    both = [item for item in app.text_input if item.label == "Temperature"]
    both[1].set_value("0.05, 0.2").run()
    assert app.session_state["edits"] == {"method.comm.objective.temperature": "0.05, 0.2"}


def test_a_choice_and_a_switch_take_several() -> None:
    app = page("bits-quick")
    field(app, "multiselect", "Schedule").set_value(["constant", "cosine"])
    field(app, "multiselect", "Biased").set_value(["false"]).run()
    assert app.session_state["edits"] == {"training.schedule": "constant, cosine", "data.biased": "false"}
    field(app, "multiselect", "Biased").set_value(["true", "false"])
    field(app, "multiselect", "Schedule").set_value([]).run()
    assert app.session_state["edits"] == {"data.biased": "true, false"}


def test_a_tuple_is_a_value_of_its_own() -> None:
    app = page()
    field(app, "text_input", "Term weights").set_value("1, 1, 1, 1, 5").run()
    assert app.session_state["edits"] == {"method.infmasking.objective.term_weights": [[1, 1, 1, 1, 5]]}
    field(app, "text_input", "Channels").set_value("wide").run()
    assert app.session_state["mistakes"] == ["Channels: whole numbers with commas between; got 'wide'"]


def test_another_kind_brings_its_own_settings() -> None:
    app = page()
    field(app, "selectbox", "Encoder of image2").set_value("alexnet").run()
    assert app.session_state["edits"] == {"encoders.image2.name": "alexnet"}
    field(app, "selectbox", "Encoder of image2").set_value("").run()
    assert app.session_state["edits"] == {"encoders.image2": [None]}
    field(app, "selectbox", "Encoder of image2").set_value("small_cnn").run()
    assert app.session_state["edits"] == {}


def test_only_encoders_that_read_the_modality_are_offered() -> None:
    image = field(page(), "selectbox", "Encoder of image2")
    assert "Alexnet" in image.options and not {"Mlp", "Gru", "Clip text"} & set(image.options)
    vector = field(page("bits-quick"), "selectbox", "Encoder of x1")
    assert "Mlp" in vector.options and not {"Alexnet", "Gru", "Resnet18"} & set(vector.options)
    augmentation = field(page("bits-quick"), "selectbox", "Augmentation of x1")
    assert set(augmentation.options[1:]) == {"Noise", "None"}


def test_where_methods_differ_the_field_is_empty_and_says_so() -> None:
    app = page("mimic", methods=("infmasking", "comm"))
    rate = field(app, "text_input", "Learning rate")
    assert (rate.value, rate.placeholder) == ("", "differs: 0.0003 · 0.001")
    rate.set_value("0.002").run()
    assert app.session_state["edits"] == {"training.learning_rate": "0.002"}


def test_several_data_sets_have_their_settings_apart() -> None:
    app = page("bits-quick", "mosi")
    assert {expander.label for expander in app.expander} >= {
        "Data: Bits (bits-quick)",
        "Data: CMU-MOSI (mosi)",
        "Encoders and augmentation: CMU-MOSI (mosi)",
    }
    field(app, "text_input", "Synergy symbols").set_value("4, 8").run()
    assert app.session_state["edits"] == {"dataset.bits-quick.data.synergy_symbols": "4, 8"}


def test_what_a_link_gave_is_in_the_fields() -> None:
    given = {
        "training.epochs": "2, 4",
        "data.biased": "true, false",
        "encoders.x1.name": "tabular",
        "encoders.x2": [None],
        "method.infmasking.objective.term_weights": [[1.0, 1.0, 1.0, 1.0, 5.0]],
    }
    app = page("bits-quick", given=given)
    assert not app.exception
    assert app.session_state["edits"] == given
    assert field(app, "text_input", "Epochs").value == "2, 4"


def test_a_fold_says_what_was_changed_in_it() -> None:
    app = page("bits-quick")
    field(app, "text_input", "Heads").set_value("2, 4").run()
    assert "Changed: heads 2, 4" in [caption.value for caption in app.caption]
