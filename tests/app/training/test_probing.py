"""A checkpoint made on another machine meets the data of this one."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from house import House, open_house

from app.training.configuring import parse_data
from app.training.probing import decompose_run, probe_run
from app.training.transfer import import_checkpoint
from engine.errors import UserError
from engine.experiment import run_experiment
from engine.recorders.folder import FolderRecorder
from engine.settings.experiment import parse
from storage.queries import decompositions, results


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path / "home") as opened:
        yield opened


def write(file: Path, width: int = 6) -> Path:
    draw = np.random.default_rng(0)
    y = np.arange(240) % 3
    file.parent.mkdir(exist_ok=True)
    np.savez(file, a=draw.standard_normal((240, width)) + y[:, None], b=draw.standard_normal((240, 4)), y=y)
    return file


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint whose data are not where it says."""
    folder = tmp_path_factory.mktemp("cluster")
    data = write(folder / "d.npz")
    settings = parse(
        {
            "data": {"name": "paired_file", "path": str(data), "modalities": ["a", "b"], "label": "y"},
            "objective": {"name": "cross"},
            "fusion": {"width": 16, "heads": 2},
            "training": {"epochs": 1, "batch_size": 32, "threads": 1, "device": "cpu"},
            "probe": {"refine": False},
            "decomposition": {
                "enabled": False,
                "fold_seeds": 1,
                "draws": 50,
                "permutations": 19,
                "controls": 0,
                "curve": False,
            },
        }
    )
    run_experiment(settings, FolderRecorder(folder / "run"), folder)
    data.unlink()
    return folder / "run" / "last.safetensors"


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        (["here/d.npz"], {"path": "here/d.npz"}),
        (["path=here/d.npz"], {"path": "here/d.npz"}),
        (["data.path = here/d.npz", "seed=3"], {"path": "here/d.npz", "seed": 3}),
        (["./a=b.npz"], {"path": "./a=b.npz"}),
        ([], {}),
    ],
)
def test_data_are_named_by_path_or_by_setting(given: list[str], changes: dict[str, object]) -> None:
    assert parse_data(given) == changes


def test_a_checkpoint_from_elsewhere_is_probed_on_the_file_here(
    house: House, elsewhere: Path, tmp_path: Path
) -> None:
    run = import_checkpoint(house.db, elsewhere)
    with pytest.raises(UserError) as caught:
        probe_run(house.db, house.home, run, None)
    assert "d.npz" in str(caught.value) and "\n" not in str(caught.value)
    here = {"path": str(write(tmp_path / "here.npz"))}
    probe_run(house.db, house.home, run, None, here)
    (accuracy,) = results(house.db, [run])["value"]
    assert accuracy > 0.6  # a tells the class
    decompose_run(house.db, house.home, run, None, {}, here)
    assert set(decompositions(house.db, [run])["task"]) == {"y"}
    # imported with it, nothing needs to be said again
    other = import_checkpoint(house.db, elsewhere, None, here)
    assert house.run(other).settings["data"]["path"] == here["path"]
    probe_run(house.db, house.home, other, None)
    assert results(house.db, [other])["value"] == [accuracy]


def test_data_of_another_shape_are_told_in_one_line(house: House, elsewhere: Path, tmp_path: Path) -> None:
    run = import_checkpoint(house.db, elsewhere)
    for attempt in (
        lambda data: probe_run(house.db, house.home, run, None, data),
        lambda data: decompose_run(house.db, house.home, run, None, {}, data),
    ):
        with pytest.raises(UserError) as caught:
            attempt({"path": str(write(tmp_path / "wide.npz", width=9))})
        assert str(caught.value).endswith(" does not fit these data: a vector 6 → vector 9")
        with pytest.raises(UserError, match=r"no setting 'data\.paired_file\.pfad'"):
            attempt({"pfad": "x"})
