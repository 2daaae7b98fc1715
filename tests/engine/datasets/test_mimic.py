"""MIMIC from a file of MultiBench's format: values, labels, split, a whole run of the preset, mistakes."""

import random

import numpy as np
import pytest
import torch
from preset_runs import run_and_resume, settings_of
from published_samples import mimic_file

from engine.dataset import load_dataset
from engine.datasets.mimic import split_rows
from engine.errors import DatasetError
from engine.presets.preset import load_preset
from engine.settings.published_dataset import MimicSettings

SMALL = {
    "encoders": {"tabular": {"name": "tabular", "width": 16}, "time_series": {"name": "gru", "width": 16}},
    "fusion.width": 16,
    "fusion.heads": 2,
}


def test_values_are_finite_and_standardised_on_the_training_patients(tmp_path):
    content = mimic_file(MimicSettings().location(tmp_path))
    dataset = load_dataset(MimicSettings(), tmp_path)
    samples = dataset.train.batch(torch.arange(len(dataset.train)))
    for name, axes in (("tabular", (0,)), ("time_series", (0, 1))):
        torch.testing.assert_close(
            samples[name].values.mean(axes), torch.zeros(samples[name].values.shape[-1]), atol=1e-5, rtol=0
        )
        torch.testing.assert_close(
            samples[name].values.std(axes, correction=0), torch.ones(samples[name].values.shape[-1])
        )
    train = split_rows(240, "")[0]
    published = np.nan_to_num(content["ep_tdata"], nan=0, posinf=0, neginf=0)
    one = (published - published[train].mean((0, 1))) / published[train].std((0, 1))
    test = dataset.probe_test.rows["time_series"]
    np.testing.assert_allclose(
        dataset.probe_test.fetch("time_series", test).values.numpy(), one[test.numpy()], atol=1e-4
    )


def test_the_split_is_the_published_one():
    train, validation, test = split_rows(105, "")
    random.seed(10)
    order = list(range(105))
    random.shuffle(order)
    assert (validation.tolist(), test.tolist(), train.tolist()) == (order[:10], order[10:20], order[20:])


def test_mortality_has_six_classes_the_first_term_that_holds(tmp_path):
    content = mimic_file(MimicSettings().location(tmp_path))
    dataset = load_dataset(MimicSettings(task=-1), tmp_path)
    (task,) = dataset.tasks
    assert (task.name, task.classes, task.chance) == ("mortality", 6, 1 / 6)
    rows = dataset.probe_train.rows["tabular"].numpy()
    expected = [
        next((c for c in range(1, 6) if flags[c] > 0), 0) for flags in content["adm_labels_all"][rows]
    ]
    assert dataset.probe_train.labels["mortality"].tolist() == expected
    assert set(expected) == set(range(6))


@pytest.mark.parametrize("method", load_preset("mimic").methods)
def test_the_preset_runs_end_to_end(tmp_path, method):
    mimic_file(MimicSettings().location(tmp_path))
    (result,) = run_and_resume(settings_of("mimic", method, SMALL), tmp_path)
    assert (result["task"], result["facts"]["n_train"], result["facts"]["n_test"]) == (
        "icd9_group_7",
        216,
        24,
    )
    assert result["value"] > 0.8


@pytest.mark.parametrize(
    ("change", "task", "message"),
    [
        (
            lambda c: c.pop("ep_tdata"),
            7,
            "im.pk has no 'ep_tdata'; it has adm_features_all, adm_labels_all, names, y_icd9",
        ),
        (lambda c: c.update(y_icd9=c["names"]), 7, "'y_icd9' is an array of Python objects"),
        (
            lambda c: c.update(y_icd9=c["y_icd9"][:, :5]),
            7,
            "'y_icd9' has the shape (240, 5); it has no group 7",
        ),
        (
            lambda c: c.update(adm_labels_all=c["adm_labels_all"][:, :4]),
            -1,
            "at least 6 columns are expected",
        ),
        (
            lambda c: c.update(ep_tdata=c["ep_tdata"][:100]),
            7,
            "the rows do not align: adm_features_all has 240, ep_tdata has 100",
        ),
        (
            lambda c: c.update(y_icd9=0 * c["y_icd9"]),
            7,
            "'icd9_group_7' has one class only in the training and the test part",
        ),
        (
            lambda c: c.update({k: v[:20] for k, v in c.items()}),
            7,
            "im.pk has 20 patients; at least 40 are needed",
        ),
    ],
)
def test_wrong_content_is_refused_in_one_line(tmp_path, change, task, message):
    mimic_file(MimicSettings().location(tmp_path), change=change)
    with pytest.raises(DatasetError) as caught:
        load_dataset(MimicSettings(task=task), tmp_path)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
