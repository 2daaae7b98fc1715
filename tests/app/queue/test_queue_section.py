"""The queue on a page: what it shows, and that each action is done to the runs that were chosen."""

from collections.abc import Iterator

import pytest
from conftest import all_text
from streamlit.testing.v1 import AppTest

from app.queries import database
from app.queue import pausing
from app.queue.list_section import TABLE
from app.selection import table_key
from app.training.configuring import Planned
from app.training.launching import new_run
from engine.presets.preset import load_preset
from storage.database import Database
from storage.jobs import claim, queued_jobs
from storage.pauses import list_pauses
from storage.runs import create_runs, get_run


@pytest.fixture(autouse=True)
def supervisors(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Database]]:
    """Supervisors that would have been started."""
    asked: list[Database] = []
    monkeypatch.setattr(pausing, "ensure_supervisor", asked.append)
    yield asked


@pytest.fixture
def db(empty_home: object) -> Database:
    return database()


def submit(db: Database, count: int, study: str = "S") -> list[int]:
    preset = load_preset("bits-quick")
    return create_runs(
        db, [new_run(Planned(study, preset.experiment("comm", seed), "bits-quick")) for seed in range(count)]
    )


def opened() -> AppTest:
    test = AppTest.from_string("from app.queue.section import draw\ndraw()", default_timeout=60).run()
    assert not test.exception
    return test


def select(test: AppTest, *rows: int) -> AppTest:
    key = table_key(TABLE, [int(number) for number in test.dataframe[0].value["number"]])
    test.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    return test.run()


def click(test: AppTest, key: str) -> AppTest:
    test.button(key=key).click().run()
    assert not test.exception
    return test


def order(db: Database) -> list[int]:
    return [job.run_id for job in queued_jobs(db)]


def test_nothing_waits(db: Database) -> None:
    test = opened()
    assert "0 at work · 0 waiting" in all_text(test)
    assert not test.dataframe
    assert test.button(key="queue_empty").disabled


def test_the_table_is_in_the_order_of_the_queue(db: Database) -> None:
    a, b, c = submit(db, 3)
    test = click(select(opened(), 2), "queue_first")
    assert order(db) == [c, a, b]
    table = test.dataframe[0].value
    assert list(table["number"]) == [c, a, b] and list(table["place"]) == [1, 2, 3]
    assert set(table["study"]) == {"S"} and set(table["done"]) == {"not known yet"}


def test_a_selection_goes_with_its_runs_and_acts_on_them(db: Database) -> None:
    a, b, c, d = submit(db, 4)
    test = click(select(opened(), 3), "queue_up")
    assert order(db) == [a, b, d, c]
    click(test, "queue_up")  # still the same run, which is in another row now
    assert order(db) == [a, d, b, c]
    click(test, "queue_last")
    assert order(db) == [a, b, c, d]
    click(select(test, 0, 1), "queue_down")
    assert order(db) == [c, a, b, d]


def test_before_another_and_priority(db: Database) -> None:
    a, b, c = submit(db, 3)
    test = select(opened(), 2)
    assert test.selectbox(key="queue_before").options == [
        f"run {a} · CoMM, seed 0 · S",
        f"run {b} · CoMM, seed 1 · S",
    ]
    test.selectbox(key="queue_before").set_value(b).run()
    click(test, "queue_put")
    assert order(db) == [a, c, b]
    test = select(opened(), 2)
    test.number_input(key="queue_priority_0").set_value(7).run()
    click(test, "queue_set")
    assert [(job.run_id, job.priority) for job in queued_jobs(db)] == [(b, 7), (a, 0), (c, 0)]


def test_what_was_started_meanwhile_is_left_alone_and_told(db: Database) -> None:
    a, b = submit(db, 2)
    test = select(opened(), 0)
    claim(db, "me", "cpu:1")
    click(test, "queue_last")
    assert f"run {a} does not wait in the queue: it is starting" in all_text(test)
    assert order(db) == [b]


def test_taking_out(db: Database) -> None:
    a, b, c = submit(db, 3)
    click(select(opened(), 0, 2), "queue_take_out")
    assert order(db) == [b]
    assert [get_run(db, run).status for run in (a, c)] == ["stopped", "stopped"]


def test_pause_and_go_on_of_all_a_study_and_a_device(db: Database, supervisors: list[Database]) -> None:
    (run,) = submit(db, 1)
    test = click(opened(), "queue_pause")
    assert [one.scope for one in list_pauses(db)] == ["all"]
    assert list(test.dataframe[0].value["starts"]) == ["paused"]
    assert supervisors == []
    click(test, "queue_go_on")
    assert list_pauses(db) == [] and supervisors == [db]
    click(test, "queue_device:cpu")
    assert "cpu · paused" in all_text(test)
    click(test, "queue_device:cpu")
    study = f"study:{get_run(db, run).study_id}"
    click(select(test, 0), "queue_pause_study")
    assert [one.scope for one in list_pauses(db)] == [study]
    assert "Study S · paused" in all_text(test)
    click(test, f"queue_{study}")
    assert list_pauses(db) == []


def test_emptying_asks_first(db: Database) -> None:
    runs = submit(db, 2)
    test = click(opened(), "queue_empty")
    assert order(db) == runs
    assert "2 runs will no longer wait" in all_text(test)
    next(button for button in test.button if button.label == "Empty the queue").click().run()
    assert order(db) == []


def test_a_name_is_no_markdown(db: Database) -> None:
    submit(db, 1, "[x](http://evil) :red[y]")
    test = click(select(opened(), 0), "queue_pause_study")
    assert "Study [x](http://evil) :red[y] · paused" in all_text(test)
