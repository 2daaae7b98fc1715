"""Previews of published data: sequences with padding, and images and texts whose tokens are a set."""

import pytest
from PIL import Image
from published_samples import affect_file, mm_imdb_folder, tiny_models

from app.preview.data import describe
from app.preview.views import show_views
from engine.presets.preset import load_preset
from engine.settings.published_dataset import MmImdbSettings, MosiSettings

SMALL = {"fusion.width": 16, "fusion.heads": 2, "data.image_size": 32, "data.text_tokens": 16}


@pytest.mark.parametrize(("preset", "changes"), [("mosi", {}), ("mm-imdb", SMALL)])
def test_samples_and_masked_views_are_drawn(tmp_path, preset, changes):
    affect_file(MosiSettings().location(tmp_path))
    mm_imdb_folder(MmImdbSettings().location(tmp_path))
    tiny_models(tmp_path)
    settings = load_preset(preset).experiment("infmasking", 0, changes)
    (tmp_path / "pictures").mkdir()
    facts = describe(settings.data, tmp_path / "pictures", tmp_path)
    drawn = [file for sample in facts["samples"] for file in sample["pictures"].values()]
    for modality in show_views(settings, tmp_path / "pictures", tmp_path)["modalities"]:
        assert 0 < modality["hidden"] <= modality["tokens"]
        drawn += [
            file
            for sample in modality["samples"]
            for file in (sample["stored"], *sample["views"], *sample["masked"])
        ]
    assert len(drawn) == 8 * 2 + 2 * 3 * (1 + 2 + 3)
    for file in drawn:
        with Image.open(tmp_path / "pictures" / file) as picture:
            assert min(picture.size) > 8
