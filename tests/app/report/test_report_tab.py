"""The Report tab and its command: what they offer, and that nothing is made before somebody asks."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import OpenPage, Used, all_text
from reported_study import with_bits
from typer.testing import CliRunner

from app.cli import cli
from app.report import files
from storage.runs import get_run


def test_the_tab_offers_files_and_makes_none_yet(
    used: Used, open_page: OpenPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a file was made before anybody asked")

    for name in ("html_of", "latex_of", "table_files", "chart_files", "every_file"):
        monkeypatch.setattr(files, name, never)
    with_bits(used.db, tmp_path, used.sample.finished)
    study = get_run(used.db, used.sample.finished[0]).study_id
    test = open_page("study", study=study, tab="Report")
    assert not test.exception
    offered = [button.proto for button in test.get("download_button")]
    assert [one.label for one in offered] == [
        "Report (HTML)",
        "Tables and methods (LaTeX)",
        "Tidy tables (CSV, Parquet)",
        "Charts (SVG, PNG, PDF)",
        "Everything",
    ]
    assert all(one.deferred_file_id for one in offered)
    said = all_text(test)
    assert "CoMM (Dufumier, Castillo-Navarro et al., ICLR 2025)" in said
    assert f"infmasking study report {study} --html --latex" in said


def test_the_command_writes_what_is_named(used: Used, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = CliRunner().invoke(
        cli, ["study", "report", "bits-quick", "--html", "--latex", "--output", str(out)]
    )
    assert found.exit_code == 0, found.output
    assert found.output.split() == [str(out / "report.html"), str(out / "report.tex")]
    assert (out / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_its_mistakes_are_one_line(used: Used, tmp_path: Path) -> None:
    def said(*words: str) -> str:
        command = [sys.executable, "-m", "app.cli", "study", "report", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert done.returncode == 1 and done.stdout == ""
        (line,) = done.stderr.splitlines()
        return line

    assert said("Nothing") == "error: no study 'Nothing'"
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "cannot be written to" in said("bits-quick", "--latex", "--output", str(blocked))
