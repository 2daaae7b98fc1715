"""Settings as rows: complete, readable, and of an older version too."""

from app.runs.settings_table import setting_rows, show_value
from app.wording.fields import flatten
from engine.presets.preset import load_preset

SETTINGS = load_preset("bits-quick").experiment("infmasking", 3).model_dump(mode="json")


def test_every_stored_setting_has_a_row() -> None:
    empty = {"encoders", "augmentations"}
    assert len(setting_rows(SETTINGS)) == len([path for path in flatten(SETTINGS) if path not in empty])


def test_rows_carry_unit_and_help() -> None:
    rows = {(row.group, row.label): row for row in setting_rows(SETTINGS)}
    assert rows["Objective", "Masks"].value == f"{SETTINGS['objective']['masks']} views"
    assert rows["Training", "Epochs"].value == str(SETTINGS["training"]["epochs"])
    assert "learning rate" in rows["Training", "Learning rate"].help
    assert (rows["Data", "Kind"].value, rows["Objective", "Kind"].value) == ("Bits", "InfMasking")
    assert rows["Data", "Samples"].value == "10,000"
    assert rows["Objective: projection", "Hidden"].value == "128 features"


def test_named_groups_are_told_apart() -> None:
    settings = SETTINGS | {"encoders": {"text": {"name": "mlp", "tokens": 4}, "audio": {"name": "mlp"}}}
    tokens = {row.group: row.value for row in setting_rows(settings) if row.label == "Tokens"}
    assert tokens == {"Encoder of text": "4", "Encoder of audio": "16"}


def test_settings_of_an_older_version_are_shown_as_stored() -> None:
    old = {"objective": {"name": "forgotten", "charm": 0.5}, "seed": 1}
    assert [(row.group, row.label, row.value) for row in setting_rows(old)] == [
        ("Objective", "Name", "forgotten"),
        ("Objective", "Charm", "0.5"),
        ("Experiment", "Seed", "1"),
    ]


def test_values_read_as_words() -> None:
    assert [show_value(value) for value in (None, True, 1e-4, (1, 2.5), 12_000, "cls")] == [
        "–",
        "yes",
        "0.0001",
        "1, 2.5",
        "12,000",
        "cls",
    ]
