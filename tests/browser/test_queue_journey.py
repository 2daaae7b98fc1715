"""The queue from the page: ordered with the keyboard, paused, and gone on with."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from eventually import eventually
from playwright.sync_api import Page, expect
from redraws import button, drawn, press, settled
from studio import Studio

from app.training.configuring import Planned
from app.training.launching import new_run
from engine.presets.preset import load_preset
from storage.database import Database
from storage.jobs import queued_jobs
from storage.pauses import ALL, list_pauses, pause
from storage.runs import create_runs, get_run

SMALL = {
    "data.samples": 200,
    "data.probe_samples": 100,
    "data.test_samples": 100,
    "training.epochs": 1,
    "training.device": "cpu",
    "decomposition.enabled": False,
}


@pytest.fixture
def db(studio: Studio) -> Iterator[Database]:
    with closing(Database.at(studio.home)) as opened:
        yield opened


def order(db: Database) -> list[int]:
    return [job.run_id for job in queued_jobs(db)]


def select_row(page: Page, row: int) -> None:
    """Select one row of the queue's table with the keyboard alone, from its first cell down."""
    settled(page)
    table = page.locator("[class*='st-key-queue_list'] canvas[data-testid='data-grid-canvas']")
    table.focus()
    page.keyboard.press("Control+Home")
    for _ in range(row):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(button(page, "To front")).to_be_enabled()


@pytest.mark.heavy
def test_reorder_pause_and_go_on(page: Page, studio: Studio, db: Database) -> None:
    preset = load_preset("bits-quick")
    first, second, third = create_runs(
        db,
        [
            new_run(Planned("Which way?", preset.experiment("cross", seed, SMALL), "bits-quick"))
            for seed in range(3)
        ],
    )
    pause(db, ALL)
    page.goto(studio.url)
    expect(drawn(page).get_by_text("3 waiting, 3 of them held back").first).to_be_visible()
    select_row(page, 2)
    press(page, "To front")
    eventually(lambda: order(db) == [third, first, second])
    press(page, "Down")  # the selection went with the run
    eventually(lambda: order(db) == [first, third, second])
    button(settled(page), "Go on").first.click()
    for run in (first, third, second):
        eventually(lambda run=run: get_run(db, run).status == "finished", 240)
    assert list_pauses(db) == []
    began = {run: get_run(db, run).started_at or 0 for run in (first, second, third)}
    assert began[first] <= began[third] <= began[second]
    expect(drawn(page).get_by_text("0 at work · 0 waiting").first).to_be_visible()
