"""The studio in a notebook: frames with the columns that are documented, models that encode, and the README's
lines."""

import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from conftest import Used
from house import open_house

from app import tidy_frames
from app.studio import Studio, StudioError
from app.training.transfer import TransferError
from storage.artifacts import write_artifact
from storage.runs import set_tags
from storage.studies import NoSuchStudy, create_study, take_in

ROOT = Path(__file__).parents[2]


def test_frames_have_the_documented_columns_and_types(used: Used) -> None:
    studio = Studio(used.home)
    for frame, schema in (
        (studio.studies(), tidy_frames.STUDIES),
        (studio.runs(), tidy_frames.RUNS),
        (studio.results(), tidy_frames.RESULTS),
        (studio.curves(), tidy_frames.CURVES),
        (studio.decompositions(), tidy_frames.DECOMPOSITIONS),
    ):
        assert dict(frame.schema) == schema


def test_runs_results_and_curves_are_those_that_are_stored(used: Used) -> None:
    studio, finished = Studio(), list(used.sample.finished)
    runs = studio.runs(runs=finished)
    assert runs["run_id"].to_list() == finished and set(runs["state"]) == {"finished"}
    assert set(runs["group"]) == {"InfMasking", "CoMM", "Cross"} and set(runs["seconds"]) == {46.0}
    results = studio.results(runs=finished)
    synergy = results.filter(pl.col("task") == "synergy", pl.col("method") == "infmasking").sort("seed")
    assert synergy["value"].to_list() == pytest.approx([0.760, 0.747, 0.767])
    assert set(synergy["chance"]) == {0.5} and set(synergy["true_synergy"]) == {0.469}
    loss = studio.curves(runs=finished[:1], keys=["train/loss"])
    assert loss.height == 84 and loss["step"].is_sorted() and set(loss["key"]) == {"train/loss"}


def test_rows_of_decompositions_come_with_their_differences(used: Used, tmp_path: Path) -> None:
    told = {"fused": [1.0, 0.5], "both": [0.5, 0.5], "late": [0.25, 0.5], "union": [0.0, 0.25]}
    pl.DataFrame({"sample": [3, 7], **told}).write_parquet(tmp_path / "rows.parquet")
    run, other = used.sample.finished[:2]
    write_artifact(used.db, run, "rows", tmp_path / "rows.parquet")
    rows = Studio(used.home).sample_rows(run)
    assert rows["synergy"].to_list() == [1.0, 0.25] and rows["gain"].to_list() == [0.5, 0.0]
    assert rows["interaction"].to_list() == [0.75, 0.0] and rows["complementarity"].to_list() == [0.25, 0.25]
    with pytest.raises(TransferError, match=f"run {other} keeps no rows"):
        Studio(used.home).sample_rows(other)


def test_a_study_is_named_by_name_or_number_and_takes_its_guests_along(used: Used) -> None:
    number = create_study(used.db, "Mine")
    take_in(used.db, number, used.sample.finished[:2])
    studio = Studio(used.home)
    for study in ("Mine", number):
        assert studio.runs(study)["run_id"].to_list() == list(used.sample.finished[:2])
        assert set(studio.results(study)["run_id"]) == set(used.sample.finished[:2])
    assert studio.runs("Mine", runs=[used.sample.finished[0], 999])["run_id"].to_list() == [
        used.sample.finished[0]
    ]
    mine = studio.studies().row(by_predicate=pl.col("study") == "Mine", named=True)
    assert mine["runs"] == 2 and mine["study_id"] == number
    with pytest.raises(NoSuchStudy, match="no study 'Yours'"):
        studio.runs("Yours")


def test_settings_become_columns_of_their_type(used: Used) -> None:
    set_tags(used.db, used.sample.finished[0], ["a", "b"])
    runs = Studio().runs(settings=["objective.masks", "training.learning_rate", "data.name"])
    assert runs.schema["objective.masks"] == pl.Int64
    assert runs.schema["training.learning_rate"] == pl.Float64 and runs.schema["data.name"] == pl.String
    assert runs.filter(pl.col("method") == "comm")["objective.masks"].null_count() == 3
    assert runs["tags"].to_list()[0] == ["a", "b"]
    with pytest.raises(
        StudioError, match=r"no.* setting 'objective\.mask'; did you mean 'objective\.masks'\?"
    ):
        Studio().runs(settings=["objective.mask"])


def test_no_studio_is_made_where_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StudioError, match="there is no studio in"):
        Studio(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_readmes_lines_run_as_they_stand(tmp_path: Path) -> None:
    """In a fresh Python, on a home with the quick comparison's runs in small; no page and no Streamlit."""
    with open_house(tmp_path) as house:
        ids = house.submit("a", method="infmasking") + house.submit("b", method="comm")
        house.supervisor(trainer="real")
        for number in ids:
            assert house.wait(number, "finished", "failed", seconds=240).status == "finished"
    (lines,) = re.findall(
        r"```python\n(from app\.studio .*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    assert len(lines.splitlines()) <= 14
    script = f"{lines}\nimport sys\nassert 'streamlit' not in sys.modules\nprint('z', tuple(z.shape))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=os.environ | {"INFMASKING_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert re.search(r"^z \(\d+, \d+\)$", done.stdout, re.MULTILINE)
