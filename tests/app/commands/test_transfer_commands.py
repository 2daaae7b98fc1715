"""`infmasking export`, `import`, `backup` and `restore`: whole runs out and in, each mistake one line."""

import importlib.resources
from pathlib import Path

import pytest
from command_line import Command, command_in

from storage.database import Database
from storage.runs import list_runs
from storage.studies import list_studies

EXAMPLE = importlib.resources.files("app.overview").joinpath("example.zip")


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """The command line in a home that has the example study."""
    run = command_in(tmp_path / "home", monkeypatch, capsys)
    with importlib.resources.as_file(EXAMPLE) as file:
        code, out, _ = run("import", str(file))
    assert code == 0 and out.count("\n") == 9
    return run


def uids(home: Path) -> set[str]:
    """What a home holds."""
    db = Database.at(home)
    held = {run.uid for run in list_runs(db)} | {study.uid for study in list_studies(db)}
    db.close()
    return held


def test_a_study_goes_out_and_comes_in(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = "Example: quick comparison"
    code, out, _ = command("export", study, "--bundle", str(tmp_path / "b.zip"), "--no-weights")
    assert code == 0 and out.splitlines()[1].startswith("9 runs, ")
    assert command("export", study, "--folder", str(tmp_path / "folder"))[0] == 0
    for place, home in (("b.zip", "second"), ("folder", "third")):
        monkeypatch.setenv("INFMASKING_HOME", str(tmp_path / home))
        assert command("import", str(tmp_path / place))[0] == 0
        code, out, _ = command("import", str(tmp_path / place))
        assert code == 0 and out.count("is here already\n") == 9
        assert uids(tmp_path / home) == uids(tmp_path / "home")


def test_a_backup_comes_back_in_an_empty_home(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = str(tmp_path / "copy.db")
    code, out, _ = command("backup", copy)
    assert code == 0 and "1 study, 9 runs, " in out and out.endswith("; checked\n")
    code, _, err = command("restore", copy)
    assert code == 1 and "exists already" in err and err.count("\n") == 1
    monkeypatch.setenv("INFMASKING_HOME", str(tmp_path / "second"))
    assert command("restore", copy)[0] == 0
    assert uids(tmp_path / "second") == uids(tmp_path / "home")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["export", "no such study", "--bundle", "b.zip"], "no study 'no such study'"),
        (["export", "99", "--bundle", "b.zip"], "there is no run 99"),
        (["export", "some study"], "a checkpoint is that of a run"),
        (["export", "1", "--bundle", "b.zip", "--folder", "f"], "choose one"),
        (["export", "1", "--no-weights"], "--no-weights goes with"),
        (["import", "none.zip"], "there is no file or folder none.zip"),
        (["import", "none.zip", "--title", "x"], "are for a checkpoint"),
        (["restore", "none.db"], "exists already"),
        (["backup", "none/copy.db"], "no folder none"),
    ],
)
def test_every_mistake_is_one_line(
    command: Command, arguments: list[str], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = command(*arguments)
    assert code != 0 and out == "" and line in err and err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["home"]
