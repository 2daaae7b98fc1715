"""Real training under a real supervisor: to its end, through kill -9, stop and resume, or to one line that
says why not."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import torch
from house import House, open_house
from safetensors.numpy import load_file

from storage.artifacts import Artifact, copy_to, find_artifact
from storage.queries import log_tail, metric_points, results
from storage.runs import request_stop, requeue

pytestmark = pytest.mark.slow

LONG = {"training__epochs": 40, "training__state_seconds": 1.0}
"""Some seconds of training, of which a crash costs one."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path / "home") as opened:
        yield opened


QUICK_DECOMPOSITION = {
    "folds": 2,
    "fold_seeds": 1,
    "draws": 50,
    "permutations": 19,
    "controls": 0,
    "curve": "false",
}


def infmasking(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line as a process of its own."""
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, env=house.environment(), capture_output=True, text=True, timeout=240)


def kept(house: House, run_id: int, kind: str) -> Artifact:
    artifact = find_artifact(house.db, run_id, kind)
    assert artifact is not None
    return artifact


@pytest.mark.heavy
def test_a_run_is_trained_probed_exported_imported_and_probed_again(house: House, tmp_path: Path) -> None:
    (number,) = house.submit("small")
    house.supervisor(trainer="real")
    run = house.wait(number, "finished", "failed", seconds=120)
    assert (run.status, run.error, run.step, run.steps) == ("finished", None, 12, 12)
    keys = set(metric_points(house.db, [number])["key"])
    assert {"train/loss", "validation/loss", "system/cpu_percent", "system/memory_gib"} <= keys
    before = results(house.db, [number])
    assert set(before["task"]) == {"share", "unique1", "unique2", "synergy"}

    file = tmp_path / "out.safetensors"
    done = infmasking(house, "export", str(number), "--output", str(file))
    assert (done.returncode, done.stderr) == (0, "")
    assert kept(house, number, "last").sha256 in done.stdout and f"{file.stat().st_size} bytes" in done.stdout
    done = infmasking(house, "import", str(file))
    assert done.stdout.startswith(f"run {number + 1};")
    done = infmasking(house, "probe", str(number + 1))
    assert (done.returncode, done.stderr) == (0, "")
    after = results(house.db, [number + 1])
    assert (after["task"], after["metric"], after["value"]) == (
        before["task"],
        before["metric"],
        before["value"],
    )

    quick = [word for name, value in QUICK_DECOMPOSITION.items() for word in ("--set", f"{name}={value}")]
    done = infmasking(house, "decompose", str(number), *quick)
    assert (done.returncode, done.stderr) == (0, "")
    assert "bits of synergy (usable with this probe, N = " in done.stdout
    again = infmasking(house, "decompose", str(number), "--json", *quick)
    rows = json.loads(again.stdout)
    assert {(row["task"], row["encoder"]) for row in rows} >= {
        ("synergy", "trained"),
        ("synergy", "untrained"),
    }
    refused = infmasking(house, "decompose", str(number), "--set", "fold=3")
    assert (
        refused.returncode == 1
        and "no setting 'decomposition.fold' (did you mean 'folds'?)" in refused.stderr
    )


def test_a_run_killed_and_resumed_ends_with_the_weights_of_one_that_was_not(
    house: House, tmp_path: Path
) -> None:
    broken, whole = house.submit("broken", "whole", **LONG)
    house.supervisor(trainer="real")
    house.until(lambda: find_artifact(house.db, broken, "state") is not None, 120)
    pid = house.run(broken).pid or 0
    os.kill(pid, signal.SIGKILL)
    curve = metric_points(house.db, [broken])
    state = kept(house, broken, "state")
    lost = house.wait(broken, "lost")
    assert lost.step < lost.steps
    assert kept(house, broken, "state").sha256 == state.sha256
    requeue(house.db, broken)
    house.wait(broken, "finished", seconds=120)
    house.wait(whole, "finished", seconds=120)
    assert any("resumed at" in line.text for line in log_tail(house.db, broken))
    again = metric_points(house.db, [broken])
    assert set(zip(curve["key"], curve["step"], strict=True)) <= set(
        zip(again["key"], again["step"], strict=True)
    )
    assert [*weights(house, broken, tmp_path)] == [*weights(house, whole, tmp_path)]
    assert all(
        (one == other).all()
        for one, other in zip(
            weights(house, broken, tmp_path).values(), weights(house, whole, tmp_path).values(), strict=True
        )
    )


def weights(house: House, run_id: int, folder: Path) -> dict[str, object]:
    file = folder / f"{run_id}.safetensors"
    copy_to(house.db, kept(house, run_id, "last").id, file)
    return load_file(file)


def test_a_run_goes_on_without_its_supervisor_and_stops_with_a_checkpoint(house: House) -> None:
    (number,) = house.submit("long", training__epochs=2000, training__state_seconds=60.0)
    supervisor = house.supervisor(trainer="real")
    house.until(lambda: house.run(number).step > 0, 120)
    os.kill(supervisor.pid, signal.SIGKILL)
    supervisor.wait()
    step = house.run(number).step
    house.until(lambda: house.run(number).step > step + 5)
    request_stop(house.db, number)
    stopped = house.wait(number, "stopped")
    assert kept(house, number, "state").facts["step"] == stopped.step < stopped.steps
    assert stopped.error is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_cuda_where_there_is_none_is_one_clear_line(house: House) -> None:
    house.submit("gpu", training__device="cuda")
    house.supervisor(trainer="real")
    done = infmasking(house, "train", "--run", "1")
    assert done.returncode == 1
    assert "training.device is 'cuda' but torch sees no GPU; choose auto or cpu" in (house.run(1).error or "")
    assert done.stdout == f"run 1 (gpu) failed: {house.run(1).error}\n"
    log = (house.home / "logs/run-000001.log").read_text()
    assert f"error: {house.run(1).error}" in log and "Traceback" not in log


@pytest.mark.heavy
def test_several_processes_share_a_run_and_stop_together(house: House) -> None:
    short, long = house.submit("short", training__processes=2) + house.submit(
        "long", training__processes=2, training__epochs=2000
    )
    house.supervisor(trainer="real", cores=2)
    assert house.wait(short, "finished", "failed", seconds=90).error is None
    assert kept(house, short, "last").size > 0
    house.until(lambda: house.run(long).step > 5, 120)
    request_stop(house.db, long)
    house.wait(long, "stopped")


@pytest.mark.heavy
@pytest.mark.parametrize("rank", [0, 1])
def test_a_run_of_which_one_process_is_killed_is_lost_and_resumes(house: House, rank: int) -> None:
    (number,) = house.submit(
        "pair", training__processes=2, training__epochs=2000, training__state_seconds=1.0
    )
    house.supervisor(trainer="real", cores=2)
    house.until(lambda: find_artifact(house.db, number, "state") is not None, 120)
    first = psutil.Process(house.run(number).pid)
    (second,) = (child for child in first.parent().children() if child != first)
    (first, second)[rank].kill()
    lost = house.wait(number, "lost", "failed", "stopped", "finished", seconds=60)
    assert (lost.status, lost.error) == (
        "lost",
        "the training process was ended by SIGKILL, perhaps because memory ran out; resume continues from "
        "its last checkpoint",
    )
    log = (house.home / f"logs/run-{number:06d}.log").read_text()
    assert f"process {rank + 1} of the run was ended by SIGKILL" in log and "ChildFailedError" not in log
    requeue(house.db, number)
    house.until(lambda: any("resumed at" in line.text for line in log_tail(house.db, number)), 120)
    request_stop(house.db, number)
    assert house.wait(number, "stopped", seconds=60).step >= kept(house, number, "state").facts["step"] > 0


def test_an_error_of_several_processes_is_their_own_line(house: House) -> None:
    (number,) = house.submit("too large", training__processes=2, training__batch_size=1000)
    house.supervisor(trainer="real", cores=2)
    failed = house.wait(number, "lost", "failed", "finished", seconds=90)
    assert (failed.status, failed.error) == (
        "failed",
        "training.batch_size is 1000; choose at most the 200 training samples",
    )


FAULT = """
import os
if os.environ.get("RANK") == "1":
    import torch
    def step(*_, **__):
        raise KeyError("a fault of one process")
    torch.optim.AdamW.step = step
"""


def test_a_fault_of_one_process_of_several_is_its_own_line(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(FAULT)  # every Python that starts here imports it
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (number,) = house.submit("pair", training__processes=2)
    house.supervisor(trainer="real", cores=2)
    failed = house.wait(number, "lost", "failed", "finished", seconds=120)
    assert (failed.status, failed.error) == ("failed", "KeyError: 'a fault of one process'")
    assert "in _train_beside" in (house.home / f"logs/run-{number:06d}.log").read_text()


def test_control_c_stops_with_a_checkpoint_and_the_same_command_resumes(house: House) -> None:
    house.supervisor(trainer="real")
    (number,) = house.submit("long", training__epochs=2000)
    command = [sys.executable, "-m", "app.cli", "train", "--run", str(number)]
    follower = subprocess.Popen(
        command, env=house.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    house.until(lambda: house.run(number).step > 0, 120)
    assert follower.stderr is not None
    follower.stderr.readline()  # the first line of progress: from here on Ctrl-C is its own
    follower.send_signal(signal.SIGINT)
    out, _ = follower.communicate(timeout=60)
    assert follower.returncode == 130
    assert out.splitlines() == [
        "stopping after a checkpoint; press Ctrl-C again to end at once",
        f"run {number} (long) stopped",
    ]
    done = house.run(number).step
    assert kept(house, number, "state").facts["step"] == done
    assert infmasking(house, "train", "--run", str(number), "--detach").returncode == 0
    house.until(lambda: house.run(number).step > done, 120)
    request_stop(house.db, number)
    house.wait(number, "stopped")
