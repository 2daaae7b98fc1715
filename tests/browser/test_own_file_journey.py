"""A researcher's own file: named or uploaded, set up in the form, trained, compared."""

import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from redraws import button, drawn, enter, press, settled
from studio import Studio

MOSI = Path(__file__).parents[3] / "shared/data/mosi_utterances/mosi.npz"
TRAINING_MS = 240_000
pytestmark = pytest.mark.heavy


def test_an_upload_from_the_form_to_the_comparison(page: Page, studio: Studio, tmp_path: Path) -> None:
    file = tmp_path / "moods.npz"
    write_moods(file)
    page.goto(f"{studio.url}/launch?dataset=paired_file")
    page.locator("input[type=file]").set_input_files(file)
    array(page, "600 × 5 × 4")
    expect(drawn(page).get_by_label("Label", exact=True)).to_have_value("mood")
    accuracies = train_and_compare(page, task="mood", epochs="4")
    assert accuracies.keys() == {"InfMasking", "CoMM"}
    # The mood moves every feature of the voice by a standard deviation: whoever learned anything tells it
    # from chance, 50.
    assert min(accuracies.values()) > 70


@pytest.mark.skipif(not MOSI.exists(), reason="the CMU-MOSI features are not beside the repository")
def test_real_features_of_three_modalities(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/launch?dataset=paired_file")
    enter(page, "Path of the file", str(MOSI))
    array(page, "1,447 × 73")
    for name in ("text", "audio", "video"):
        expect(button(page, f"Remove {name}")).to_be_visible()
    expect(drawn(page).get_by_label("Label", exact=True)).to_have_value("sentiment")
    accuracies = train_and_compare(page, task="sentiment", epochs="3")
    assert accuracies.keys() == {"InfMasking", "CoMM"}
    assert all(0 < accuracy < 100 for accuracy in accuracies.values())


def write_moods(file: Path) -> None:
    """A voice (vectors) and gestures (sequences) of 600 people, and the mood they are in."""
    random = np.random.default_rng(0)
    mood = random.integers(0, 2, 600)
    voice = random.normal(size=(600, 12)) + mood[:, None]
    gestures = random.normal(size=(600, 5, 4)) + mood[:, None, None]
    np.savez(file, voice=voice, gestures=gestures, mood=mood)


def array(page: Page, shape: str) -> None:
    """Wait for the table of arrays to show one of this shape."""
    expect(page.get_by_role("gridcell", name=shape, include_hidden=True).first).to_be_attached()


def train_and_compare(page: Page, task: str, epochs: str) -> dict[str, float]:
    """Shorten the training in the form, start one seed of each method, and read the accuracies off the
    comparison."""
    enter(page, "Seeds", "0")
    settled(page).get_by_text("Training", exact=True).click()
    enter(page, "Epochs", epochs)
    expect(page.get_by_text(f"training.epochs: 50 → {epochs}")).to_be_visible()
    press(page, "Start 2 runs")
    expect(page).to_have_url(re.compile(r"/study\?study=1&runs=1-2"))
    chart = page.get_by_label(re.compile(f"^{task}, accuracy: InfMasking .*; CoMM ", re.IGNORECASE))
    expect(chart).to_be_visible(timeout=TRAINING_MS)
    found = re.findall(r"(InfMasking|CoMM) (\d+\.\d)", chart.get_attribute("aria-label") or "")
    return {method: float(value) for method, value in found}
