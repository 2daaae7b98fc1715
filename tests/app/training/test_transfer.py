"""Checkpoints out of the database and into it."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from house import House, open_house
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from app.training.transfer import TransferError, export_checkpoint, import_checkpoint, weights_of
from engine.presets.preset import load_preset
from engine.training.checkpoint_header import FORMAT, CheckpointError
from storage.artifacts import list_artifacts, write_artifact
from storage.runs import list_runs


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A file laid out as `engine.training.checkpoint.save_weights` does."""
    settings = load_preset("bits-quick").experiment("comm", 4)
    metadata = {
        "format": FORMAT,
        "settings": settings.model_dump_json(),
        "facts": json.dumps({"kind": "best", "epoch": 3}),
    }
    save_file({"weight": np.arange(300_000, dtype=np.float32)}, tmp_path / "elsewhere.safetensors", metadata)
    return tmp_path / "elsewhere.safetensors"


def test_what_is_imported_comes_out_the_same(house: House, checkpoint: Path, tmp_path: Path) -> None:
    number = import_checkpoint(house.db, checkpoint)
    run = house.run(number)
    assert (run.status, run.method, run.dataset, run.seed) == ("finished", "comm", "bits", 4)
    artifact = weights_of(house.db, number)
    assert (artifact.kind, artifact.facts) == ("best", {"kind": "best", "epoch": 3})
    folder = tmp_path / "out"
    folder.mkdir()
    file = export_checkpoint(house.db, artifact, folder)
    assert file == folder / artifact.name
    assert file.read_bytes() == checkpoint.read_bytes()
    assert hashlib.sha256(file.read_bytes()).hexdigest() == artifact.sha256
    assert load_file(file)["weight"][-1] == 299_999


def test_a_file_that_stands_is_kept_unless_forced(house: House, checkpoint: Path, tmp_path: Path) -> None:
    artifact = weights_of(house.db, import_checkpoint(house.db, checkpoint))
    target = tmp_path / "mine.safetensors"
    target.write_text("precious")
    with pytest.raises(TransferError, match=r"mine.safetensors exists already; --force"):
        export_checkpoint(house.db, artifact, target)
    assert target.read_text() == "precious"
    export_checkpoint(house.db, artifact, target, force=True)
    assert target.stat().st_size == artifact.size
    with pytest.raises(TransferError, match="no folder"):
        export_checkpoint(house.db, artifact, tmp_path / "none/mine.safetensors")
    assert not list(tmp_path.glob("*.part"))


def test_the_probed_checkpoint_is_the_usual_one(house: House, checkpoint: Path) -> None:
    (number,) = house.submit("x")
    with pytest.raises(TransferError, match=r"run 1 has no checkpoint yet; it is queued"):
        weights_of(house.db, number)
    write_artifact(house.db, number, "best", checkpoint, {})
    with pytest.raises(TransferError, match="has no last checkpoint; it has best"):
        weights_of(house.db, number, "last")
    write_artifact(house.db, number, "last", checkpoint, {})
    assert weights_of(house.db, number).kind == "last"
    assert weights_of(house.db, number, "best").kind == "best"
    with pytest.raises(TransferError, match=r"no kind 'state'; choose from best, last"):
        weights_of(house.db, number, "state")
    (patient,) = house.submit("x", training__patience=3)
    write_artifact(house.db, patient, "best", checkpoint, {})
    write_artifact(house.db, patient, "last", checkpoint, {})
    assert weights_of(house.db, patient).kind == "best"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda content: content[:-1], "is cut off"),
        (lambda content: b"", "is not a safetensors file"),
        (lambda content: b"\xff" * 8 + content[8:], "is not a safetensors file"),
        (
            lambda content: content.replace(b"infmasking-studio", b"infmasking-parlour"[:17]),
            "its format is 'infmasking-parlou/1'",
        ),
        (lambda content: content.replace(b"epochs", b"epoque"), "no setting 'training.epoque'"),
    ],
)
def test_a_file_that_is_no_checkpoint_leaves_nothing_behind(
    house: House, checkpoint: Path, damage: Callable[[bytes], bytes], message: str
) -> None:
    checkpoint.write_bytes(damage(checkpoint.read_bytes()))
    with pytest.raises(CheckpointError, match=message) as caught:
        import_checkpoint(house.db, checkpoint)
    assert "elsewhere.safetensors" in str(caught.value) and str(caught.value).isprintable()
    assert list_runs(house.db) == list_artifacts(house.db) == []


DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"settings": DEEP}, "'settings' is nested deeper than 64 levels"),
        ({"settings": "[]"}, "'settings' is a list; a dict is expected"),
        ({"settings": '{"data": {"name": "bits", "seed": ' + "9" * 5000 + "}}"}, "'settings' is no JSON"),
        ({"facts": "[1, 2]"}, "'facts' is a list; a dict is expected"),
        ({"facts": '{"kind": ' + DEEP + "}"}, "'facts' is nested deeper"),
        ({"facts": '{"kind": {"name": "best"}}'}, "the fact 'kind' is a dict"),
        ({"facts": '{"loss": NaN}'}, "the fact 'loss' is a float"),
        ({"facts": json.dumps({"note": "x" * 10_000})}, "of at most 500 characters"),
        ({"facts": json.dumps({str(i): i for i in range(5000)})}, "carries 5,000 facts"),
        ({"modalities": json.dumps([{}] * 1000)}, "names 1,000 modalities"),
        ({"tasks": json.dumps([{}] * 5000)}, "names 5,000 tasks"),
        ({"tasks": '{"a": 1}'}, "'tasks' is a dict; a list is expected"),
        ({"format": "line\nbreak\x1b[2J"}, r"its format is 'line\\nbreak"),
    ],
    ids=str,
)
def test_a_header_that_is_not_as_we_write_it_is_one_line(
    house: House, checkpoint: Path, metadata: dict[str, str], message: str
) -> None:
    with safe_open(checkpoint, "numpy") as content:
        whole = {**content.metadata(), **metadata}
    save_file({"weight": np.zeros(4, np.float32)}, checkpoint, whole)
    with pytest.raises(CheckpointError, match=message) as caught:
        import_checkpoint(house.db, checkpoint)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 2_100
    assert list_runs(house.db) == list_artifacts(house.db) == []


def test_a_name_that_does_not_print_is_told_as_its_code(house: House, checkpoint: Path) -> None:
    odd = checkpoint.rename(checkpoint.with_name("two\nlines\x1b[31m.safetensors"))
    number = import_checkpoint(house.db, odd)
    assert house.run(number).title == "imported · two lines\\x1b[31m"
    assert weights_of(house.db, number).name == "two lines\\x1b[31m.safetensors"


def test_a_training_state_is_no_checkpoint(house: House, tmp_path: Path) -> None:
    save_file({"model/x": np.zeros(1)}, tmp_path / "state.safetensors", {"format": FORMAT, "position": "{}"})
    with pytest.raises(CheckpointError, match="no checkpoint of weights: it carries no settings"):
        import_checkpoint(house.db, tmp_path / "state.safetensors")
    for path in (tmp_path / "none.safetensors", tmp_path / "a\0b", tmp_path):
        with pytest.raises(CheckpointError, match=r"there is no file|cannot be read|is not a file"):
            import_checkpoint(house.db, path)
