"""What a reader waits for, page by page; `make bench` runs it.

A real browser on a real server over 500 runs with five million points (tests/large_studio.py). Each page is
opened cold once and then REPEATS times; told are the median seconds until nothing on it has changed for a
second, how many charts and bytes came, and what the server holds after four tours of all pages. Times are of
this machine and what else it does; compare them with others of the same run.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from chromium import find_chromium
from large_studio import Studies, fill
from playwright.sync_api import Page, WebSocket, sync_playwright
from studio import Studio

from storage.database import Database

REPEATS, QUIET_MS, TOURS = 3, 1000, 4
LIMITS = {
    "overview": 1.5,
    "study of 9: Answer": 1.5,
    "study of 60: Answer": 2.5,
    "study of 500: Answer": 4.0,
    "run": 1.5,
}
"""Seconds that a quiet machine with two cores is to need at most, for those that have a bar."""
WATCH = """() => { window.changed = performance.now();
  new MutationObserver(() => { window.changed = performance.now(); })
    .observe(document, {subtree: true, childList: true, attributes: true, characterData: true}); }"""


class Traffic:
    """Bytes that came through the page's socket since `clear`."""

    def __init__(self, page: Page) -> None:
        self.bytes = 0
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._count)

    def _count(self, payload: bytes | str) -> None:
        self.bytes += len(payload)


def pages_of(studies: Studies) -> dict[str, str]:
    """What is opened: a name, and the URL below the server's."""
    found = {"overview": ""}
    for name, number in (("9", studies.small), ("60", studies.middle), ("500", studies.everything)):
        for tab in ("Answer", "Settings", "Synergy", "Curves", "Runs"):
            found[f"study of {name}: {tab}"] = f"study?study={number}&tab={tab}"
    return found | {"run": "run?run=20", "launch": "launch", "checkpoints": "checkpoints"}


def open_and_settle(page: Page, url: str) -> float:
    """Seconds from asking for the page to its last change."""
    start = time.monotonic()
    page.goto(url, wait_until="commit")
    page.evaluate(WATCH)
    page.locator('[data-testid="stApp"]').wait_for(state="attached")
    return settle(page, start)


def settle(page: Page, start: float) -> float:
    """Seconds from `start` to the last change before a second without one while no script runs."""
    begun = page.evaluate("() => performance.now()") / 1000
    offset = time.monotonic() - begun
    while True:
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(state="attached")
        quiet = page.evaluate("() => performance.now() - window.changed")
        if quiet >= QUIET_MS:
            return float(page.evaluate("() => window.changed")) / 1000 + offset - start
        page.wait_for_timeout(QUIET_MS - quiet + 1)


def measure(studio: Studio, chromium: Path, studies: Studies) -> list[dict[str, Any]]:
    """One row a page."""
    rows = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        for name, path in pages_of(studies).items():
            times, page = [], browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(120_000)
            traffic = Traffic(page)
            for _ in range(1 + REPEATS):
                traffic.bytes = 0
                times.append(open_and_settle(page, f"{studio.url}/{path}"))
            charts = page.locator('[data-testid="stVegaLiteChart"]').count()
            page.close()
            rows.append(
                {
                    "page": name,
                    "cold": round(times[0], 2),
                    "seconds": round(statistics.median(times[1:]), 2),
                    "limit": LIMITS.get(name),
                    "charts": charts,
                    "MB": round(traffic.bytes / 1e6, 3),
                }
            )
            print(rows[-1], flush=True)
        rows.append(server_after_tours(studio, browser.new_page(), studies))
        browser.close()
    return rows


def server_after_tours(studio: Studio, page: Page, studies: Studies) -> dict[str, Any]:
    """What the dashboard's process holds when somebody has looked at everything `TOURS` times."""
    for _ in range(TOURS):
        for path in pages_of(studies).values():
            open_and_settle(page, f"{studio.url}/{path}")
    servers = [p for p in studio.processes() if "streamlit" in " ".join(p.cmdline())]
    held = sum(process.memory_info().rss for process in servers) / 2**20
    return {"page": f"server after {TOURS} tours, MiB", "seconds": round(held), "limit": 350}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=10_000, help="points of each run")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args()
    chromium = find_chromium()
    if chromium is None:
        print("no Chromium on this machine: nothing is measured")
        return
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder) / "studio")
        db = Database.at(studio.home)
        studies = fill(db, options.points)
        db.close()
        studio.start()
        try:
            rows = measure(studio, chromium, studies)
        finally:
            studio.end()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))
    print(f"{'page':36} {'cold':>6} {'s':>6} {'bar':>5} {'charts':>6} {'MB':>7}")
    for row in rows:
        cells = (row.get(name) for name in ("cold", "seconds", "limit", "charts", "MB"))
        shown = ("" if cell is None else str(cell) for cell in cells)
        print(f"{row['page']:36} " + " ".join(f"{cell:>6}" for cell in shown))


if __name__ == "__main__":
    main()
