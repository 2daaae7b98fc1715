"""The cost of a comparison: only from measurements, only of the same kind and on this host."""

from pathlib import Path

import pytest
from house import SMALL
from sqlalchemy import update

from app.launch.cost import Cost, concurrency, disk_bytes, elapsed, kind_of, known_cost, measure_cost
from app.training.cost_facts import cost_facts, end_facts
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
    assert cost is not None and cost[:2] == (0.1, 420) and cost[3:] == (None, "1 earlier run here")


def test_the_rest_of_a_run_is_what_it_took_besides_its_steps(db: Database, tmp_path: Path) -> None:
    """700 steps of 64 samples at 640 a second are 70 s; the run took 100 s."""
    with db.write() as connection:
        connection.execute(update(runs).values(started_at=1_000, ended_at=101_000))
    cost = known_cost(db, tmp_path, PRESET.experiment("comm", 7))
    assert cost is not None and cost.after == pytest.approx(30.0)
    assert cost.total == pytest.approx(100.0)
    other = known_cost(db, tmp_path, PRESET.experiment("comm", 7, {"probe.iterations": 50}))
    assert other is not None and other.after is None and other.total == pytest.approx(70.0)
    with db.write() as connection:
        connection.execute(update(runs).values(attempts=2))
    resumed = known_cost(db, tmp_path, PRESET.experiment("comm", 7))
    assert resumed is not None and resumed.after is None


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
    costs = [Cost(1.0, 90, 10.0, None, ""), Cost(1.0, 20, None, None, "")]
    assert elapsed([(cost, 3) for cost in costs], at_once=2) == 180
    assert elapsed([(cost, 1) for cost in costs], at_once=2) == 100


def test_the_disk_holds_two_weights_a_run_and_a_state_of_those_at_work() -> None:
    costs = [(Cost(1.0, 1, 0.0, 10, ""), 4), (Cost(1.0, 1, 0.0, 100, ""), 1)]
    assert disk_bytes(costs, at_once=2) == 2 * (4 * 10 + 100) + 3 * 100 * 2
    assert disk_bytes([*costs, (Cost(1.0, 1, 0.0, None, ""), 1)], at_once=2) is None


def test_what_costs_the_same_is_measured_once() -> None:
    def kind(**changes: object) -> str:
        dotted = {name.replace("__", "."): value for name, value in changes.items()}
        return kind_of(PRESET.experiment("infmasking", 0, dotted))

    assert kind() == kind(objective__temperature=0.3) == kind(training__learning_rate=0.5)
    assert len({kind(), kind(objective__masks=9), kind(training__epochs=2), kind(probe__iterations=20)}) == 4
    ends = [
        end_facts(PRESET.experiment("infmasking", 0, changes).model_dump(mode="json"))
        for changes in ({}, {"objective.masks": 9}, {"training.batch_size": 32}, {"fusion.width": 64})
    ]
    assert ends[0] == ends[1] == ends[2] != ends[3]


@pytest.mark.heavy
@pytest.mark.slow
def test_measured_once_it_is_known_for_all_that_costs_the_same(tmp_path: Path) -> None:
    small = SMALL | {"decomposition.permutations": 19, "decomposition.controls": 0, "decomposition.draws": 50}
    small |= {"decomposition.enabled": True}
    measured = measure_cost(tmp_path, PRESET.experiment("comm", 0, small))
    assert measured.seconds > 0 and measured.after is not None and measured.after > 0
    assert measured.weights_bytes is not None and measured.weights_bytes > 10_000
    opened = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    other = PRESET.experiment("comm", 3, small | {"training.learning_rate": 0.5})
    assert known_cost(opened, tmp_path, other) == measured
    wider = known_cost(opened, tmp_path, PRESET.experiment("comm", 0, small | {"fusion.width": 64}))
    assert wider is None
