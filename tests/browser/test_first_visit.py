"""The first visit, from an empty database to a downloaded checkpoint, as a newcomer clicks through it."""

import hashlib
import re
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from redraws import press, settled
from safetensors.torch import load_file
from studio import Studio

from engine.experiment import probe_checkpoint
from engine.recorder import Fact
from engine.recorders.folder import SilentRecorder
from storage.database import Database
from storage.queries import results

ALL_RUNS_SECONDS = 600
"""Far more than two cores need: the machine may be busy with something else."""


@pytest.mark.timeout(ALL_RUNS_SECONDS + 120)
def test_the_quick_comparison_ends_in_a_checkpoint_that_loads(
    page: Page, studio: Studio, tmp_path: Path
) -> None:
    start_quick_comparison(page)
    watch_until_finished(page)
    methods_are_compared(page)
    file, told = download_checkpoint(page, tmp_path)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == told
    assert not studio.server_has_loaded("libtorch"), (
        "a page that only reads has brought torch into the dashboard"
    )
    opens_with_safetensors(file)
    is_what_was_probed(file, studio)


def start_quick_comparison(page: Page) -> None:
    expect(page.get_by_role("heading", name="How much synergy did a method capture?")).to_be_visible()
    press(page, "Run the quick comparison")
    expect(page).to_have_url(re.compile(r"/study\?study=1&runs=1-9"))
    expect(page.get_by_text("0 of 9 runs finished")).to_be_visible()


def watch_until_finished(page: Page) -> None:
    """Progress moves on by itself: runs at work, then results while others still train, then no bar any
    more."""
    started = time.monotonic()
    expect(page.get_by_text(re.compile(r"\d running"))).to_be_visible()
    expect(page.get_by_text(re.compile(r"[1-8] of 9 runs finished"))).to_be_visible(
        timeout=ALL_RUNS_SECONDS * 1000
    )
    expect(page.get_by_text("Every figure")).to_be_visible()
    expect(page.get_by_text("runs finished")).to_have_count(0, timeout=ALL_RUNS_SECONDS * 1000)
    print(f"the quick comparison took {time.monotonic() - started:.0f} s")


def methods_are_compared(page: Page) -> None:
    """Three measures, each with three methods and an accuracy between chance and all; every chart tells its
    figures."""
    page.reload()  # the comparison is a link
    expect(page.get_by_role("heading", name="Differences to CoMM, paired by seed")).to_be_visible()
    for measure in ("redundancy", "uniqueness", "synergy"):
        chart = page.get_by_label(re.compile(f"^{measure}, accuracy: ", re.IGNORECASE))
        expect(chart).to_be_visible()
        figures = dict(
            re.findall(r"(InfMasking|CoMM|Cross) (\d+\.\d)", chart.get_attribute("aria-label") or "")
        )
        assert figures.keys() == {"InfMasking", "CoMM", "Cross"}
        assert all(0 < float(value) <= 100 for value in figures.values())


def download_checkpoint(page: Page, folder: Path) -> tuple[Path, str]:
    """The newest weights as the browser saves them, and the sha256 that the page states for them."""
    settled(page).get_by_role("link", name="Checkpoints").click()
    told = page.get_by_role("code").filter(has_text=re.compile(r"[0-9a-f]{64}"))
    expect(told).to_be_visible()
    with page.context.expect_event("download") as download:
        settled(page).get_by_role("link", name="Download").click()
    name = download.value.suggested_filename
    text = told.inner_text()
    assert name in text, "the page and the browser call the file by two names"
    download.value.save_as(folder / name)
    return folder / name, text.split()[-1]


def opens_with_safetensors(file: Path) -> None:
    weights = load_file(file)
    assert weights
    assert all(values.isfinite().all() for values in weights.values() if values.is_floating_point())


def is_what_was_probed(file: Path, studio: Studio) -> None:
    """Probed anew, the downloaded weights give the accuracies that the run's page shows."""
    run_id = int(file.name.split("-run")[1].split("-")[0])
    with closing(Database.at(studio.home)) as db:
        stored = results(db, [run_id])
    shown = {
        task: value
        for task, metric, value in zip(stored["task"], stored["metric"], stored["value"], strict=True)
        if metric == "accuracy"
    }
    again = Accuracies()
    probe_checkpoint(file, again, studio.home)
    assert shown.keys() == {"share", "unique1", "unique2", "synergy"}
    assert again.found == pytest.approx(shown, abs=0.002)


class Accuracies(SilentRecorder):
    """Keeps the accuracies that a probe reports."""

    def __init__(self) -> None:
        self.found: dict[str, float] = {}

    def result(self, task: str, metric: str, value: float, facts: Mapping[str, Fact]) -> None:
        if metric == "accuracy":
            self.found[task] = value
