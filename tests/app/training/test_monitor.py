"""System metrics of a run."""

import time
from collections.abc import Mapping

from eventually import eventually

from app.training.monitor import Monitor


def test_loads_are_recorded_at_the_current_step() -> None:
    points: list[tuple[int, Mapping[str, float]]] = []
    step = 7

    def busy() -> bool:
        """Whether a load was noticed; asking is one."""
        sum(range(5_000_000))
        return any(values["system/cpu_percent"] > 20 for _, values in points)

    with Monitor(lambda at, values: points.append((at, values)), lambda: step, seconds=0.1):
        eventually(busy)
        step = 8
        eventually(lambda: points[-1][0] == 8)
    assert {at for at, _ in points} == {7, 8}
    assert all(0.005 < values["system/memory_gib"] < 64 for _, values in points)


def test_the_thread_ends_with_the_context() -> None:
    points: list[int] = []
    with Monitor(lambda at, values: points.append(at), lambda: 0, seconds=0.02):
        eventually(lambda: len(points) > 1)
    count = len(points)
    time.sleep(0.1)
    assert count == len(points)


def test_a_run_shorter_than_the_interval_has_one_reading() -> None:
    points: list[int] = []
    with Monitor(lambda at, values: points.append(at), lambda: 3):
        pass
    assert points == [3]
