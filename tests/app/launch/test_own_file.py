"""The user's own file on the launch and data pages."""

from pathlib import Path

import numpy as np
import pytest
from conftest import OpenPage, all_text


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
    assert f"No such file or directory: {tmp_path / 'none.npz'}" in all_text(test)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("~nosuchuser/x.npz", "names the home of a user that this machine does not know"),
        ("/tmp/a\0b.npz", "holds the character NUL"),
        ("/tmp/" + "n" * 300 + ".npz", "File name too long"),
        ("/tmp/" + "n/" * 3000 + ".npz", "characters"),
        ("/dev/zero", "ends in ''; allowed are .npz"),
        ("/", "allowed are .npz"),
    ],
)
@pytest.mark.parametrize("page", ["launch", "data"])
def test_a_path_that_can_be_none_is_one_line(
    empty_home: Path, open_page: OpenPage, page: str, path: str, says: str
) -> None:
    test = open_page(page, dataset="paired_file", path=path)
    assert not test.exception
    (error,) = test.error
    assert says in error.value and error.value.isprintable()
