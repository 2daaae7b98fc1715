"""Runs on files of the user's own, from the file to the figures: what has no label trains, what belongs
together stays together, and offsets take nothing away."""

import numpy as np
import pytest
import torch
from tiny_runs import TINY

from engine.dataset import is_labelled, load_dataset
from engine.decomposing.samples import pool_samples
from engine.experiment import run_experiment
from engine.recorders.folder import SilentRecorder
from engine.settings.experiment import parse


class Heard(SilentRecorder):
    """Keeps results, messages and the last point of each curve."""

    def __init__(self):
        super().__init__()
        self.results, self.messages, self.curves = {}, [], {}

    def result(self, task, metric, value, facts):
        self.results[metric] = (value, facts["n_train"], facts["n_test"])

    def message(self, text):
        self.messages.append(text)

    def metrics(self, step, values):
        self.curves |= values


def settings_of(path, content, method="cross", **data):
    np.savez(path, **content)
    own = {"name": "paired_file", "path": str(path), "modalities": ["a", "b"], "label": "y"}
    return parse(TINY | {"data": own | data, "objective": {"name": method}})


def run(tmp_path, content, method="cross", **data):
    heard = Heard()
    assert (
        run_experiment(settings_of(tmp_path / "d.npz", content, method, **data), heard, tmp_path)
        == "finished"
    )
    return heard


def classes_apart(n=600):
    dice = np.random.default_rng(0)
    y = np.arange(n) % 2
    a, b = (dice.standard_normal((n, 8)) + 2 * y[:, None] for _ in "ab")
    return {"a": a, "b": b, "y": y}, dice.random(n) < 0.7


@pytest.mark.parametrize(
    ("mark", "changes"),
    [(lambda y, empty: np.where(empty, -1, y), {}), (lambda y, empty: np.where(empty, np.nan, y), {}),
     (lambda y, empty: np.where(empty, 9, y), {"missing_label": "9"}),
     (lambda y, empty: np.where(empty, "", np.array(["no", "yes"])[y]), {})],
    ids=["-1", "NaN", "named", "empty text"],
)  # fmt: skip
def test_rows_without_a_label_train_and_are_not_probed(tmp_path, mark, changes):
    content, empty = classes_apart()
    heard = run(tmp_path, content | {"y": mark(content["y"], empty)}, **changes)
    value, fitted, tested = heard.results["accuracy"]
    assert value > 0.9 and fitted + tested == (~empty).sum()
    assert any(f"{empty.sum()} of 600 rows have no 'y'" in text for text in heard.messages)
    settings = settings_of(tmp_path / "d.npz", content | {"y": mark(content["y"], empty)}, **changes)
    dataset = load_dataset(settings.data, tmp_path)
    assert (~is_labelled(dataset.train.labels["y"])).sum() == empty.sum(), "they stay in training"
    pool = pool_samples(dataset, settings.decomposition, 0, False)
    assert len(pool) == (~empty).sum() and pool.labels["y"].min() == 0


def test_a_method_with_labels_trains_on_the_rows_that_have_one(tmp_path):
    content, empty = classes_apart()
    heard = run(tmp_path, content | {"y": np.where(empty, -1, content["y"])}, "supervised")
    assert heard.results["accuracy"][0] > 0.9
    assert (
        f"{empty.sum()} training samples without a label are left out: the method needs labels"
        in heard.messages
    )


@pytest.mark.parametrize("offset", [0.0, 1.7e9])
def test_values_with_an_offset_are_learned_as_without(tmp_path, offset):
    content, _ = classes_apart()
    y = content["a"][:, 0] + content["b"][:, 0]
    heard = run(tmp_path, content | {"y": y + offset}, "supervised")
    assert heard.curves["train/loss"] < 1.5, "mean squared error in deviations of the target"
    assert heard.results["mse"][0] < 0.5 * y.var()


def test_groups_stay_together_in_splits_and_folds(tmp_path):
    content, _ = classes_apart()
    group = np.arange(600) // 10
    settings = settings_of(tmp_path / "d.npz", content | {"who": group}, group="who")
    dataset = load_dataset(settings.data, tmp_path)
    splits = (dataset.probe_train, dataset.probe_validation, dataset.probe_test)
    seen = [set(split.groups.tolist()) for split in splits]
    assert sum(map(len, seen)) == 60 and set.union(*seen) == set(range(60))
    pool = pool_samples(dataset, settings.decomposition, 0, False)
    rows = torch.cat([split.rows["a"][own] for split, own in zip(pool.splits, pool.rows, strict=True)])
    assert pool.groups is not None and (pool.groups == group[rows.numpy()]).all()


def test_equal_rows_stay_together_and_say_nothing_of_noise(tmp_path):
    dice = np.random.default_rng(0)
    y = (np.arange(600) < 30).astype(int)
    at = np.r_[np.flatnonzero(y == 0), np.tile(np.flatnonzero(y == 1), 19)]  # the minority, oversampled
    a, b = dice.standard_normal((2, 600, 16))
    heard = run(tmp_path, {"a": a[at], "b": b[at], "y": y[at]})
    assert abs(heard.results["accuracy"][0] - 0.5) < 0.2
    assert any("570 of 1,140 rows are copies of 30 different ones" in text for text in heard.messages)


@pytest.mark.parametrize("names", [("a.b", "keys"), ("training", "x,y")])
@pytest.mark.parametrize("method", ["cross", "supervised", "mae"])
def test_modalities_may_have_any_name(tmp_path, method, names):
    content, _ = classes_apart(200)
    content = {names[0]: content["a"], names[1]: content["b"], "y": content["y"]}
    settings = settings_of(tmp_path / "d.npz", content, method, modalities=names)
    noisy = settings.model_dump(mode="json") | {"augmentations": {names[0]: {"name": "noise"}}}
    heard = Heard()
    assert run_experiment(parse(noisy), heard, tmp_path) == "finished"
    assert heard.results["accuracy"][1] > 0
