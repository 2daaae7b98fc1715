"""A file of the user's own: kept under safe names, bounded, and never half there."""

import io
from pathlib import Path

import numpy as np
import pytest
from conftest import OpenPage, all_text

from app.launch import own_file
from engine.errors import DatasetError


def test_an_upload_is_kept_once_under_a_safe_name(tmp_path: Path) -> None:
    kept = own_file.store_upload(
        tmp_path / "uploads", "../../etc/pass wd; rm -rf.npz", io.BytesIO(b"content")
    )
    again = own_file.store_upload(
        tmp_path / "uploads", "../../etc/pass wd; rm -rf.npz", io.BytesIO(b"content")
    )
    assert kept == again
    assert kept.parent == tmp_path / "uploads"
    assert kept.name.startswith("pass-wd-rm-rf-") and kept.suffix == ".npz"
    assert kept.read_bytes() == b"content"
    assert [file.name for file in kept.parent.iterdir()] == [kept.name]


@pytest.mark.parametrize("name", ["model.pkl", "archive.npz.exe", "noending", ""])
def test_other_types_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(
        DatasetError, match=r"is no file of arrays; allowed are \.npz, \.safetensors, \.parquet"
    ):
        own_file.store_upload(tmp_path, name, io.BytesIO(b"x"))
    assert list(tmp_path.iterdir()) == []


def test_a_large_upload_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_file, "MOST_UPLOADED_MB", 1)
    with pytest.raises(DatasetError, match="larger than 1 MB"):
        own_file.store_upload(tmp_path, "big.npz", io.BytesIO(bytes(2**20 + 1)))
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    file = tmp_path / "features.npz"
    generator = np.random.default_rng(0)
    np.savez(
        file,
        text=generator.normal(size=(40, 6)),
        audio=generator.normal(size=(40, 5)),
        mood=np.arange(40) % 2,
    )
    return file


def test_the_form_shows_the_arrays_and_takes_the_label(
    empty_home: Path, open_page: OpenPage, arrays: Path
) -> None:
    test = open_page("launch", dataset="paired_file", path=arrays)
    assert not test.exception
    shown = test.dataframe[0].value
    assert list(shown["Array"]) == ["text", "audio", "mood"]
    assert list(shown["Kind"]) == ["vector", "vector", "classes"]
    assert test.multiselect[0].value == ["text", "audio"]
    assert next(box for box in test.selectbox if box.label == "Label").value == "mood"
    assert next(button for button in test.button if button.label.startswith("Start")).label == "Start 6 runs"


def test_one_modality_is_not_enough(empty_home: Path, open_page: OpenPage, arrays: Path) -> None:
    test = open_page("launch", dataset="paired_file", path=arrays)
    test.multiselect[0].set_value(["text"]).run()
    assert "fewer than two modalities are chosen; choose at least two modalities" in all_text(test)
    assert not [button for button in test.button if button.label.startswith("Start")]


def test_a_link_names_modalities_and_label(empty_home: Path, open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "more.npz"
    np.savez(file, a=np.eye(9), b=np.eye(9), c=np.eye(9), y=np.arange(9) % 3, z=np.arange(9) % 2)
    test = open_page("launch", dataset="paired_file", path=file, modalities="a,c", label="z")
    assert test.multiselect[0].value == ["a", "c"]
    assert next(box for box in test.selectbox if box.label == "Label").value == "z"


@pytest.mark.parametrize("page", ["launch", "data"])
def test_a_missing_file_is_one_line(empty_home: Path, open_page: OpenPage, tmp_path: Path, page: str) -> None:
    test = open_page(page, dataset="paired_file", path=tmp_path / "none.npz")
    assert not test.exception
    assert f"{tmp_path / 'none.npz'}: No such file or directory" in all_text(test)
