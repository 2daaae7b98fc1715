"""How a run of several processes ends when one of them does."""

import subprocess
import sys
from pathlib import Path

import pytest
from house import House
from torch.distributed.elastic.multiprocessing.errors import ProcessFailure

from app.training.ranks import LOST_PEER, ending, lost_peer
from app.training.scheduling import Place
from app.training.trainer_command import launch_options

CLOSED = "[gloo/transport/tcp/pair.cc:547] Connection closed by peer [127.0.0.1]:30843"


def failures(*ends: tuple[int, int]) -> dict[int, ProcessFailure]:
    """Of ranks 0 …, by exit code (0: it did not fail) and seconds after the first of them."""
    found = {}
    for rank, (code, seconds) in enumerate(ends):
        if code:
            found[rank] = ProcessFailure(local_rank=rank, pid=1, exitcode=code, error_file="")
            found[rank].timestamp += seconds
    return found


@pytest.mark.parametrize(
    ("ends", "code", "said"),
    [
        ([(LOST_PEER, 0), (-9, 0)], -9, "process 2 of the run was ended by SIGKILL"),
        ([(-6, 0), (-9, 0)], -9, "process 2 of the run was ended by SIGKILL"),
        ([(-11, 0), (-15, 1)], -11, "process 1 of the run was ended by SIGSEGV"),
        ([(1, 0), (-9, 0), (1, 0)], -9, "process 2 of the run was ended by SIGKILL"),
        ([(LOST_PEER, 0), (1, 0)], 1, ""),
        ([(0, 0), (1, 0)], 1, ""),
        ([(-9, 31), (1, 0)], 1, ""),  # the launcher's own kill, of one that hung
        ([(LOST_PEER, 0), (-15, 0)], LOST_PEER, ""),  # the one that is gone was on another machine
    ],
)
def test_the_end_of_a_run_is_that_of_the_process_that_ended_first(
    ends: list[tuple[int, int]], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ending(failures(*ends)) == code
    assert capsys.readouterr().out.strip() == said


@pytest.mark.slow
@pytest.mark.parametrize(("ends", "code"), [(["0", "0"], 0), (["wait", "-9"], -9), (["wait", "1"], 1)])
def test_the_launcher_ends_as_its_processes_did(tmp_path: Path, ends: list[str], code: int) -> None:
    command = [sys.executable, "-m", "app.training.ranks", *launch_options(Place((), 1, 2)), "rank_end"]
    environment = House(tmp_path).environment()
    environment["PYTHONPATH"] += f":{Path(__file__).parents[1]}"
    environment["ACCELERATE_USE_CPU"] = "true"
    done = subprocess.run(
        [*command, *ends], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == code, done.stderr
    assert "ChildFailedError" not in done.stderr


def test_a_lost_connection_is_told_from_a_fault() -> None:
    assert lost_peer(RuntimeError(CLOSED))
    wrapped = ValueError("the loss cannot be computed")
    wrapped.__cause__ = RuntimeError("writev: Broken pipe")
    assert lost_peer(wrapped)
    assert not lost_peer(RuntimeError("[enforce fail at pair.cc:446] preamble.length <= nbytes. 8 vs 4"))
    assert not lost_peer(BrokenPipeError("Broken pipe"))  # a file's or a pipe's
    assert not lost_peer(ValueError(CLOSED))
