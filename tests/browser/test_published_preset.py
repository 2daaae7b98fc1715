"""A published benchmark in the browser: its preset started from the form, trained, and shown beside what the paper reports."""

import re
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from published_samples import affect_file
from safetensors.numpy import load
from studio import Studio

from engine.settings.preset import load_preset

TRAINING_MS = 240_000


@pytest.fixture
def published(studio: Studio) -> Path:
    """A small file of MOSI's published format where the data set looks for it."""
    file = load_preset("mosi").experiment("infmasking", 0).data.location(studio.home)
    affect_file(file)
    return Path(file)


def test_mosi_from_the_form_to_the_reported_figure(page: Page, studio: Studio, published: Path) -> None:
    page.goto(f"{studio.url}/launch?preset=mosi")
    enter(page, "Seeds", "0")
    page.get_by_text("Training", exact=True).click()
    enter(page, "Epochs", "2")
    expect(page.get_by_text("training.epochs: 100 → 2")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"^Start \d+ runs$")).click()
    expect(page).to_have_url(re.compile(r"/compare\?runs=1-\d+$"), timeout=60_000)
    chart = page.get_by_label(re.compile("^sentiment: InfMasking .*; CoMM "))
    expect(chart).to_be_visible(timeout=TRAINING_MS)
    # the paper's figure (69.0 ± 1.2 %) is told apart from what was measured here, with other settings
    expect(page.get_by_text(re.compile("hollow star: reported in the paper .* with other settings"))).to_be_visible()
    expect(page.get_by_text("Captured synergy, in bits")).to_be_visible(timeout=TRAINING_MS)
    page.goto(f"{studio.url}/checkpoints")
    link = page.get_by_role("link", name=re.compile("Download|download")).first
    expect(link).to_be_visible()
    with urllib.request.urlopen(urllib.parse.urljoin(page.url, link.get_attribute("href") or "")) as answer:
        assert load(answer.read())


def enter(page: Page, label: str, text: str) -> None:
    field = page.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Enter")
