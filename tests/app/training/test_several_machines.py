"""Two machines share a batch: settings, commands, and two real launchers that train as one machine with two
processes."""

import json
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from house import SMALL, House, open_house
from safetensors.torch import load_file

from app.training.configuring import plan_runs
from app.training.joining import JoiningError, joining_lines, write_joining
from app.training.scheduling import Machine, Place, place
from app.training.slurm import Cluster, slurm_script
from app.training.trainer_command import launch_options, trainer_command
from engine.presets.preset import load_preset
from engine.settings.experiment import ExperimentSettings, SettingsError

TWO = {
    "training.processes": 2,
    "training.machines": 2,
    "training.main_address": "127.0.0.1",
    "training.threads": 1,
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path / "home") as opened:
        yield opened


def settings_of(**changes: object) -> ExperimentSettings:
    return load_preset("bits-quick").experiment("comm", 0, SMALL | TWO | changes)


def test_mistakes_in_the_settings_are_one_line() -> None:
    with pytest.raises(
        SettingsError, match="main_address is ''; with 2 machines it must be the first one's name or address"
    ):
        settings_of(**{"training.main_address": ""})
    with pytest.raises(SettingsError, match="main_address is 'a; rm'"):
        settings_of(**{"training.main_address": "a; rm"})
    with pytest.raises(SettingsError, match=r"processes \(2\) must be a multiple of machines \(4\)"):
        settings_of(**{"training.machines": 4})


def test_the_digest_of_older_runs_stands() -> None:
    plain = load_preset("bits-quick").experiment("comm", 0, SMALL)
    assert plain.digest() != settings_of().digest()
    content = plain.model_dump(mode="json")
    for name in ("machines", "main_address", "main_port", "compile"):
        content["training"].pop(name)
    assert ExperimentSettings.model_validate(content).digest() == plain.digest()


def test_the_first_machine_takes_its_own_share() -> None:
    found = place(settings_of().training, Machine((), 4), [], 1)
    assert found == Place((), 1, 1, 2, "127.0.0.1", 29500)
    command = trainer_command(7, 8, found)
    options = dict(zip(command[4:-7:2], command[5:-7:2], strict=False))
    assert (options["--num_processes"], options["--num_machines"], options["--machine_rank"]) == (
        "2",
        "2",
        "0",
    )
    assert (options["--main_process_ip"], options["--main_process_port"]) == ("127.0.0.1", "29500")
    assert command[1:3] == ["-m", "app.training.ranks"]
    assert command[-6:] == ["app.cli", "train", "--run", "7", "--job", "8"]
    assert "--main_process_port 0" in " ".join(launch_options(Place((), 1, 2)))


def test_what_the_others_type(house: House, tmp_path: Path) -> None:
    (alone,) = house.submit("alone")
    with pytest.raises(JoiningError, match="is of one machine"):
        write_joining(house.db, alone, tmp_path / "run.json")
    (number,) = house.submit("both", **TWO)
    hint, line = write_joining(house.db, number, tmp_path / "run.json")
    assert hint.startswith("# Copy")
    assert json.loads((tmp_path / "run.json").read_text())["training"]["machines"] == 2
    assert "--machine_rank 1" in line and line.endswith("machine-1")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.heavy
@pytest.mark.slow
def test_two_launchers_train_as_two_processes_of_one(house: House, tmp_path: Path) -> None:
    together = settings_of(**{"training.main_port": free_port()})
    alone = settings_of(**{"training.machines": 1})
    for name, settings in (("together", together), ("alone", alone)):
        (tmp_path / f"{name}.json").write_text(json.dumps(settings.model_dump(mode="json")))
    environment = house.environment() | {"ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1"}
    first = [
        "python",
        "-m",
        "accelerate.commands.launch",
        *launch_options(Place((), 1, 1, 2, "127.0.0.1", together.training.main_port)),
        "engine",
    ]
    (second,) = joining_lines(together, str(tmp_path / "together.json"))
    words = [word for word in shlex.split(second) if "=" not in word]
    commands = [
        [*first, str(tmp_path / "together.json"), str(tmp_path / "kept")],
        [*words[:-1], str(tmp_path / "other")],
        [
            "python",
            "-m",
            "accelerate.commands.launch",
            *launch_options(Place((), 1, 2)),
            "engine",
            str(tmp_path / "alone.json"),
            str(tmp_path / "one"),
        ],
    ]
    running = [
        subprocess.Popen(
            [sys.executable, *command[1:]], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for command in commands
    ]
    ends = [one.communicate(timeout=200)[0].decode() for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], "\n".join(ends)
    assert not (tmp_path / "other" / "results.jsonl").exists()
    one, other = (load_file(tmp_path / name / "last.safetensors") for name in ("kept", "one"))
    assert all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.slow
def test_the_slurm_script_trains(house: House, tmp_path: Path) -> None:
    """With stand-ins for Slurm's own commands, as one node would run it."""
    cluster = Cluster(1, 0, 1, "1:00:00", "short", "", str(tmp_path / "results"))
    given = [f"{name}={json.dumps(value)}" for name, value in SMALL.items() if name != "training.device"]
    script = slurm_script(
        plan_runs("bits-quick", None, ["comm", "cross"], [3], cluster.assignments(given)), cluster
    )
    assert (
        "#SBATCH --array=0-1" in script and "#SBATCH --partition=short" in script and "account" not in script
    )
    (tmp_path / "srun").write_text('#!/bin/sh\nexec "$@"\n')
    (tmp_path / "srun").chmod(0o755)
    (tmp_path / "job.sh").write_text(script)
    path = os.pathsep.join([str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = house.environment() | {"PATH": path, "SLURM_ARRAY_TASK_ID": "1"}
    done = subprocess.run(
        ["bash", "job.sh"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    kept = tmp_path / "results" / "run-1"
    assert json.loads((kept / "settings.json").read_text())["objective"]["name"] == "cross"
    assert (kept / "last.safetensors").exists() and (kept / "results.jsonl").exists()


def test_words_that_no_script_should_hold_are_refused() -> None:
    with pytest.raises(SettingsError, match="--partition is 'a b'"):
        Cluster(1, 1, 1, "1:00", "a\nb", "", "x").assignments([])
    several = Cluster(2, 4, 8, "1:00:00", "", "", "results")
    script = slurm_script(plan_runs("bits-quick", None, ["comm"], [0], several.assignments([])), several)
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
    assert (
        '--num_processes 8 --num_machines 2 --machine_rank "$SLURM_NODEID" --main_process_ip "$first_node"'
        in script
    )
