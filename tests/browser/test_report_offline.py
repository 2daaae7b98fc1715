"""The HTML report in a real browser without a network: nothing is asked for, nothing fails, and it prints."""

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request
from sample_runs import fill

from app.report import files
from app.report.content import content_of_study
from storage.database import Database
from storage.runs import get_run
from storage.studies import change_study

HOSTILE = "<img src=http://127.0.0.1:9/x onerror=alert(1)> </title><script>alert(2)</script>"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_opens_offline_and_prints(browser: Browser, tmp_path: Path, scheme: str) -> None:
    db = Database.at(tmp_path / "home")
    sample = fill(db, tmp_path)
    study = get_run(db, sample.finished[0]).study_id
    change_study(db, study, name=f"Quick {HOSTILE}", question=f"Who captures synergy? {HOSTILE}")
    file = tmp_path / "report.html"
    file.write_text(files.html_of(content_of_study(db, study)), encoding="utf-8")
    db.close()
    asked: list[str] = []
    said: list[str] = []

    def note(request: Request) -> None:
        if not request.url.startswith(("file:", "data:")):
            asked.append(request.url)

    with browser.new_context(
        offline=True, color_scheme=scheme, viewport={"width": 1280, "height": 900}
    ) as context:  # type: ignore[arg-type]
        page = context.new_page()
        page.on("request", note)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.goto(file.as_uri())
        assert HOSTILE in page.locator("h1").inner_text() and page.locator("img").count() == 0
        assert page.locator("figure svg").count() == 3  # a question each
        width = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert width <= 0
        ink, paper = page.evaluate(
            "[getComputedStyle(document.querySelector('figure svg text')).fill,"
            " getComputedStyle(document.body).backgroundColor]"
        )
        assert ink != paper
        page.pdf(path=tmp_path / "report.pdf", format="A4", print_background=True)
    assert (asked, said) == ([], [])
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    shutil.rmtree(tmp_path / "home")
