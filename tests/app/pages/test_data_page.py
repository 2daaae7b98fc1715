"""The data page for published data sets: what is there, where it is expected, and how one gets it."""

from pathlib import Path

import numpy as np
import pytest
from conftest import OpenPage, all_text

from app.pages.data import form_query
from engine.settings.dataset import PairedFileSettings


def test_a_published_data_set_that_is_absent_is_explained(empty_home: Path, open_page: OpenPage) -> None:
    test = open_page("data", preset="mosi")
    assert not test.exception
    (files,) = (frame.value for frame in test.dataframe)
    assert list(files["Here"]) == ["no"]
    assert str(files["File"][0]).startswith(str(empty_home))
    assert "Nothing is downloaded for you. MultiBench publishes it" in all_text(test)


def test_a_file_that_is_none_is_named_with_what_is_wrong(empty_home: Path, open_page: OpenPage) -> None:
    expected = Path(open_page("data", preset="mosi").dataframe[0].value["File"][0])
    expected.parent.mkdir(parents=True, exist_ok=True)
    expected.write_bytes(b"hello")
    test = open_page("data", preset="mosi")
    assert list(test.dataframe[0].value["Here"]) == ["is no pickle"]


@pytest.mark.parametrize("names", [["a,b", "c"], ["c", "a,b", "d&e=f#g %"], ["x", "y"], ["é", "[a](b)"]])
def test_the_link_to_the_form_carries_every_name(
    empty_home: Path, open_page: OpenPage, tmp_path: Path, names: list[str]
) -> None:
    rng, file = np.random.default_rng(0), tmp_path / "named.npz"
    arrays = {name: rng.normal(size=(40, 4)) for name in [*names, "other, one"]}
    np.savez(file, label=np.arange(40) % 2, **arrays)
    data = PairedFileSettings(path=str(file), modalities=tuple(names), label="label")
    form = open_page("launch", **form_query("paired-file", data))
    assert not form.exception
    assert next(found for found in form.multiselect if found.label == "Modalities").value == names


@pytest.mark.parametrize(
    "path", ["%00", "\0", "/tmp/a\0b.npz", "~nosuchuser/x.npz", "/" + "x" * 5000, "x" * 300]
)
@pytest.mark.parametrize("page", ["data", "launch"])
def test_a_path_that_is_none_is_one_line(empty_home: Path, open_page: OpenPage, page: str, path: str) -> None:
    test = open_page(page, path=path, dataset="paired_file")
    assert not test.exception
    (line,) = (error.value for error in test.error)
    assert "went wrong" not in line and len(line) < 400
