"""A study carried as plain values: what comes out is what went in, and nothing of where it ran."""

import json
import math
from pathlib import Path

import pytest

from storage.bundles import add_bundle, study_bundle
from storage.database import Database, DatabaseError
from storage.queries import decompositions, metric_points, results, summaries
from storage.recorder import RunRecorder
from storage.runs import NewRun, create_runs, get_run, list_runs, mark_ended, mark_started
from storage.studies import change_study, get_study, list_studies


@pytest.fixture
def study(db: Database, tmp_path: Path) -> int:
    """A study with a finished run and one that waits."""
    new = [
        NewRun(f"masks · comm · seed {seed}", None, "bits", "comm", seed, "d", {"seed": seed}, "masks")
        for seed in (0, 1)
    ]
    first, _ = create_runs(db, new)
    mark_started(db, first, host="secret-host", pid=77, code_version="0.1")
    with RunRecorder(db, first, tmp_path / "spool.jsonl") as recorder:
        recorder.metrics(1, {"train/loss": 2.0, "odd": math.nan})
        recorder.metrics(2, {"train/loss": 1.0, "odd": math.inf})
        recorder.result("synergy", "accuracy", 0.75, {"chance": 0.5})
        recorder.decomposition("synergy", "a | b", "trained", 3, {"n": 7})
        recorder.progress(epoch=2, epochs=2, step=2, steps=2)
        recorder.message("a line of the log")
    mark_ended(db, first, "finished")
    number = get_run(db, first).study_id
    change_study(db, number, question="Why?", tags=["a"], note="n", axes=[{"path": "x", "usual": {}}])
    return number


def test_a_bundle_comes_back_as_it_was(db: Database, study: int, tmp_path: Path) -> None:
    bundle = json.loads(json.dumps(study_bundle(db, study)))
    assert "secret-host" not in json.dumps(bundle) and "a line of the log" not in json.dumps(bundle)
    other = Database.at(tmp_path / "other")
    try:
        number = add_bundle(other, bundle)
        old, new = get_study(db, study), get_study(other, number)
        assert (new.name, new.question, new.tags, new.note, new.axes) == (
            old.name,
            old.question,
            old.tags,
            old.note,
            old.axes,
        )
        (run,) = list_runs(other)
        original = get_run(db, 1)
        for name in (
            "title",
            "settings",
            "digest",
            "status",
            "started_at",
            "ended_at",
            "step",
            "code_version",
        ):
            assert getattr(run, name) == getattr(original, name)
        assert (run.host, run.pid) == (None, None)
        for read in (metric_points, summaries, results, decompositions):
            ours, theirs = read(other, [run.id]), read(db, [1])
            assert repr({**ours, "run_id": []}) == repr({**theirs, "run_id": []})
    finally:
        other.close()


def test_a_second_one_gets_a_name_of_its_own(db: Database, study: int) -> None:
    bundle = study_bundle(db, study)
    add_bundle(db, bundle)
    add_bundle(db, bundle)
    assert [one.name for one in list_studies(db)] == ["masks (3)", "masks (2)", "masks"]


def test_what_is_no_bundle_changes_nothing(db: Database, study: int) -> None:
    with pytest.raises(DatabaseError, match="no bundle of form 1"):
        add_bundle(db, {"form": 99})
    broken = study_bundle(db, study)
    broken["runs"][0]["recorded"] = [["not", "a", "batch"]]
    with pytest.raises(ValueError):
        add_bundle(db, broken)
    assert len(list_studies(db)) == 1 and len(list_runs(db)) == 2
