"""The command line: one clear line for every mistake, and no torch for light commands."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Command, command_in
from house import open_house

from app.training.processes import is_alive
from engine.presets.preset import method_names
from storage.jobs import active_jobs, queued_jobs
from storage.runs import list_runs


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run the command line in this process, in a home of its own; gives exit code, stdout and stderr."""
    return command_in(tmp_path / "home", monkeypatch, capsys)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "No such command 'trian'"),
        (["train"], "no settings: name a preset"),
        (
            ["train", "--preset", "bits-quik"],
            "no preset 'bits-quik' (did you mean 'bits-quick'?); choose from bits-quick, ",
        ),
        (
            ["train", "--preset", "bits-quick", "--method", "infmask"],
            f"choose from {', '.join(method_names())}",
        ),
        (["train", "--preset", "bits-quick", "--set", "training.epoch=2"], "(did you mean 'epochs'?)"),
        (["train", "--preset", "bits-quick", "--set", "fusion.heads=7"], "heads (7) must divide width ("),
        (["train", "--preset", "bits-quick", "--seed", "-1"], "greater than or equal to 0; got '-1'"),
        (["train", "--preset", "bits-quick", "--seed", "one"], "--seed"),
        (["train", "--preset", "bits-quick", "--run", "1"], "leave out --preset"),
        (["train", "--run", "7"], "no run 7"),
        (["train", "--config", "none.toml"], "none.toml cannot be read: No such file or directory"),
        (["train", "--colour"], "No such option: --colour"),
        (["probe", "7"], "no run 7"),
        (["probe", "seven"], "RUN"),
        (["probe", "7", "--data", "here.npz"], "no run 7"),
        (["decompose", "7", "--data", "path=here.npz", "--data", "seed=1"], "no run 7"),
        (["import", "none.safetensors", "--data", "here.npz"], "no file none.safetensors"),
        (["export", "0"], "RUN"),
        (["export", "7"], "no run 7"),
        (["import", "none.safetensors"], "no file none.safetensors"),
    ],
)
def test_every_mistake_is_one_line(command: Command, arguments: list[str], message: str) -> None:
    code, out, err = command(*arguments)
    assert code != 0 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and message in err


