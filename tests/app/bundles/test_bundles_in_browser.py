"""Export and import in the browser: a download in pieces, and a dialog that says what came."""

import zipfile
from pathlib import Path

from conftest import OpenPage, Used, all_text
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest
from studios import take_in

from app.bundles.download import bundle_route, bundle_url
from app.bundles.export import choose, write_bundle
from storage.database import Database
from storage.runs import get_run, list_runs


def answered(url: str) -> object:
    return TestClient(Starlette(routes=[bundle_route])).get(url.removeprefix("."))


def test_a_download_is_a_bundle(used: Used, tmp_path: Path) -> None:
    answer = answered(bundle_url([1, 2], weights=False))
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith('attachment; filename="')
    (tmp_path / "b.zip").write_bytes(answer.content)
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        assert archive.testzip() is None
        assert not any(name.endswith(".safetensors") for name in archive.namelist())
    there = Database.at(tmp_path / "there")
    assert [arrival.what for arrival in take_in(there, tmp_path / "b.zip")] == ["new", "new"]
    assert {run.uid for run in list_runs(there)} == {get_run(used.db, number).uid for number in (1, 2)}
    there.close()


def test_what_is_not_there_is_one_line(used: Used) -> None:
    for url in (bundle_url([999]), bundle_url((), [77]), bundle_url(), "./bundle?run=1e9", "./bundle?run=-1"):
        answer = answered(url)
        assert answer.status_code == 404 and answer.text.count("\n") == 1, url


def imported(path: Path) -> AppTest:
    """The form of the dialog after an import from a path: in a dialog AppTest presses one button only."""
    code = "from app.bundles.section import draw_import_form\ndraw_import_form()"
    test = AppTest.from_string(code, default_timeout=60).run()
    assert test.button(key="import_now").disabled
    test.text_input[0].set_value(str(path)).run()
    test.button(key="import_now").click().run()
    assert not test.exception
    return test


def test_an_import_by_path_says_what_came(used: Used, empty_home: Path, tmp_path: Path) -> None:
    write_bundle(used.db, choose(used.db, [1, 2], weights=False), tmp_path / "b.zip")
    test = imported(tmp_path / "b.zip")
    assert "2 runs here already" in all_text(test)
    assert [button.label for button in test.button] == ["Import", "Look at them"]


def test_a_refused_import_is_one_line(used: Used, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"no zip")
    test = imported(tmp_path / "x.zip")
    assert [error.value.count("\n") for error in test.error] == [0]
    assert "x.zip is no bundle of InfMasking Studio" in all_text(test)


def test_the_list_of_runs_offers_the_import(used: Used, open_page: OpenPage) -> None:
    test = open_page("runs")
    next(button for button in test.button if button.label == "Import").click().run()
    assert not test.exception
    assert any(button.key == "import_now" for button in test.button)


def test_pages_offer_their_export(used: Used, open_page: OpenPage) -> None:
    for page, query in (("study", {"study": 1}), ("run", {"run": 1})):
        test = open_page(page, **query)
        assert not test.exception
        links = [one.proto.url for one in test.get("link_button")]
        assert any(f"./bundle?{page}=1&weights=0" in link for link in links), links
