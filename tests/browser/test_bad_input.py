"""Mistakes in links, forms and files: one clear line with what came and what is allowed, and nothing
starts."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from redraws import button, drawn, enter, settled
from studio import Studio


@pytest.mark.parametrize(
    ("link", "line"),
    [
        (
            "launch?preset=bits-quik",
            "no preset 'bits-quik' (did you mean 'bits-quick'?); choose from bits-quick, ",
        ),
        ("launch?dataset=trifeatur", "no data set 'trifeatur' (did you mean 'trifeature'?); choose from "),
    ],
)
def test_a_misspelt_name_in_a_link(page: Page, studio: Studio, link: str, line: str) -> None:
    page.goto(f"{studio.url}/{link}")
    expect(alert(page)).to_contain_text(line)
    expect(start_button(settled(page))).to_have_count(0)


def test_impossible_values_in_the_form(page: Page, studio: Studio) -> None:
    page.goto(f"{studio.url}/launch?preset=bits-quick")
    enter(page, "Seeds", "0-2x")
    expect(alert(page)).to_contain_text("got '0-2x'")
    expect(start_button(page)).to_be_disabled()
    enter(page, "Seeds", "0")
    expect(start_button(page)).to_be_enabled()
    settled(page).get_by_text("Fusion", exact=True).click()
    enter(page, "Heads", "0")
    expect(alert(page)).to_contain_text("fusion.heads: Input should be greater than or equal to 1; got '0'")
    expect(start_button(page)).to_be_disabled()
    enter(page, "Heads", "7")
    expect(alert(page)).to_contain_text("heads (7) must divide width (")
    expect(start_button(page)).to_be_disabled()
    nothing_was_stored(page)


def test_a_file_that_cannot_be_used(page: Page, studio: Studio, tmp_path: Path) -> None:
    missing, broken = tmp_path / "missing.npz", tmp_path / "broken.npz"
    rows = np.random.default_rng(0).normal(size=(40, 6))
    rows[7, 3] = np.nan
    np.savez(broken, sound=rows, picture=np.ones((40, 4)), mood=np.arange(40) % 2)
    page.goto(f"{studio.url}/launch?dataset=paired_file")
    enter(page, "Path of the file", str(missing))
    expect(alert(page)).to_contain_text(f"No such file or directory: {missing}")
    enter(page, "Path of the file", str(broken))
    expect(page.get_by_role("gridcell", name="has NaN in row 7", include_hidden=True)).to_be_attached()
    expect(alert(page)).to_contain_text("broken.npz has 1 usable")
    expect(start_button(settled(page))).to_have_count(0)
    nothing_was_stored(page)


def alert(page: Page) -> Locator:
    return drawn(page).get_by_role("alert")


def start_button(page: Page) -> Locator:
    return button(page, "Start")


def nothing_was_stored(page: Page) -> None:
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("button", name="Run the quick comparison")).to_be_visible()
