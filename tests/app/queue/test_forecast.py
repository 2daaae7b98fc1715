"""The queue played through: when runs start and end, and what stays unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.queue.forecast import UNKNOWN, Expected, Held, Wish, forecast
from app.training.scheduling import ImpossibleDemand, Machine
from engine.settings.training import TrainingSettings

ONE = TrainingSettings(device="cpu", threads=1)
GPU, TWO_GPUS = TrainingSettings(), TrainingSettings(processes=2)
TWO_CORES, TWO_CARDS = Machine((), 2), Machine((0, 1), 8)


def test_runs_fill_the_places_there_are_in_order() -> None:
    waiting = [Wish(run, ONE, 10.0 * run) for run in (1, 2, 3, 4)]
    assert forecast([], waiting, TWO_CORES) == {
        1: Expected(0, 10),
        2: Expected(0, 20),
        3: Expected(10, 40),
        4: Expected(20, 60),
    }


def test_what_works_is_waited_for() -> None:
    held = [Held("cpu:1", 5.0), Held("cpu:1", 30.0)]
    assert forecast(held, [Wish(1, ONE, 10.0), Wish(2, ONE, 10.0)], TWO_CORES) == {
        1: Expected(5, 15),
        2: Expected(15, 25),
    }


def test_behind_an_unknown_end_nothing_is_known() -> None:
    waiting = [Wish(1, ONE, None), Wish(2, ONE, 10.0), Wish(3, ONE, 10.0)]
    assert forecast([Held("cpu:1", None)], waiting, TWO_CORES) == {
        1: Expected(0, None),
        2: UNKNOWN,
        3: UNKNOWN,
    }
    assert forecast([Held("cpu:1", 4.0)], waiting, TWO_CORES)[2] == Expected(4, 14)


def test_one_that_needs_two_gpus_is_not_overtaken() -> None:
    waiting = [Wish(1, TWO_GPUS, 10.0), Wish(2, GPU, 10.0), Wish(3, ONE, 7.0)]
    assert forecast([Held("cuda:0", 5.0)], waiting, TWO_CARDS) == {
        1: Expected(5, 15),
        2: Expected(15, 25),
        3: Expected(0, 7),
    }


def test_a_paused_device_is_not_counted_on() -> None:
    waiting = [Wish(1, GPU, 10.0), Wish(2, GPU, 10.0)]
    assert forecast([], waiting, TWO_CARDS, {"cuda:1"}) == {1: Expected(0, 10), 2: Expected(10, 20)}
    assert forecast([], waiting, TWO_CARDS, {"cuda:0", "cuda:1"}) == {1: UNKNOWN, 2: UNKNOWN}


def test_an_impossible_demand_is_told() -> None:
    with pytest.raises(ImpossibleDemand):
        forecast([], [Wish(1, TWO_GPUS, 1.0)], Machine((0,), 1))


@given(st.lists(st.floats(1, 100), min_size=1, max_size=12), st.integers(1, 4))
def test_single_threaded_runs_of_one_kind_go_as_list_scheduling_says(takes: list[float], cores: int) -> None:
    """Each takes the core that is free first; so none waits while a core is idle."""
    free = [0.0] * cores
    for run, expected in forecast(
        [], [Wish(run, ONE, seconds) for run, seconds in enumerate(takes)], Machine((), cores)
    ).items():
        start = min(free)
        assert expected == Expected(start, start + takes[run])
        free[free.index(start)] = start + takes[run]
