"""The same bytes are the same data, wherever they stand; other bytes are told, whatever size and date they
have."""

import os
from pathlib import Path

import numpy as np
import pytest

from engine.dataset import load_dataset
from engine.errors import DatasetError
from engine.files import fingerprint
from engine.files.fingerprint import FOLDER, PIECE, fingerprint_of, pin_data
from engine.settings.experiment import ExperimentSettings, parse


def settings_of(path: Path, seed: int = 0, **data: object) -> ExperimentSettings:
    own = {"name": "paired_file", "path": str(path), "modalities": ["a", "b"], "label": "y", **data}
    return parse({"data": own, "objective": {"name": "comm"}, "seed": seed})


def save(path: Path, classes: int = 3) -> Path:
    dice = np.random.default_rng(0)
    np.savez(path, a=dice.normal(size=(90, 4)), b=dice.normal(size=(90, 4)), y=np.arange(90) % classes)
    return path


def test_other_bytes_are_another_configuration(tmp_path: Path) -> None:
    path = save(tmp_path / "d.npz")
    first = pin_data(settings_of(path), tmp_path)
    size, facts = path.stat().st_size, path.stat()
    save(path, classes=2)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    second = pin_data(settings_of(path, seed=1), tmp_path)
    assert path.stat().st_size == size
    assert first.digest() != second.digest()
    with pytest.raises(DatasetError, match=r"does not hold the data of this run: its fingerprint is sha256:"):
        load_dataset(first.data, tmp_path)
    with pytest.raises(DatasetError, match="start a new run"):
        pin_data(first, tmp_path)
    assert load_dataset(second.data, tmp_path).tasks[0].classes == 2


def test_the_same_bytes_elsewhere_are_the_same_configuration(tmp_path: Path) -> None:
    path, copy = save(tmp_path / "d.npz"), tmp_path / "elsewhere.npz"
    copy.write_bytes(path.read_bytes())
    one, other = (pin_data(settings_of(file), tmp_path) for file in (path, copy))
    assert one.digest() == other.digest() == pin_data(settings_of(path, seed=5), tmp_path).digest()
    assert one.digest() != pin_data(settings_of(path, label_kind="values"), tmp_path).digest()
    moved = one.data.model_copy(update={"path": str(copy)})
    assert len(load_dataset(moved, tmp_path).train) > 0


def test_settings_without_a_fingerprint_keep_their_digest() -> None:
    """That of runs stored before there were fingerprints, label kinds and groups."""
    assert settings_of(Path("/data/d.npz")).digest() == "97c02e0a6f6896a8"


def test_a_missing_file_is_left_to_be_told(tmp_path: Path) -> None:
    settings = pin_data(settings_of(tmp_path / "none.npz"), tmp_path)
    assert settings.data.model_dump()["fingerprint"] is None
    with pytest.raises(DatasetError, match="there is no file"):
        load_dataset(settings.data, tmp_path)


def test_a_settled_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "d.npz")
    first = fingerprint_of([path], tmp_path)
    assert not (tmp_path / FOLDER).exists(), "a file that just changed could change again unseen"
    monkeypatch.setattr(fingerprint, "SETTLED_SECONDS", -60.0)
    assert fingerprint_of([path], tmp_path) == first
    (note,) = (tmp_path / FOLDER).iterdir()
    note.write_text("0" * 32)
    assert fingerprint_of([path], tmp_path) == f"sha256:{'0' * 32}", "what was kept is believed"
    save(path, classes=2)
    assert fingerprint_of([path], tmp_path) not in (first, f"sha256:{'0' * 32}")


def test_a_folder_by_names_sizes_lists_and_pieces(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    (folder / "img").mkdir(parents=True)
    (folder / "train.jsonl").write_text("one\n" * 9000)
    (folder / "img/1.png").write_bytes(bytes(10 * PIECE))
    (folder / "img/2.png").write_bytes(b"small")
    seen = [fingerprint_of([folder], tmp_path)]
    (folder / ".hidden").write_text("left by the system")
    assert fingerprint_of([folder], tmp_path) == seen[0]
    for change in (
        lambda: (folder / "train.jsonl").write_text("one\n" * 4000 + "two\n" + "one\n" * 4999),
        lambda: (folder / "img/2.png").write_bytes(b"SMALL"),
        lambda: (folder / "img/1.png").write_bytes(bytes(10 * PIECE - 1) + b"x"),
        lambda: (folder / "img/2.png").rename(folder / "img/3.png"),
    ):
        change()
        seen.append(fingerprint_of([folder], tmp_path))
    assert len(set(seen)) == 5
