"""A run outlives whatever happens around it: a stop, a killed trainer, a closed dashboard; the pages say so
and mend it."""

import re
from collections.abc import Iterator
from contextlib import closing

import psutil
import pytest
from eventually import eventually
from playwright.sync_api import Page, expect
from redraws import drawn, press, settled
from studio import Studio

from storage.artifacts import list_artifacts
from storage.database import Database

TRAINING_MS = 180_000
LOST_MS = 60_000
"""The bar: a killed trainer is seen as lost within a minute."""
SETTINGS = {
    "data.samples": 1500,
    "data.probe_samples": 300,
    "data.test_samples": 300,
    "training.epochs": 40,
    "training.state_seconds": 1.0,
    "training.device": "cpu",
}
"""Long enough to be interrupted, short enough to wait for: some twenty seconds on one core."""


@pytest.fixture
def run_page(page: Page, studio: Studio) -> Iterator[Page]:
    """The page of a run that trains, started from the command line beside the dashboard."""
    changes = [word for name, value in SETTINGS.items() for word in ("--set", f"{name}={value}")]
    studio.command(
        "train", "--preset", "bits-quick", "--method", "cross", "--seed", "0", "--detach", *changes
    )
    page.goto(f"{studio.url}/run?run=1")
    is_training(page)
    yield page


@pytest.mark.heavy
def test_stop_and_resume_from_the_page(run_page: Page) -> None:
    press(run_page, "Stop")
    has_state(run_page, "stopped")
    stopped_at = steps_done(run_page)
    press(run_page, "Resume")
    has_state(run_page, "finished")
    assert resumed_at(run_page) == stopped_at


def test_a_killed_trainer_is_seen_as_lost_and_resumes_from_the_page(run_page: Page, studio: Studio) -> None:
    wait_for_saved_state(studio)
    trainer(studio).kill()
    has_state(run_page, "lost", LOST_MS)
    press(run_page, "Resume")
    has_state(run_page, "finished")
    assert resumed_at(run_page) > 0


@pytest.mark.heavy
def test_closing_the_dashboard_disturbs_no_run(run_page: Page, studio: Studio) -> None:
    before, steps = trainer(studio), steps_done(run_page)
    studio.stop_server()
    assert before.is_running()
    studio.start()
    run_page.goto(f"{studio.url}/run?run=1")
    is_training(run_page)
    assert trainer(studio) == before
    assert steps_done(run_page) >= steps
    has_state(run_page, "finished")


def is_training(page: Page) -> None:
    expect(drawn(page).get_by_text(re.compile(r"^Training · epoch \d+ of 40 · step [1-9]"))).to_be_visible()


def has_state(page: Page, state: str, within: int = TRAINING_MS) -> None:
    """Wait for the badge beside the run's name: an icon, spelt out, and the state."""
    expect(page.get_by_text(re.compile(rf"^[a-z_]+ {state}$")).first).to_be_visible(timeout=within)


def wait_for_saved_state(studio: Studio) -> None:
    """Until there is something to resume from; the setting above says every second."""
    with closing(Database.at(studio.home)) as db:
        eventually(lambda: any(artifact.kind == "state" for artifact in list_artifacts(db, 1)))


def steps_done(page: Page) -> int:
    found = re.search(
        r"step ([\d,]+) of", drawn(page).get_by_text(re.compile(r"step [\d,]+ of")).inner_text()
    )
    assert found
    return int(found[1].replace(",", ""))


def resumed_at(page: Page) -> int:
    """The step that the run's log says it was resumed at."""
    settled(page).get_by_role("tab", name="Log").click()
    log = drawn(page).get_by_role("code").filter(has_text="resumed at epoch")
    expect(log).to_be_visible()
    found = re.search(r"resumed at epoch \d+, step (\d+)", log.inner_text())
    assert found
    return int(found[1])


def trainer(studio: Studio) -> psutil.Process:
    """The one process that trains in this home."""
    (found,) = [process for process in studio.processes() if "train" in process.cmdline()]
    return found
