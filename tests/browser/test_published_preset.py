"""A published benchmark in the browser: its preset started from the form, trained, beside what the paper
reports, downloaded."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from published_samples import affect_file
from redraws import enter, press, settled
from safetensors.numpy import load_file
from studio import Studio

from engine.presets.preset import load_preset

TRAINING_MS = 240_000
pytestmark = pytest.mark.heavy
REPORTED = {
    "InfMasking": "69.0 ± 1.2 %",
    "CoMM": "63.7 ± 2.5 %",
    "FactorCL": "51.2 ± 1.6 % (quoted there)",
    "Cross+Self": "49.0 ± 1.1 % (quoted there)",
    "Cross": "47.8 ± 1.8 % (quoted there)",
}
"""CMU-MOSI, accuracy (arXiv 2509.25270)."""


def test_mosi_from_the_form_to_the_reported_figures_and_the_checkpoint(
    page: Page, studio: Studio, tmp_path: Path
) -> None:
    affect_file(load_preset("mosi").experiment("infmasking", 0).data.location(studio.home))
    page.goto(f"{studio.url}/launch?preset=mosi")
    start_short_runs(page)
    accuracies = watch_until_finished(page)
    assert accuracies.keys() == REPORTED.keys()
    print(accuracies)
    assert all(accuracy > 50 for accuracy in accuracies.values()), (
        "the label moves the features by two deviations"
    )
    stand_beside_the_papers(page)
    weights = load_file(download_checkpoint(page, studio, tmp_path))
    assert weights and all(np.isfinite(values).all() for values in weights.values())


def start_short_runs(page: Page) -> None:
    enter(page, "Seeds", "0")
    settled(page).get_by_text("Training", exact=True).click()
    enter(page, "Epochs", "2")
    expect(page.get_by_text("training.epochs: 100 → 2")).to_be_visible()
    press(page, "Start 5 runs")
    expect(page).to_have_url(re.compile(r"/study\?study=1&runs=1-5"))


def watch_until_finished(page: Page) -> dict[str, float]:
    """Method → accuracy, as the chart tells it when nothing runs any more."""
    expect(page.get_by_text("0 of 5 runs finished")).to_be_visible()
    expect(page.get_by_text(re.compile(r"[1-4] of 5 runs finished"))).to_be_visible(timeout=TRAINING_MS)
    expect(page.get_by_text("runs finished")).to_have_count(0, timeout=TRAINING_MS)
    chart = page.get_by_label(re.compile("^Sentiment, accuracy: InfMasking "))
    expect(chart).to_be_visible()
    told = (chart.get_attribute("aria-label") or "").removeprefix("sentiment: ")
    return {name: float(value) for name, value in re.findall(r"([\w+]+) (\d+\.\d) %", told)}


def stand_beside_the_papers(page: Page) -> None:
    """Every method has the paper's figure in its row, and the page says that it is of runs with other
    settings."""
    expect(
        page.get_by_text(re.compile("hollow star: reported in the paper .* with other settings"))
    ).to_be_visible()
    settled(page).get_by_text("Every figure").click()
    for figure in REPORTED.values():
        expect(page.get_by_role("gridcell", name=figure, exact=True, include_hidden=True)).to_be_attached()


def download_checkpoint(page: Page, studio: Studio, folder: Path) -> Path:
    page.goto(f"{studio.url}/checkpoints")
    with page.context.expect_event("download") as download:
        settled(page).get_by_role("link", name="Download").first.click()
    file = folder / str(download.value.suggested_filename)
    download.value.save_as(file)
    return file
