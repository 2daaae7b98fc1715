"""The data page says what a file is taken for and what is odd in it, before anything is trained; the form
lets it be said."""

from pathlib import Path

import numpy as np
from conftest import OpenPage, all_text

from app.preview.requests import obtain
from engine.presets.layers import merge
from engine.presets.preset import load_preset, method_names


def odd_file(path: Path) -> Path:
    """80 rows of which 20 have no label, three stand there twice, and one holds 999."""
    dice = np.random.default_rng(0)
    a, b = dice.normal(size=(2, 80, 4))
    a[[5, 6, 7]], b[[5, 6, 7]] = a[[0, 1, 2]], b[[0, 1, 2]]
    a[9, 3] = 999.0
    labels = np.arange(80) % 4 - 1.0
    np.savez(path, a=a, b=b, mood=labels, person=np.arange(80) // 2)
    return path


def made_beforehand(path: Path, home: Path) -> None:
    """The previews that the page asks for, so that a busy machine does not run it out of time."""
    data = {"name": "paired_file", "path": str(path), "modalities": ["a", "b"], "label": "mood"}
    preset = load_preset("paired-file")
    preset = preset.model_copy(update={"common": merge(preset.common, {"data": data})})
    experiment = preset.experiment(method_names()[0], 0)
    obtain("data", experiment.data.model_dump(mode="json"), home)
    obtain("views", experiment.model_dump(mode="json"), home)


def test_what_is_odd_is_said(empty_home: Path, open_page: OpenPage, tmp_path: Path) -> None:
    path = odd_file(tmp_path / "odd.npz")
    made_beforehand(path, empty_home)
    page = open_page("data", path=path)
    assert not page.exception
    text = all_text(page)
    assert "'mood' is taken as 3 classes (0, 1, 2), stored as decimals" in text
    assert "20 of 80 rows have no 'mood'" in text
    assert "6 of 80 rows are copies of 3 different ones; equal rows are kept together" in text
    assert "'a' holds 999 in row 9 (counted from 0), column 3" in text


def test_the_form_takes_the_kind_and_the_group(empty_home: Path, open_page: OpenPage, tmp_path: Path) -> None:
    path = odd_file(tmp_path / "odd.npz")
    page = open_page(
        "launch", dataset="paired_file", path=path, label="mood", label_kind="values", group="person"
    )
    assert not page.exception
    boxes = {box.label: box for box in page.selectbox}
    assert boxes["The label holds"].value == "values"
    assert boxes["Rows belong together by"].value == "person"
    assert "taken as" not in all_text(page)
    boxes["The label holds"].set_value("guess").run()
    assert "'mood' is taken as 3 classes" in all_text(page)
