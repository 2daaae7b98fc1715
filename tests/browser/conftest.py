"""A real server and a real Chromium for each browser test; a failing test leaves its screenshot and the
server's log."""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from chromium import find_chromium
from playwright.sync_api import Browser, Page, expect, sync_playwright
from studio import Studio

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HERE = Path(__file__).parent

DEADLINE_MS = 60_000
"""For whatever a page is to show or do; it only ends a test that hangs."""

expect.set_options(timeout=DEADLINE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last and on one worker: they train, and two of them at once would starve each
    other."""
    mine = [item for item in items if HERE in item.path.parents]
    for item in mine:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.xdist_group("browser"))
    items[:] = [item for item in items if item not in mine] + mine


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep what a failure looked like, and say where."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    studio = getattr(item, "funcargs", {}).get("studio")
    if report.failed and report.when == "call" and isinstance(page, Page) and isinstance(studio, Studio):
        folder = Path(tempfile.mkdtemp(prefix=f"{item.name[:60]}-"))
        page.screenshot(path=folder / "page.png", full_page=True)
        (folder / "page.txt").write_text(page.locator("body").inner_text())
        shutil.copytree(studio.folder, folder / "studio", ignore=shutil.ignore_patterns("cache"))
        report.sections.append(
            ("evidence", f"screenshot, page text, server log and data home are in {folder}")
        )
    return report


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser; where there is none, its tests are skipped and say so."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium: none on the PATH, and none could be installed")
    return found


@pytest.fixture
def studio(tmp_path: Path, chromium: Path) -> Iterator[Studio]:
    """A served dashboard on an empty data home."""
    studio = Studio(tmp_path / "studio")
    try:
        studio.start()
        yield studio
    finally:
        studio.end()


@pytest.fixture
def browser(chromium: Path) -> Iterator[Browser]:
    """A headless Chromium."""
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS) as browser,
    ):
        yield browser


@pytest.fixture
def page(studio: Studio, browser: Browser) -> Iterator[Page]:
    """A tab that shows the dashboard's first page."""
    with browser.new_context(accept_downloads=True, viewport={"width": 1400, "height": 1000}) as context:
        context.set_default_timeout(DEADLINE_MS)
        page = context.new_page()
        page.goto(studio.url)
        yield page
