"""Pictures of every page: make screenshots

Three data homes (empty, busy with runs in every state, and large with 500 runs), two widths, light and dark.
A page that is not whole (a red box where none belongs, an error in the browser's console) is listed and the
exit code is 1.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import large_studio
import sample_runs
from chromium import find_chromium
from playwright.sync_api import Browser, ConsoleMessage, sync_playwright
from redraws import settled
from studio import Studio

from storage.database import Database

WIDTHS = (1280, 1920)
THEMES = ("light", "dark")
TABS = ("Answer", "Settings", "Synergy", "Curves", "Runs", "Report")
PLAIN = ("runs", "launch", "study", "synergy", "checkpoints", "data")
STUDIES: dict[str, dict[str, int]] = {
    "empty": {},
    "busy": {"study": 1},
    "large": {"study-9": 1, "study-60": 2, "study-500": 4},
}
"""Pictured studies of each data home, and their numbers."""
LONGEST = 6_000
"""Pixels of a picture's height; what is below is cut."""


class Shot(NamedTuple):
    """A page of a data home: the picture's name and its URL below the server's."""

    name: str
    path: str


def shots(home: str) -> Iterator[Shot]:
    """The pages that are worth a picture in a data home."""
    yield Shot("overview", "")
    for name in PLAIN:
        yield Shot(name, name)
    for name, number in STUDIES[home].items():
        for tab in TABS:
            yield Shot(f"{name}-{tab.lower()}", f"study?study={number}&tab={tab}")
    if STUDIES[home]:
        yield Shot("run", "run?run=1")
        yield Shot("checkpoint", "checkpoints?checkpoint=1")


def take(browser: Browser, studio: Studio, home: str, folder: Path, only: str) -> list[str]:
    """Take the pictures of one data home; returns lines on what is wrong."""
    wrong = []
    for width in WIDTHS:
        for theme in THEMES:
            context = browser.new_context(
                viewport={"width": width, "height": 1000}, color_scheme=theme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.set_default_timeout(120_000)
            said: list[str] = []
            page.on("console", partial(_keep_error, said))
            for shot in shots(home):
                if only not in f"{home}-{shot.name}":
                    continue
                said.clear()
                page.goto(f"{studio.url}/{shot.path}")
                page.locator('[data-testid="stMainBlockContainer"]').wait_for()
                page.wait_for_timeout(500)
                settled(page)
                page.wait_for_timeout(700)  # charts are drawn after the script has ended
                height = page.evaluate(
                    "() => document.querySelector('[data-testid=\"stMainBlockContainer\"]').scrollHeight + 80"
                )
                page.set_viewport_size({"width": width, "height": min(max(int(height), 1000), LONGEST)})
                page.wait_for_timeout(500)
                name = f"{home}-{shot.name}-{width}-{theme}"
                page.screenshot(path=folder / f"{name}.png")
                page.set_viewport_size({"width": width, "height": 1000})
                faults = page.locator('[data-testid="stException"]').all_inner_texts()
                wrong += [f"{name}: {' '.join(line.split())[:300]}" for line in [*faults, *said]]
            context.close()
    return wrong


def _keep_error(said: list[str], message: ConsoleMessage) -> None:
    """Keep what the browser complains of, but for Streamlit's look for itself below a page's own path."""
    if message.type == "error" and "/_stcore/" not in message.location["url"]:
        said.append(f"{message.text} {message.location['url']}")


def fill(home: str, folder: Path) -> None:
    """Make what a data home holds."""
    db = Database.at(folder)
    if home == "busy":
        sample_runs.fill(db, folder)
    elif home == "large":
        large_studio.fill(db, points=1_000)
    db.close()


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", default="", help="pictures whose name holds this, such as large-study-60")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        sys.exit("no Chromium on this machine; `python tests/browser/chromium.py` installs one")
    options.folder.mkdir(parents=True, exist_ok=True)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for home in ("empty", "busy", "large"):
            if not any(options.only in f"{home}-{shot.name}" for shot in shots(home)):
                continue
            studio = Studio(Path(scratch) / home)
            fill(home, studio.home)
            studio.start()
            try:
                wrong += take(browser, studio, home, options.folder, options.only)
            finally:
                studio.end()
        browser.close()
    print("\n".join([f"{len(list(options.folder.glob('*.png')))} pictures in {options.folder}", *wrong]))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
