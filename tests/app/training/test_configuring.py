"""Settings from a preset, a file and assignments."""

import json
from pathlib import Path

import pytest

from app.training.configuring import parse_assignment, plan_runs
from engine.files.settings_file import read_settings
from engine.presets.preset import load_preset
from engine.settings.experiment import SettingsError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training.epochs=2", ("training.epochs", 2)),
        ("training.learning_rate = 1e-3", ("training.learning_rate", 1e-3)),
        ("data.biased=false", ("data.biased", False)),
        ("training.device=cpu", ("training.device", "cpu")),
        ('training.device="cpu"', ("training.device", "cpu")),
        ("data.path=a/b-1.npz", ("data.path", "a/b-1.npz")),
        ("data.path=../my data/b.npz", ("data.path", "../my data/b.npz")),
        ("data.path=/data/b.npz", ("data.path", "/data/b.npz")),
        ("objective.term_weights=[1, 1, 1, 1, 5]", ("objective.term_weights", [1, 1, 1, 1, 5])),
        ('encoders.x1={name="mlp", tokens=4}', ("encoders.x1", {"name": "mlp", "tokens": 4})),
    ],
)
def test_an_assignment_takes_a_toml_value_or_a_bare_word(text: str, expected: tuple[str, object]) -> None:
    assert parse_assignment(text) == expected


@pytest.mark.parametrize("text", ["training.epochs", "=3", "a=[1,", "a=1 2", "a=", 'a=1\nb = "2"'])
def test_what_is_no_assignment_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="--set"):
        parse_assignment(text)


def test_a_preset_alone_is_its_whole_comparison() -> None:
    preset = load_preset("bits-quick")
    planned = plan_runs("bits-quick", None, [], [], [])
    assert [(p.settings.objective.name, p.settings.seed) for p in planned] == [
        (method, seed) for method in preset.methods for seed in preset.seeds
    ]
    assert planned[0].settings == preset.experiment(preset.methods[0], preset.seeds[0])


def test_file_lies_over_preset_and_assignment_over_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("[training]\nepochs = 3\nbatch_size = 32\n")
    (planned,) = plan_runs("bits-quick", file, ["comm"], [5], ["training.epochs=2"])
    assert (planned.settings.training.epochs, planned.settings.training.batch_size) == (2, 32)
    assert (planned.settings.objective.name, planned.settings.seed, planned.preset) == (
        "comm",
        5,
        "bits-quick",
    )


def test_a_dumped_run_is_a_config(tmp_path: Path) -> None:
    settings = load_preset("bits-quick").experiment("infmasking", 7)
    file = tmp_path / "run.json"
    file.write_text(json.dumps(settings.model_dump(mode="json")))
    assert [planned.settings for planned in plan_runs(None, file, [], [], [])] == [settings]
    assert plan_runs(None, file, [], [1, 2], [])[1].settings.seed == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("bits-quik", [], []),
            r"no preset 'bits-quik' \(did you mean 'bits-quick'\?\); choose from bits-quick, ",
        ),
        (("bits-quick", ["infmask"], []), r"no objective 'infmask'.*choose from infmasking, comm"),
        (
            ("bits-quick", ["comm"], ["training.epoch=2"]),
            r"no setting 'training.epoch' \(did you mean 'epochs'\?\)",
        ),
        (
            ("bits-quick", ["comm"], ["training.epochs=0"]),
            r"training.epochs: .*greater than or equal to 1; got '0'",
        ),
        (("bits-quick", ["comm"], ["seed=4"]), "--seed"),
        ((None, [], []), "--preset"),
    ],
)
def test_mistakes_are_one_line(arguments: tuple[str | None, list[str], list[str]], message: str) -> None:
    preset, methods, assignments = arguments
    with pytest.raises(SettingsError, match=message) as caught:
        plan_runs(preset, None, methods, [0], assignments)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "text"), [("a.toml", "x = "), ("a.json", "{"), ("a.json", "[1]"), ("a.yaml", "x: 1")]
)
def test_a_file_that_is_no_settings_is_named(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError, match=name):
        plan_runs(None, tmp_path / name, [], [], [])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none.toml cannot be read: No such file"):
        plan_runs(None, tmp_path / "none.toml", [], [], [])


@pytest.mark.parametrize("mark", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_settings_file_as_editors_save_it_is_read(tmp_path: Path, mark: str, end: str) -> None:
    """With a byte-order mark, in UTF-16 with one, and with the line ends of any system."""
    lead = "\ufeff" if mark == "utf-16-le" else ""
    for name, text in (
        ("s.toml", "# mine\nseed = 1\n[training]\nepochs = 2\n"),
        ("s.json", '{"seed": 1,\n"b": 2}'),
    ):
        (tmp_path / name).write_bytes((lead + text.replace("\n", end)).encode(mark))
        assert read_settings(tmp_path / name)["seed"] == 1


def test_a_modality_name_may_hold_dots(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    data = 'data = {name="paired_file", path="d.npz", modalities=["a.b", "c"], label="y"}'
    file.write_text(f'{data}\nobjective = {{name="comm"}}')
    for text in (
        "augmentations.a.b.name=noise",
        'augmentations."a.b".name=noise',
        'augmentations.a.b={name="noise"}',
    ):
        (planned,) = plan_runs(None, file, [], [], [text])
        assert {name: own.name for name, own in planned.settings.augmentations.items()} == {"a.b": "noise"}
