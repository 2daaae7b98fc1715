"""What others do appears on a page that nobody touches; where nothing happens, nothing is drawn."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from eventually import eventually
from playwright.sync_api import Page, expect
from redraws import Messages, drawn, press, settled
from studio import Studio

from storage.database import Database
from storage.jobs import beat_supervisor, register_supervisor
from storage.runs import NewRun, create_runs, mark_ended, set_note
from storage.trash import trash_runs


@pytest.fixture
def db(studio: Studio) -> Iterator[Database]:
    with closing(Database.at(studio.home)) as opened:
        yield opened


def make_run(db: Database, name: str) -> int:
    (run,) = create_runs(
        db, [NewRun(name, None, "bits", "comm", 0, "d", {"data": {"name": "bits"}}, study=name)], queue=False
    )
    mark_ended(db, run, "finished")
    set_note(db, run, "at first")
    return run


def test_an_idle_page_shows_what_others_do_and_draws_nothing_where_nothing_happens(
    page: Page, studio: Studio, db: Database
) -> None:
    run = make_run(db, "first study")
    messages = Messages(page)
    page.goto(f"{studio.url}/run?run={run}")
    expect(drawn(page).get_by_label("Note")).to_have_value("at first")
    settled(page)
    set_note(db, run, "a word from elsewhere")
    expect(drawn(page).get_by_label("Note")).to_have_value("a word from elsewhere")
    settled(page)
    messages.clear()
    supervisor = register_supervisor(db, "elsewhere", 1, 1.0)
    assert supervisor is not None

    def three_looks() -> bool:
        beat_supervisor(db, supervisor.id)  # commits that change nothing on the page
        page.wait_for_timeout(200)
        return messages.kinds.count("script_finished") >= 3

    eventually(three_looks)
    assert "new_element" not in messages.kinds
    assert messages.kinds.count("add_block") <= messages.kinds.count("script_finished") + 1
    assert messages.bytes < 3 * 4_000


def test_a_dialog_stays_open_while_others_change_things(page: Page, studio: Studio, db: Database) -> None:
    first, second = make_run(db, "first study"), make_run(db, "second study")
    trash_runs(db, [first])
    messages = Messages(page)
    page.goto(f"{studio.url}/storage")
    press(page, "Empty the trash")
    expect(page.get_by_role("dialog")).to_be_visible()
    messages.clear()
    trash_runs(db, [second])
    eventually(lambda: page.wait_for_timeout(200) or messages.kinds.count("script_finished") >= 2)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(drawn(page).get_by_text("in 2 items")).to_be_visible()
