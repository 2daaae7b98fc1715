"""Placement of runs on GPUs and cores."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.scheduling import (
    ImpossibleDemand,
    Machine,
    Place,
    Start,
    check_demand,
    held_cores,
    held_gpus,
    next_start,
    place,
)
from engine.settings.training import TrainingSettings

TWO_CORES = Machine((), 2)
FOUR_GPUS = Machine((0, 1, 2, 3), 16)


def test_nine_single_threaded_runs_go_two_at_a_time_on_two_cores() -> None:
    settings = TrainingSettings(threads=1)
    assert place(settings, TWO_CORES, [], 9) == Place((), 1)
    assert place(settings, TWO_CORES, ["cpu:1"], 8) == Place((), 1)
    assert place(settings, TWO_CORES, ["cpu:1", "cpu:1"], 7) is None


def test_open_threads_share_the_cores_among_the_runs_there_are() -> None:
    settings = TrainingSettings(threads=0)
    assert place(settings, TWO_CORES, [], 1) == Place((), 2)
    assert place(settings, TWO_CORES, [], 2) == Place((), 1)
    assert place(settings, Machine((), 64), [], 1) == Place((), 16)


def test_a_run_that_wants_more_threads_than_cores_runs_alone() -> None:
    settings = TrainingSettings(threads=8)
    assert place(settings, TWO_CORES, [], 1) == Place((), 8)
    assert place(settings, TWO_CORES, ["cpu:1"], 1) is None


def test_one_run_a_gpu_and_as_many_gpus_as_processes() -> None:
    assert place(TrainingSettings(), FOUR_GPUS, ["cuda:0", "cpu:2"], 1) == Place((1,), 4)
    two = place(TrainingSettings(processes=2), FOUR_GPUS, ["cuda:1"], 1)
    assert two == Place((0, 2), 4, 2)
    assert two.device() == "cuda:0,2"
    assert place(TrainingSettings(processes=2), FOUR_GPUS, ["cuda:0,2", "cuda:1"], 1) is None


def test_a_run_that_asks_for_the_cpu_gets_it_beside_busy_gpus() -> None:
    assert place(TrainingSettings(device="cpu", threads=4), FOUR_GPUS, ["cuda:0,1,2,3"], 1) == Place((), 4)


def test_more_gpus_than_there_are_is_refused_in_one_line() -> None:
    with pytest.raises(ImpossibleDemand, match=r"processes is 8 but this machine has 4 GPUs"):
        place(TrainingSettings(processes=8), FOUR_GPUS, [], 1)


@given(
    cores=st.integers(1, 64),
    gpus=st.integers(0, 4),
    demands=st.lists(
        st.tuples(st.integers(0, 4), st.integers(1, 4), st.sampled_from(["auto", "cpu", "cuda"])), max_size=20
    ),
)
def test_places_never_overlap_and_read_back(
    cores: int, gpus: int, demands: list[tuple[int, int, str]]
) -> None:
    machine, held = Machine(tuple(range(gpus)), cores), []
    for threads, processes, device in demands:
        training = TrainingSettings(threads=threads, processes=processes, device=device, batch_size=12)
        try:
            found = place(training, machine, held, len(demands))
        except ImpossibleDemand:
            assert processes > gpus
            continue
        if found is not None:
            assert found.threads >= 1
            held.append(found.device())
            assert held_gpus(found.device()) == found.gpus
            assert held_cores(found.device()) == (0 if found.gpus else found.threads * found.processes)
    taken = [gpu for device in held for gpu in held_gpus(device)]
    assert len(taken) == len(set(taken)) and set(taken) <= set(range(gpus))
    busy = [cores for cores in map(held_cores, held) if cores]
    assert sum(busy) <= cores or len(busy) == 1


GPU, TWO_GPUS, CPU = (
    TrainingSettings(),
    TrainingSettings(processes=2),
    TrainingSettings(device="cpu", threads=1),
)


def test_the_first_that_finds_a_place_is_next() -> None:
    assert next_start([GPU, CPU], FOUR_GPUS, []) == Start(0, Place((0,), 4))
    assert next_start([], FOUR_GPUS, []) is None


def test_who_waits_for_a_device_is_not_overtaken_by_those_behind_who_want_the_same_kind() -> None:
    held = ["cuda:0", "cuda:1", "cuda:2"]
    assert next_start([TWO_GPUS, GPU], FOUR_GPUS, held) is None
    assert next_start([TWO_GPUS, GPU, CPU], FOUR_GPUS, held) == Start(2, Place((), 1))
    assert next_start([GPU, TWO_GPUS], FOUR_GPUS, held) == Start(0, Place((3,), 4))


def test_a_paused_device_takes_no_run_and_the_others_do() -> None:
    assert next_start([GPU], FOUR_GPUS, [], {"cuda:0"}) == Start(0, Place((1,), 4))
    assert next_start([GPU], Machine((0,), 4), [], {"cuda:0"}) is None
    assert next_start([GPU, CPU], Machine((0,), 4), [], {"cuda:0"}) == Start(1, Place((), 1))
    assert next_start([CPU, GPU], Machine((0,), 4), [], {"cpu"}) == Start(1, Place((0,), 4))
    assert next_start([CPU], TWO_CORES, [], {"cpu"}) is None


def test_runs_further_back_share_the_cores_too() -> None:
    open_threads = TrainingSettings(device="cpu", threads=0)
    alone, in_company = (next_start([open_threads], Machine((), 8), [], (), behind) for behind in (0, 3))
    assert alone is not None and in_company is not None
    assert (alone.place.threads, in_company.place.threads) == (8, 2)


def test_a_pause_does_not_make_a_demand_impossible() -> None:
    check_demand(TWO_GPUS, Machine((0, 1), 4))
    assert next_start([TWO_GPUS], Machine((0, 1), 4), [], {"cuda:1"}) is None
    with pytest.raises(ImpossibleDemand, match=r"training.processes is 2 but this machine has 1 GPU"):
        check_demand(TWO_GPUS, Machine((0,), 4))
