"""Curves: what is stored is what is read, and the summary is that of the curve."""

import math
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.database import Database, DatabaseError
from storage.points import Point, write_points
from storage.queries import curve_arrays, metric_keys, metric_points, summaries
from storage.runs import NewRun, create_runs

steps = st.integers(0, 20) | st.integers(0, 2**63 - 1)
values = st.floats() | st.sampled_from([math.nan, math.inf, -math.inf, 0.0, 1e308, 5e-324])
points = st.builds(
    Point, st.sampled_from(["train/loss", "validation/loss", "ünï"]), steps, values, st.integers(0, 2**53)
)


def same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def new_run(db: Database) -> int:
    return create_runs(db, [NewRun("t", None, "bits", "comm", 0, "d", {})])[0]


def check(db: Database, run: int, model: dict[tuple[str, int], Point]) -> None:
    """What the database says of the run is what the points, later ones replacing earlier, say."""
    read = metric_points(db, [run])
    assert len(read["key"]) == len(model)
    for key, step, value, time in zip(read["key"], read["step"], read["value"], read["time"], strict=True):
        point = model[key, step]
        assert same(value, point.value) and time == point.time

    table = summaries(db, [run])
    rows = {
        key: {name: column[row] for name, column in table.items()} for row, key in enumerate(table["key"])
    }
    assert sorted(rows) == metric_keys(db, [run]) == sorted({key for key, _ in model})
    for key, row in rows.items():
        curve = sorted((point for point in model.values() if point.key == key), key=lambda point: point.step)
        finite = [point for point in curve if math.isfinite(point.value)]
        assert (row["n"], row["last_step"], row["time"]) == (len(curve), curve[-1].step, curve[-1].time)
        assert same(row["last"], curve[-1].value)
        for name, best in (("min", min), ("max", max)):
            extreme = best((point.value for point in finite), default=math.nan)
            where = next((point.step for point in finite if point.value == extreme), None)
            assert same(row[name], extreme) and row[f"{name}_step"] == where


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches=st.lists(st.lists(points, min_size=1, max_size=12), min_size=1, max_size=6))
def test_any_order_of_any_points(db: Database, batches: list[list[Point]]) -> None:
    run, model = new_run(db), {}
    for batch in batches:
        with db.write() as connection:
            write_points(connection, run, batch)
        model.update({(point.key, point.step): point for point in batch})
        check(db, run, model)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(curve=st.lists(values, min_size=8, max_size=40), back=st.integers(1, 7), batch=st.integers(1, 9))
def test_a_resumed_curve_replaces_the_steps_it_repeats(
    db: Database, curve: list[float], back: int, batch: int
) -> None:
    run, model = new_run(db), {}
    first = [Point("loss", step, value, 1) for step, value in enumerate(curve)]
    again = [Point("loss", step, value / 2, 2) for step, value in enumerate(curve)][len(curve) - back :]
    for some in (first, again):
        for start in range(0, len(some), batch):
            with db.write() as connection:
                write_points(connection, run, some[start : start + batch])
        model.update({(point.key, point.step): point for point in some})
    check(db, run, model)


def test_replacing_the_best_point_finds_the_next_best(db: Database) -> None:
    run = new_run(db)
    for batch in (
        [Point("loss", step, value, 1) for step, value in enumerate([3.0, 1.0, 2.0])],
        [Point("loss", 1, 9.0, 2)],
    ):
        with db.write() as connection:
            write_points(connection, run, batch)
    table = summaries(db, [run])
    assert (table["min"], table["min_step"], table["max"], table["max_step"]) == ([2.0], [2], [9.0], [1])


def test_infinity_is_shown_but_is_no_best_value(db: Database) -> None:
    run = new_run(db)
    with db.write() as connection:
        write_points(
            connection,
            run,
            [Point("loss", step, value, 1) for step, value in enumerate([-math.inf, 2.0, math.inf])],
        )
    assert metric_points(db, [run])["value"] == [-math.inf, 2.0, math.inf]
    table = summaries(db, [run])
    assert (table["min"], table["max"], table["last"], table["n"]) == ([2.0], [2.0], [math.inf], [3])


def test_selections(db: Database) -> None:
    one, two = new_run(db), new_run(db)
    for run in (one, two):
        with db.write() as connection:
            write_points(
                connection, run, [Point(key, step, run + step, 1) for key in ("a", "b") for step in range(3)]
            )
    assert metric_points(db, [two], ["b"], since_step=0) == {
        "run_id": [two, two],
        "key": ["b", "b"],
        "step": [1, 2],
        "value": [two + 1.0, two + 2.0],
        "time": [1, 1],
    }
    assert summaries(db, [one, two], ["a"])["run_id"] == [one, two]
    assert metric_points(db, [one], ["none"])["value"] == []
    assert metric_points(db, [])["value"] == []
    assert metric_keys(db, [99]) == []


def test_points_need_a_run(db: Database, tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="FOREIGN KEY"), db.write() as connection:
        write_points(connection, 99, [Point("a", 0, 1.0, 1)])


@given(st.lists(st.lists(points, max_size=12), max_size=6))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_one_curve_of_many_runs_is_what_is_stored(tmp_path: Path, runs: list[list[Point]]) -> None:
    with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
        db = Database.at(Path(folder))
        ids = [new_run(db) for _ in runs]
        for run, new in zip(ids, runs, strict=True):
            with db.write() as connection:
                write_points(connection, run, new)
        found = curve_arrays(db, "train/loss", ids)
        for run in ids:
            rows = metric_points(db, [run], ["train/loss"])
            assert (run in found) == bool(rows["step"])
            if rows["step"]:
                curve = found[run]
                assert curve.steps.tolist() == rows["step"] and curve.times.tolist() == rows["time"]
                assert all(
                    same(a, b) or math.isclose(a, b, rel_tol=1e-14) or min(abs(a), abs(b)) > 1.797e308
                    for a, b in zip(curve.values.tolist(), rows["value"], strict=True)
                )
        db.close()
