"""`infmasking study`: a study from its plan, started once, looked at, listed; each mistake one line."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import Command, command_in
from house import SMALL, House, open_house

from app.training.processes import host_name, this_process
from engine.presets.layers import nest
from engine.presets.plan_file import parse_plan, write_plan
from engine.presets.preset import load_preset, plan_of
from storage.jobs import register_supervisor
from storage.runs import get_run, list_runs, mark_ended, mark_started
from storage.studies import get_study, list_studies, members


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in a home of the test's own."""
    return command_in(tmp_path / "home", monkeypatch, capsys)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """The same home, whose supervisor is this test: runs wait."""
    me = this_process()
    with open_house(tmp_path / "home") as opened:
        register_supervisor(opened.db, host_name(), me.pid, me.started)
        yield opened


def plan_file(folder: Path, name: str = "sweep.toml", **content: object) -> Path:
    usual = {
        "preset": "bits-quick",
        "question": "How much masking?",
        "methods": ["infmasking", "cross"],
        "seeds": [0, 1],
        "common": nest(SMALL),
        "vary": [{"objective.mask_ratio": "0.3…0.7 by 0.2"}],
    }
    file = folder / name
    file.write_text(write_plan(plan_of({"name": ""} | usual | content)).replace('name = ""\n', ""))
    return file


def test_a_plan_becomes_a_study_that_is_started_once(command: Command, house: House, tmp_path: Path) -> None:
    file = plan_file(tmp_path)
    code, out, err = command("study", "run", str(file), "--detach")
    assert (code, err) == (0, "")
    assert out == "study 1 'sweep': 8 runs started\n"
    study = get_study(house.db, "sweep")
    assert study.question == "How much masking?"
    assert [axis["path"] for axis in study.axes] == ["objective.mask_ratio"]
    numbers = members(house.db, study.id)
    stored = [get_run(house.db, number) for number in numbers]
    assert [(run.method, run.settings["objective"].get("mask_ratio"), run.seed) for run in stored] == [
        *(("infmasking", ratio, seed) for ratio in (0.3, 0.5, 0.7) for seed in (0, 1)),
        ("cross", None, 0),
        ("cross", None, 1),
    ]
    assert {run.preset for run in stored} == {"bits-quick"}


def test_again_it_starts_what_is_missing_and_says_what_it_skipped(
    command: Command, house: House, tmp_path: Path
) -> None:
    command("study", "run", str(plan_file(tmp_path)), "--detach")
    failed = members(house.db, 1)[0]
    mark_started(house.db, failed, host="elsewhere", pid=4_194_000)
    mark_ended(house.db, failed, "failed", "why not")
    file = plan_file(tmp_path, seeds=[0, 1, 2])
    code, out, err = command("study", "run", str(file), "--detach")
    assert (code, err) == (0, "")
    assert out == (
        "study 1 'sweep': 4 runs started; 1 interrupted run again in the queue; "
        "7 runs skipped: there already\n"
    )
    assert len(list_runs(house.db)) == 12 and len(list_studies(house.db)) == 1


def test_it_is_shown_and_listed_and_its_plan_is_a_file(
    command: Command, house: House, tmp_path: Path
) -> None:
    assert "no studies yet; start one with: infmasking study run bits-quick" in command("study", "list")[1]
    command("study", "run", str(plan_file(tmp_path)), "--name", "My masks", "--detach")
    lines = command("study", "list")[1].splitlines()
    assert lines[0].split() == ["STUDY", "NAME", "FINISHED", "CREATED", "QUESTION"]
    assert lines[1].startswith("1      My masks  0 of 8") and lines[1].endswith("How much masking?")
    shown = command("study", "show", "My masks")[1]
    assert "How much masking?" in shown and "InfMasking, mask ratio 0.5  0-1    3, 4" in shown
    assert command("study", "show", "1")[1] == shown
    text = command("study", "show", "1", "--plan")[1]
    assert parse_plan(text, "x").vary == ({"objective.mask_ratio": "0.3…0.7 by 0.2"},)
    (tmp_path / "again.toml").write_text(text)
    out = command("study", "run", str(tmp_path / "again.toml"), "--detach")[1]
    assert out.startswith("study 1 'My masks': 0 runs started")


def test_a_preset_and_a_table_are_plans_too(command: Command) -> None:
    out = command("presets")[1]
    assert "\nmultibench\n  MultiBench, two modalities." in out
    assert "data sets vision-touch-position, mimic, mosi, ur-funny, mustard; methods infmasking" in out
    assert load_preset("bits-quick").question


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["study", "run", "bits-quik"], "no plan file or preset 'bits-quik' (did you mean 'bits-quick'?)"),
        (["study", "run", "none.toml"], "none.toml cannot be read"),
        (
            ["study", "run", "bits-quick", "--name", "x" * 81],
            "name: String should have at most 80 characters",
        ),
        (["study", "run"], "FILE"),
        (["study", "show", "nothing"], "no study 'nothing'"),
        (["study", "show", "7"], "no study 7"),
    ],
)
def test_every_mistake_is_one_line(command: Command, arguments: list[str], message: str) -> None:
    code, out, err = command(*arguments)
    assert code != 0 and out == ""
    assert err.startswith("error: ") and err.count("\n") == 1 and message in err


def test_a_mistake_in_a_plan_names_path_and_value(command: Command, tmp_path: Path) -> None:
    file = plan_file(tmp_path, vary=[{"training.epochs": "2, 0"}])
    code, _, err = command("study", "run", str(file))
    assert code == 1 and "training.epochs: Input should be greater than or equal to 1; got '0'" in err
