"""Supervised training where a task is no class: four values a sample (Vision&Touch), and 23 labels a sample
(MM-IMDb)."""

import numpy as np
import pytest
from preset_runs import settings_of
from published_samples import episodes, mm_imdb_folder, tiny_models
from tiny_runs import lines

from engine.dataset import load_dataset
from engine.experiment import run_experiment
from engine.recorders.folder import FolderRecorder
from engine.settings.published_dataset import MmImdbSettings, VisionTouchSettings

NARROW = {
    "fusion.width": 16,
    "fusion.heads": 2,
    "decomposition.enabled": False,
    "training.learning_rate": 3e-3,
}


def trained(settings, home):
    """The results by metric, and the losses of validation by epoch."""
    assert run_experiment(settings, FolderRecorder(home / "run"), home) == "finished"
    results, curves = (lines(home / "run", name) for name in ("results.jsonl", "metrics.jsonl"))
    losses = [point["validation/loss"] for point in curves if "validation/loss" in point]
    return {row["metric"]: row["value"] for row in results}, losses


def moves_after_contact(content):
    """The arm's next place follows what image and forces show now."""
    shown = content["proprio"][:-1, 7:8] / 3
    content["proprio"][1:, :4] = shown * (1, -1, 2, 0.5) + 0.05 * content["proprio"][1:, :4]


def test_a_regression_of_four_values_is_learned(tmp_path):
    episodes(VisionTouchSettings().location(tmp_path), change=moves_after_contact)
    small = {
        "encoders.image": {"name": "small_cnn", "channels": [8, 8]},
        "encoders.force.width": 16,
        "training.epochs": 8,
    }
    settings = settings_of("vision-touch-position", "supervised", NARROW | small)
    found, losses = trained(settings, tmp_path)
    labels = load_dataset(settings.data, tmp_path).probe_test.labels["ee_yaw_next"].numpy()
    assert labels.shape[1] == 4
    assert losses[-1] < 0.5 * losses[0]
    assert found.keys() == {"mse"} and 0 < found["mse"] < 0.3 * np.var(labels)


def test_several_labels_a_sample_are_learned(tmp_path):
    mm_imdb_folder(MmImdbSettings().location(tmp_path))
    tiny_models(tmp_path)
    small = {
        "data.image_size": 32,
        "data.text_tokens": 16,
        "training.warmup_epochs": 0,
        "training.epochs": 25,
    }
    settings = settings_of("mm-imdb", "supervised", NARROW | small)
    found, losses = trained(settings, tmp_path)
    assert losses[-1] < 0.5 * losses[0]
    # of 23 genres three occur; one of them always, and two that picture and plot tell
    assert found["weighted_f1"] > 0.8 and found["macro_f1"] == pytest.approx(3 / 23, abs=0.04)
