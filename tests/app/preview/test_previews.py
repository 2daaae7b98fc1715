"""Previews: made by a process of their own, whole or not at all, once for each request; and the data page
that shows them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import OpenPage, all_text
from PIL import Image

from app.preview import pictures
from app.preview.requests import PreviewError, find, obtain
from engine.presets.preset import load_preset

TINY = {"data.samples": 100, "data.probe_samples": 100, "data.test_samples": 120, "data.features": 10}


def test_covered_patches_lie_where_tokens_are_hidden() -> None:
    image = np.full((3, 64, 64), 200, np.uint8)
    hidden = np.array([[True, False], [False, False]])
    pixels = pictures.image_pixels(image, hidden)
    assert pixels.shape == (192, 192, 3)
    assert (pixels[:96, :96].max(axis=(0, 1)) < 120).all()
    assert (pixels[96:] == 200).all() and (pixels[:96, 96:] == 200).all()
    assert (pictures.image_pixels(image) == 200).all()


def test_heat_maps_tell_sign_and_size() -> None:
    low, middle, high = pictures.heat(np.array([-9.0, 0.0, 2.0]), 2.0)
    assert tuple(low) == pictures.LOW and tuple(middle) == pictures.MIDDLE and tuple(high) == pictures.HIGH


def test_a_strip_of_tokens_stands_below_a_vector() -> None:
    plain = pictures.vector_pixels(np.zeros(10), 1.0)
    marked = pictures.vector_pixels(np.zeros(10), 1.0, np.array([True, False, True, True]))
    assert marked.shape[0] > plain.shape[0]
    strip = marked[-1]
    quarter = len(strip) // 4
    assert tuple(strip[quarter // 2]) == pictures.COVER
    assert tuple(strip[quarter + quarter // 2]) == pictures.KEPT


def test_hidden_steps_of_a_sequence_are_covered() -> None:
    pixels = pictures.sequence_pixels(np.zeros((4, 2)), 1.0, np.array([False, True, False, False]))
    width = pixels.shape[1] // 4
    assert tuple(pixels[0, 0]) == pictures.MIDDLE
    assert (pixels[:, width : 2 * width].max(axis=(0, 1)) < 120).all()


@pytest.mark.slow
def test_a_preview_is_made_once_and_kept(tmp_path: Path) -> None:
    content = load_preset("bits-quick").experiment("infmasking", 0, TINY).model_dump(mode="json")
    assert find("data", content["data"], tmp_path) is None
    made = obtain("data", content["data"], tmp_path)
    facts = made.facts
    assert {name: facts["splits"][name] for name in ("train", "probe_test")} == {
        "train": 100,
        "probe_test": 120,
    }
    assert [task["measures"] for task in facts["tasks"]] == [
        "redundancy",
        "uniqueness",
        "uniqueness",
        "synergy",
    ]
    for task in facts["tasks"]:
        assert sum(task["splits"]["probe_test"]["counts"]) == 120
    names = [file for sample in facts["samples"] for file in sample["pictures"].values()]
    assert len(set(names)) == 16
    for name in names:
        Image.open(made.folder / name).verify()
    again = find("data", content["data"], tmp_path)
    assert again is not None and again.folder == made.folder
    assert [path.name for path in (tmp_path / "previews").iterdir()] == [made.folder.name]


@pytest.mark.slow
def test_masked_views_hide_the_share_that_the_method_hides(tmp_path: Path) -> None:
    tokens = {"name": "mlp", "tokens": 16}
    changes = TINY | {"encoders": {"x1": tokens, "x2": tokens}, "objective.mask_ratio": 0.7}
    content = load_preset("bits-quick").experiment("infmasking", 0, changes).model_dump(mode="json")
    views = obtain("views", content, tmp_path)
    for modality in views.facts["modalities"]:
        assert (modality["tokens"], modality["hidden"]) == (16, 12)
        for sample in modality["samples"]:
            assert len(sample["views"]) == 2 and len(sample["masked"]) == 3
            assert (views.folder / sample["masked"][0]).is_file()


@pytest.mark.slow
def test_a_request_that_fails_leaves_one_line_and_nothing_else(tmp_path: Path) -> None:
    content = load_preset("bits-quick").experiment("comm", 0, TINY).model_dump(mode="json")
    with pytest.raises(PreviewError, match="no preview: masked views belong to infmasking") as caught:
        obtain("views", content, tmp_path)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "previews").iterdir()) == []


@pytest.mark.slow
def test_the_data_page_shows_a_file_of_ones_own(
    empty_home: Path, open_page: OpenPage, tmp_path: Path
) -> None:
    file = tmp_path / "own.npz"
    generator = np.random.default_rng(0)
    steps, table = generator.normal(size=(90, 7, 3)), generator.normal(size=(90, 5))
    np.savez(file, speech=steps.astype(np.float32), face=table.astype(np.float32), mood=np.arange(90) % 3)
    test = open_page("data", path=file)
    assert not test.exception
    text = all_text(test)
    for word in ("Tasks", "Samples", "Views in training", "Covered steps are hidden tokens"):
        assert word in text
    assert [error.value for error in test.error] == []
    tasks = test.dataframe[1].value
    assert (tasks["Task"][0], tasks["Classes"][0], tasks["Chance"][0]) == ("mood", 3, "33.3 %")


def test_pages_and_requests_import_no_torch() -> None:
    modules = ("launch", "compare", "data")
    code = (
        "; ".join(f"import app.pages.{name}" for name in modules)
        + "; import sys; print('torch' in sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert told.stdout.strip() == "False"
