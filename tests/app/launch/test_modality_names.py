"""The names and kinds of modalities that forms offer are those that the loaded data set has."""

from pathlib import Path

import pytest

from engine.dataset import load_dataset
from engine.settings.dataset import BitsSettings, TrifeatureSettings

SMALL = [
    BitsSettings(samples=64, probe_samples=100, test_samples=100, features=8),
    TrifeatureSettings(image_size=32, pairs=64, probe_pairs=100, test_pairs=100),
]


@pytest.mark.parametrize("settings", SMALL, ids=lambda settings: settings.name)
def test_names_match_the_data(settings: BitsSettings | TrifeatureSettings, tmp_path: Path) -> None:
    assert settings.modality_kinds == {
        modality.name: modality.kind for modality in load_dataset(settings, tmp_path).modalities
    }
