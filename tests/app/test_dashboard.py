"""The dashboard as a whole: no torch, no traces, and cached reads that are never old."""

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import OpenPage, Used, all_text

from app import queries
from storage.recorder import RunRecorder
from storage.runs import set_note

ROOT = Path(__file__).parents[2]
NO_TORCH = """
import sys
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import app.downloads, app.access
nine = {"runs": "1-9"}
pages = {"overview": {}, "run": {"run": "1"}, "checkpoints": {}, "study": nine, "synergy": {}}
for name, query in pages.items():
    test = AppTest.from_string("from app.dashboard import main\\nmain()", default_timeout=60)
    test._page_hash = calc_hash(name)
    test.query_params.update(query)
    test.run()
    assert not test.exception, (name, test.exception)
    assert test.title, name
    heavy = {"torch", "accelerate", "transformers"}
    loaded = sorted(module for module in sys.modules if module.split(".")[0] in heavy)
    assert not loaded, (name, loaded[:5])
print("clean")
"""


def test_pages_that_only_read_never_import_torch(used: Used) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_TORCH], cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.strip() == "clean"


@pytest.mark.parametrize("name", ["checkpoints", "study", "launch", "overview", "run"])
def test_a_broken_database_is_one_line_on_every_page_that_reads_it(
    empty_home: Path, open_page: OpenPage, name: str
) -> None:
    (empty_home / "studio.db").write_bytes(b"this is no database at all" * 50)
    test = open_page(name, run=1)
    assert not test.exception
    (error,) = test.error
    assert error.value.startswith("database ") and "\n" not in error.value


def test_a_home_that_cannot_be_made_is_one_line(
    empty_home: Path, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_home / "file").write_text("in the way")
    monkeypatch.setenv("INFMASKING_HOME", str(empty_home / "file" / "home"))
    assert "cannot be made" in all_text(open_page("overview"))


def test_an_unknown_page_leads_to_the_overview(used: Used, open_page: OpenPage) -> None:
    assert open_page("no-such-page").title[0].value == "Studies"


def test_reads_are_shared_until_something_changes(used: Used) -> None:
    first = queries.list_runs()
    assert queries.list_runs() is first
    set_note(used.db, 1, "changed")
    again = queries.list_runs()
    assert again is not first
    assert next(run.note for run in again if run.id == 1) == "changed"


def test_reads_of_some_runs_keep_the_order(used: Used) -> None:
    assert [run.id for run in queries.list_runs([3, 9, 5, 999])] == [9, 5, 3]


def test_curves_are_complete_and_follow_new_points(used: Used, tmp_path: Path) -> None:
    run_id = used.sample.by_state["running"]
    before = queries.curves([run_id], ["train/loss"])
    assert before["step"].to_list() == list(range(10, 371, 10))
    with RunRecorder(used.db, run_id, tmp_path / "spool") as recorder:
        recorder.metrics(380, {"train/loss": 0.25})
    after = queries.curves([run_id], ["train/loss"])
    assert after.filter(after["step"] == 380)["value"].to_list() == [0.25]
    assert after.height == before.height + 1


def test_a_commit_elsewhere_does_not_read_an_ended_runs_curves_again(
    used: Used, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[list[int]] = []
    points = queries.stored.metric_points
    monkeypatch.setattr(
        queries.stored, "metric_points", lambda db, ids: read.append(list(ids)) or points(db, ids)
    )
    first = queries.curves([1])
    set_note(used.db, 2, "elsewhere")
    assert queries.curves([1]).equals(first)
    assert read == [[1]]


def test_no_run_has_no_curve(used: Used) -> None:
    assert queries.curves([]).is_empty()
    assert queries.curves([999]).is_empty()