def test_a_home_that_cannot_be_made_is_one_line(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INFMASKING_HOME", str(tmp_path / "file/home"))
    code, _, err = command("runs")
    assert code == 1 and err.startswith("error: ") and err.count("\n") == 1 and "file/home" in err


def test_a_file_that_is_no_database_is_one_line(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "studio.db").write_text("no database at all, but long enough to be looked at" * 100)
    monkeypatch.setenv("INFMASKING_DATABASE_URL", f"sqlite:///{tmp_path}/studio.db")
    code, _, err = command("runs")
    assert code == 1 and err.count("\n") == 1 and "studio.db" in err


def test_debug_shows_the_trace(command: Command) -> None:
    code, _, err = command("--debug", "export", "7")
    assert code == 1 and "Traceback" in err and err.endswith("error: no run 7\n")


def test_runs_are_listed_for_people_and_for_programs(command: Command, tmp_path: Path) -> None:
    assert "no runs yet" in command("runs")[1]
    assert json.loads(command("runs", "--json")[1]) == []
    with open_house(tmp_path / "home") as house:
        first, second = house.submit("one", "two")
    lines = command("runs")[1].splitlines()
    assert [line.split()[0] for line in lines] == ["RUN", str(second), str(first)]
    assert lines[1].split()[1] == "queued" and lines[1].endswith("two")
    listed = json.loads(command("runs", "--json")[1])
    assert [(run["id"], run["state"], run["method"]) for run in listed] == [
        (second, "queued", "comm"),
        (first, "queued", "comm"),
    ]
    assert listed[0]["settings"]["training"]["epochs"] == 2


def test_presets_are_listed(command: Command) -> None:
    code, out, _ = command("presets")
    assert code == 0 and out.startswith("bits-quick\n") and "infmasking, comm, cross; seeds 0, 1, 2" in out


@pytest.mark.parametrize(
    "arguments", [["--help"], ["train", "--help"], ["runs"], ["presets"], ["export", "7"], ["import", "x"]]
)
def test_light_commands_do_not_import_torch(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from app.cli import main\n"
        f"sys.argv = ['infmasking', *{arguments}]\n"
        "try:\n    main()\nexcept SystemExit:\n    sys.exit(9 if 'torch' in sys.modules else 0)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr


def test_detached_runs_are_queued_with_absolute_data_paths_and_a_supervisor_takes_them(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = [
        "--set",
        "data.path=none.npz",
        "--set",
        'data.modalities=["a", "b"]',
        "--set",
        "data.label=y",
    ]
    code, out, err = command(
        "train", "--preset", "paired-file", "--method", "comm", "--seed", "1", "--detach", *arguments
    )
    assert (code, err) == (0, "") and out.startswith("run 1: paired-file · comm · seed 1")
    with open_house(tmp_path / "home") as house:
        try:
            assert house.run(1).settings["data"]["path"] == str(tmp_path / "none.npz")
            house.until(lambda: not queued_jobs(house.db))
            house.until(lambda: not active_jobs(house.db))
            assert house.run(1).status == "failed" and "none.npz" in (house.run(1).error or "")
        finally:
            house.dismiss()


def test_supervise_once_leaves_when_nothing_waits(command: Command, tmp_path: Path) -> None:
    with open_house(tmp_path / "home") as house:
        environment = house.environment()
        once = [sys.executable, "-m", "app.cli", "supervise", "--once"]
        done = subprocess.run(once, env=environment, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, "")
        house.supervisor()
        house.until(house.has_supervisor)
        done = subprocess.run(once, env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 1
        assert done.stderr == "error: this machine has a live supervisor for this database already\n"
        assert list_runs(house.db) == []


def test_a_run_can_be_followed_and_a_failed_one_ends_with_its_line(command: Command, tmp_path: Path) -> None:
    with open_house(tmp_path / "home") as house:
        house.supervisor()
        house.until(house.has_supervisor)  # else the command would start one of its own
        (number,) = house.submit("crash")
        code, out, _ = command("train", "--run", str(number))
        assert (code, out) == (1, f"run {number} (crash) failed: the data set has no rows\n")
        # What failed is started again by the same command.
        code, out, _ = command("train", "--run", str(number))
        assert code == 1 and house.run(number).attempts == 2
        (good,) = house.submit("work")
        code, out, _ = command("train", "--run", str(good))
        assert (code, out) == (0, f"run {good} (work) finished: no results\n")
        code, _, err = command("train", "--run", str(good))
        assert code == 1 and "only a lost, stopped or failed run can be resumed" in err


def test_a_second_control_c_ends_a_run_that_does_not_listen(tmp_path: Path) -> None:
    with open_house(tmp_path / "home") as house:
        house.supervisor()
        house.until(house.has_supervisor)
        (number,) = house.submit("deaf")
        run = house.wait(number, "running")
        command = [sys.executable, "-m", "app.cli", "train", "--run", str(number)]
        follower = subprocess.Popen(
            command, env=house.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert follower.stdout is not None and follower.stderr is not None
        follower.stderr.readline()  # the first line of progress
        follower.send_signal(signal.SIGINT)
        assert "press Ctrl-C again" in follower.stdout.readline()
        house.wait(number, "stopping")
        follower.send_signal(signal.SIGINT)
        assert follower.wait(60) == 130
        assert house.state(number) == "stopped"
        house.until(lambda: not is_alive(run.pid, run.pid_started))
        house.until(lambda: not active_jobs(house.db))


def test_a_file_in_the_users_folder_is_not_taken_for_a_package(tmp_path: Path) -> None:
    (tmp_path / "psutil.py").write_text("raise RuntimeError('not the package')")
    with open_house(tmp_path / "home") as house:
        once = [sys.executable, "-m", "app.cli", "supervise", "--once"]
        done = subprocess.run(
            once, env=house.environment(), cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")
        unsafe = house.environment() | {"PYTHONSAFEPATH": ""}
        done = subprocess.run(once, env=unsafe, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        assert "not the package" in done.stderr
