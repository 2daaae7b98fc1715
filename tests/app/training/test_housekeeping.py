"""What goes by itself, and what stays."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from house import House, open_house
from sqlalchemy import update

from app.home import run_log
from app.training.housekeeping import DROP_STATES, Housekeeper, tidy
from storage import models
from storage.artifacts import list_artifacts, write_artifact
from storage.database import Database
from storage.preferences import set_preference
from storage.runs import list_runs, mark_ended
from storage.trash import KEPT_MS, trash_runs


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened


def ended_run(house: House, status: str) -> int:
    """A run with weights, a state and a log file."""
    (run,) = house.submit(status)
    mark_ended(house.db, run, status)
    for kind in ("best", "state"):
        write_artifact(house.db, run, kind, Path(__file__))
    run_log(house.home, run).parent.mkdir(exist_ok=True)
    run_log(house.home, run).write_text("printed")
    return run


def kept(db: Database) -> set[tuple[int, str]]:
    return {(artifact.run_id, artifact.kind) for artifact in list_artifacts(db)}


def test_states_of_finished_runs_go_unless_they_are_to_be_kept(house: House) -> None:
    finished, stopped = ended_run(house, "finished"), ended_run(house, "stopped")
    set_preference(house.db, DROP_STATES, False)
    tidy(house.db, house.home)
    assert (finished, "state") in kept(house.db)
    set_preference(house.db, DROP_STATES, None)
    tidy(house.db, house.home)
    assert kept(house.db) == {(finished, "best"), (stopped, "best"), (stopped, "state")}


def test_the_trash_of_last_week_goes_with_its_log_files(house: House) -> None:
    old, new, kept_run = (ended_run(house, "stopped") for _ in range(3))
    trash_runs(house.db, [old])
    with house.db.write() as connection:
        connection.execute(update(models.runs).values(trashed_at=models.runs.c.trashed_at - KEPT_MS))
    trash_runs(house.db, [new])
    tidy(house.db, house.home)
    assert [run.id for run in list_runs(house.db, trashed=True)] == [new]
    assert [run.id for run in list_runs(house.db)] == [kept_run]
    assert [run_log(house.home, run).exists() for run in (old, new, kept_run)] == [False, True, True]


def test_a_housekeeper_tidies_when_woken_and_an_error_ends_nothing(house: House) -> None:
    said: list[str] = []
    keeper = Housekeeper(lambda: house.db, house.home, said.append)
    run = ended_run(house, "finished")
    keeper.start()
    house.until(lambda: (run, "state") not in kept(house.db))
    with house.db.write() as connection:
        connection.exec_driver_sql("ALTER TABLE preferences RENAME TO elsewhere")
    keeper.wake()
    house.until(lambda: bool(said))
    assert said[0].startswith("housekeeping: database ") and "\n" not in said[0]
    with house.db.write() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO preferences")
    another = ended_run(house, "finished")
    keeper.wake()
    house.until(lambda: (another, "state") not in kept(house.db))
    keeper.stop()


def test_a_supervisor_drops_the_state_of_a_run_that_finished_under_it(house: House) -> None:
    (run,) = house.submit("work")
    write_artifact(house.db, run, "state", Path(__file__))
    house.supervisor()
    house.wait(run, "finished")
    house.until(lambda: not list_artifacts(house.db, run))
