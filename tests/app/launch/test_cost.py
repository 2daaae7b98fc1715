"""The cost of a comparison: only from measurements, only of the same kind and on this host."""

from pathlib import Path

import pytest
from sqlalchemy import update

from app.launch.cost import Cost, concurrency, cost_facts, elapsed, known_cost
from app.training.processes import host_name
from app.training.scheduling import ImpossibleDemand, Machine
from engine.presets.preset import load_preset
from storage.database import Database
from storage.models import runs
from storage.recorder import RunRecorder
from storage.runs import NewRun, create_runs, mark_ended, mark_started

PRESET = load_preset("bits-quick")


@pytest.fixture
def db(tmp_path: Path) -> Database:
    """A database with one finished run of 140 steps an epoch, at 640 samples a second, on this host."""
    opened = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    settings = PRESET.experiment("comm", 0)
    new = NewRun("t", "bits-quick", "bits", "comm", 0, settings.digest(), settings.model_dump(mode="json"))
    (number,) = create_runs(opened, [new], queue=False)
    mark_started(opened, number, host=host_name(), pid=1)
    with RunRecorder(opened, number, tmp_path / "spool") as recorder:
        for step, speed in ((10, 320.0), (20, 640.0), (30, 6400.0)):
            recorder.metrics(step, {"system/samples_per_second": speed})
        epochs = settings.training.epochs
        recorder.progress(epoch=epochs, epochs=epochs, step=140 * epochs, steps=140 * epochs)
    mark_ended(opened, number, "finished")
    return opened


def test_earlier_runs_tell_what_a_step_costs(db: Database, tmp_path: Path) -> None:
    cost = known_cost(
        db, tmp_path, PRESET.experiment("comm", 7, {"training.epochs": 3, "training.learning_rate": 0.5})
    )
    assert cost == Cost(0.1, 420, None, "1 earlier run here")
    assert cost.total == pytest.approx(42.0)


@pytest.mark.parametrize("change", [{"training.batch_size": 32}, {"fusion.width": 96}, {"data.features": 64}])
def test_other_kinds_of_runs_tell_nothing(db: Database, tmp_path: Path, change: dict[str, int]) -> None:
    assert known_cost(db, tmp_path, PRESET.experiment("comm", 0, change)) is None
    assert known_cost(db, tmp_path, PRESET.experiment("infmasking", 0)) is None


def test_another_hosts_runs_tell_nothing(db: Database, tmp_path: Path) -> None:
    with db.write() as connection:
        connection.execute(update(runs).values(host="elsewhere"))
    assert known_cost(db, tmp_path, PRESET.experiment("comm", 0)) is None


def test_what_is_free_of_cost_is_left_out() -> None:
    one, other = (
        PRESET.experiment(
            "comm", seed, {"training.epochs": seed + 1, "data.seed": seed, "probe.iterations": 50 + seed}
        )
        for seed in (0, 1)
    )
    assert cost_facts(one.model_dump(mode="json")) == cost_facts(other.model_dump(mode="json"))


def test_concurrency_is_what_the_machine_places() -> None:
    single = PRESET.experiment("comm", 0)
    assert single.training.threads == 1
    assert concurrency(single, Machine((), 2), 9) == 2
    assert concurrency(single, Machine((), 2), 1) == 1
    assert concurrency(single, Machine((0, 1, 2, 3), 16), 9) == 4
    with pytest.raises(ImpossibleDemand):
        concurrency(PRESET.experiment("comm", 0, {"training.processes": 4}), Machine((0,), 8), 1)


def test_elapsed_shares_the_work_but_no_run_is_split() -> None:
    costs = [Cost(1.0, 100, None, ""), Cost(1.0, 20, None, "")]
    assert elapsed(costs, seeds=3, at_once=2) == 180
    assert elapsed(costs, seeds=1, at_once=2) == 100
