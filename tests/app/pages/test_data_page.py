"""The data page for published data sets: what is there, where it is expected, and how one gets it."""

from pathlib import Path

from conftest import OpenPage, all_text


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
