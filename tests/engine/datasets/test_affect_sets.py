"""MultiBench's affect sets from files of their format: cleaned as published, whole runs of their presets,
mistakes told."""

import numpy as np
import pytest
import torch
from preset_runs import run_and_resume, settings_of
from published_samples import AFFECT_WIDTHS, affect_file

from engine.dataset import load_dataset
from engine.errors import DatasetError
from engine.presets.preset import load_preset, method_names
from engine.settings.published_dataset import MosiSettings, MustardSettings, UrFunnySettings

SETS = [MosiSettings, UrFunnySettings, MustardSettings]
ALL = ("vision", "audio", "text")


@pytest.fixture
def home(tmp_path):
    """A data home with all three sets; the content of the files is drawn alike."""
    for settings in SETS:
        affect_file(settings().location(tmp_path))
    return tmp_path


@pytest.mark.parametrize("settings", SETS)
def test_samples_are_cleaned_as_published(tmp_path, settings):
    content = affect_file(settings().location(tmp_path))
    dataset = load_dataset(settings(modalities=ALL), tmp_path)
    for part, split in (
        ("train", dataset.probe_train),
        ("valid", dataset.probe_validation),
        ("test", dataset.probe_test),
    ):
        published = content[part]
        n = len(published["text"])
        assert len(split) == n - 1  # the one without text is gone
        batch = split.batch(torch.arange(n - 1))
        for row in range(n - 1):
            start = np.flatnonzero((published["text"][row] != 0).any(1))[0]
            for name in ALL:
                values, padding = batch[name].values[row], batch[name].is_padding[row]
                expected = published[name][row, start:]
                expected = np.where(np.isneginf(expected), 0, expected)
                np.testing.assert_allclose(values[~padding].numpy(), expected, rtol=1e-6)
                assert (values[padding] == 0).all()
        (task,) = dataset.tasks
        np.testing.assert_array_equal(split.labels[task.name].numpy(), published["labels"][:-1, 0, 0] > 0)
    assert torch.equal(dataset.train.labels[task.name], dataset.probe_train.labels[task.name])
    assert {m.name: m.shape[1] for m in dataset.modalities} == AFFECT_WIDTHS


def shallow(*modalities):
    return {
        "encoders": {
            name: {"name": "sequence_transformer", "layers": 1, "feed_forward": 16} for name in modalities
        }
    }


@pytest.mark.parametrize(
    ("preset", "task"),
    [("mosi", "sentiment"), ("ur-funny", "humor"), ("mustard", "sarcasm"), ("ur-funny-trimodal", "humor")],
)
def test_presets_run_end_to_end(home, preset, task):
    modalities = load_preset(preset).common["data"]["modalities"]
    results = run_and_resume(settings_of(preset, changes=shallow(*modalities)), home)
    assert [(row["task"], row["metric"]) for row in results] == [(task, "accuracy")]
    assert results[0]["value"] > 0.8, "the label shifts the features by two deviations"
    assert (results[0]["facts"]["n_train"], results[0]["facts"]["n_test"]) == (89 + 23, 29)


@pytest.mark.parametrize("method", [name for name in method_names() if name != "infmasking"])
def test_baselines_run_on_mosi(home, method):
    assert run_and_resume(settings_of("mosi", method, shallow("vision", "text")), home)[0]["value"] > 0.6


def spoil(part, key, value):
    def change(content):
        content[part][key] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("valid"), "mosi_data.pkl has no 'valid'; it has test, train"),
        (lambda c: c.update(train=[1]), "mosi_data.pkl, train is a list, not a dictionary with 'text'"),
        (spoil("train", "vision", [1, 2]), "'vision' is a list; an array of numbers is expected"),
        (spoil("train", "vision", np.array([["a"]])), "'vision' is an array of <U1"),
        (spoil("train", "vision", np.array([None, {}])), "'vision' is an array of Python objects"),
        (spoil("test", "text", np.ones((30, 5))), "'text' has the shape (30, 5); 3 axes are expected"),
        (
            spoil("train", "vision", np.ones((80, 12, 20))),
            "the rows do not align: text has 90, labels has 90, vision has 80",
        ),
        (
            spoil("train", "vision", np.ones((90, 11, 20))),
            "the steps do not align: vision has 11, text has 12",
        ),
        (
            spoil("valid", "vision", np.ones((24, 12, 21))),
            "'vision' has 20 and 21 features in different parts",
        ),
        (spoil("train", "vision", np.full((90, 12, 20), np.nan)), "'vision' has NaN in row 0"),
        (
            spoil("train", "labels", np.ones((90, 7))),
            "'labels' has the shape (90, 7); one finite number a sample",
        ),
        (spoil("train", "labels", np.ones((90, 1))), "at least 4, of both classes, are needed"),
        (spoil("test", "text", np.zeros((30, 12, 30))), "0 samples with text are left"),
    ],
)
def test_wrong_content_is_refused_in_one_line(tmp_path, change, message):
    affect_file(MosiSettings().location(tmp_path), change=change)
    with pytest.raises(DatasetError) as caught:
        load_dataset(MosiSettings(), tmp_path)
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_a_missing_file_says_how_one_gets_it(tmp_path):
    with pytest.raises(DatasetError, match=r"there is no .*mosi_data\.pkl\. MultiBench publishes"):
        load_dataset(MosiSettings(), tmp_path)
    with pytest.raises(DatasetError, match=r"there is no /nowhere/x\.pkl"):
        load_dataset(MosiSettings(path="/nowhere/x.pkl"), tmp_path)


@pytest.mark.parametrize("modalities", [("vision",), ("vision", "vision"), ("vision", "video")])
def test_wrong_modalities_are_told(modalities):
    with pytest.raises(ValueError, match=r"vision, audio, text|at least 2"):
        MosiSettings(modalities=modalities)
