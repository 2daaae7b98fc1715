"""A file of the user's own: kept under safe names, bounded, and never half there."""

import io
from pathlib import Path

import numpy as np
import pytest

from app.launch import uploads
from engine.errors import DatasetError


def test_an_upload_is_kept_once_under_a_safe_name(tmp_path: Path) -> None:
    kept = uploads.store_upload(
        tmp_path / "uploads", "../../etc/pass wd; rm -rf.npz", io.BytesIO(b"content"), Path.stat
    )
    again = uploads.store_upload(
        tmp_path / "uploads", "../../etc/pass wd; rm -rf.npz", io.BytesIO(b"content"), Path.stat
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
        uploads.store_upload(tmp_path, name, io.BytesIO(b"x"), Path.stat)
    assert list(tmp_path.iterdir()) == []


def test_a_large_upload_is_refused_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "MOST_UPLOADED_MB", 1)
    with pytest.raises(DatasetError, match="larger than 1 MB"):
        uploads.store_upload(tmp_path, "big.npz", io.BytesIO(bytes(2**20 + 1)), Path.stat)
    assert list(tmp_path.iterdir()) == []


def test_an_upload_that_holds_nothing_usable_is_told_and_not_kept(tmp_path: Path) -> None:
    content = io.BytesIO()
    np.savez(content, x=np.zeros((3, 0)), y=np.array([{}] * 3))
    content.seek(0)
    with pytest.raises(
        DatasetError, match=r"^odd.npz holds no array that can be used: 'x' has the shape \(3, 0\)"
    ):
        uploads.take_upload(tmp_path, "odd.npz", content)
    assert list((tmp_path / "uploads").iterdir()) == []
