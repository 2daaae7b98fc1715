"""Rows of a run's decompositions: kept beside it, of the samples that they say, with the published means."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny_runs import messages, tiny

from engine.dataset import load_dataset
from engine.decomposing.rows_file import Read, write_rows
from engine.decomposing.samples import pool_samples
from engine.experiment import run_experiment
from engine.recorders.folder import FolderRecorder
from engine.settings.decomposition import DecompositionSettings

QUICK = DecompositionSettings(every=0, draws=50, permutations=19, controls=0, curve=False, fold_seeds=1)
DIFFERENCES = {
    "synergy": ("fused", "union"),
    "gain": ("fused", "both"),
    "interaction": ("fused", "late"),
    "complementarity": ("late", "union"),
}


def test_a_run_keeps_rows_of_every_decomposition_with_their_labels(tmp_path):
    settings = tiny().model_copy(update={"decomposition": QUICK})
    recorder = FolderRecorder(tmp_path / "run")
    assert run_experiment(settings, recorder, tmp_path) == "finished"
    assert recorder.restore("rows", tmp_path / "rows.parquet"), messages(tmp_path / "run")
    table = pq.read_table(tmp_path / "rows.parquet").to_pydict()
    columns = {name: np.array(values) for name, values in table.items()}
    stored = [
        json.loads(line) for line in (tmp_path / "run" / "decompositions.jsonl").read_text().splitlines()
    ]
    assert len(stored) > 4 and len(columns["task"]) == sum(row["content"]["n"] for row in stored)
    for row in stored:
        mine = np.ones(len(columns["task"]), bool)
        for name in ("task", "sides", "encoder"):
            mine &= columns[name] == row[name]
        for name, (whole, part) in DIFFERENCES.items():
            told = columns[whole][mine] - columns[part][mine]
            assert told.mean() == pytest.approx(row["content"][name]["value"], abs=1e-5)
    dataset = load_dataset(settings.data, tmp_path)
    splits = {
        "train": dataset.probe_train,
        "validation": dataset.probe_validation,
        "test": dataset.probe_test,
    }
    for task in dataset.tasks:
        for name in np.unique(columns["split"]):
            mine = (columns["task"] == task.name) & (columns["split"] == name)
            known = splits[name].labels[task.name].numpy()[columns["sample"][mine]]
            assert columns["label"][mine].tolist() == known.tolist()


def test_places_say_where_each_sample_of_the_pool_comes_from(tmp_path):
    dataset = load_dataset(tiny().data, tmp_path)
    for samples, names in (("held-out", {"validation", "test"}), ("all", {"train", "validation", "test"})):
        pool = pool_samples(dataset, QUICK.model_copy(update={"samples": samples}), 0, False)
        splits, places = pool.places()
        assert set(splits.tolist()) == names and len(splits) == len(places) == len(pool)
        parts = {"train": dataset.probe_train, "validation": dataset.probe_validation}
        parts |= {"test": dataset.probe_test}
        task = dataset.tasks[0].name
        for row in (0, len(pool) - 1):
            label = parts[str(splits[row])].labels[task][places[row]]
            assert pool.labels[task][row] == label


def test_without_decompositions_no_file_is_written(tmp_path):
    pool = pool_samples(load_dataset(tiny().data, tmp_path), QUICK, 0, False)
    assert write_rows(tmp_path / "rows.parquet", [Read("raw", {}, pool)]) == 0
    assert not (tmp_path / "rows.parquet").exists()
