"""Data sets are called as their owners write them."""

from app.wording.names import dataset_label
from engine.presets.preset import dataset_names


def test_data_sets_are_called_as_their_owners_write_them() -> None:
    assert {dataset_label(name) for name in dataset_names()} == {
        "Trifeature",
        "Bits",
        "Your own file",
        "CMU-MOSI",
        "UR-FUNNY",
        "MUStARD",
        "MIMIC-III",
        "Vision&Touch",
        "MM-IMDb",
        "Hateful Memes",
    }


def test_a_name_that_is_not_known_any_more_is_told_in_words() -> None:
    assert dataset_label("gone_since") == "Gone since"
