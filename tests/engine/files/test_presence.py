"""What the data page says of published data sets: which are there, where they belong, what is wrong; without
torch."""

import subprocess
import sys

import pytest
from published_samples import affect_file

from engine.files.presence import presence_of
from engine.settings.base import members_of
from engine.settings.published_dataset import MosiSettings, PublishedSettings


def test_every_published_set_says_where_it_belongs_and_how_one_gets_it(tmp_path):
    kinds = members_of(PublishedSettings).values()
    found = [presence_of(kind.model_validate({}), tmp_path) for kind in kinds]
    assert [presence.dataset for presence in found] == [*members_of(PublishedSettings)]
    for presence in found:
        assert not presence.is_ready
        assert len(presence.source) > 40
        assert presence.files
        for file in presence.files:
            assert not file.is_present and file.problem is None
            assert file.path.is_relative_to(
                tmp_path / ("models" if "model" in file.holds else f"datasets/{presence.dataset}")
            )


def test_a_pickle_that_is_there_is_ready(tmp_path):
    settings = MosiSettings(path=str(tmp_path / "mine.pkl"))
    affect_file(tmp_path / "mine.pkl")
    (file,) = presence_of(settings, tmp_path).files
    assert file.size == (tmp_path / "mine.pkl").stat().st_size
    assert presence_of(settings, tmp_path).is_ready


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"", "is empty"), (b"hello.", "is no pickle"), (b"\x80\x04]abc", "is cut off: its end is missing")],
)
def test_what_is_wrong_with_a_pickle_is_said(tmp_path, content, problem):
    (tmp_path / "mine.pkl").write_bytes(content)
    presence = presence_of(MosiSettings(path=str(tmp_path / "mine.pkl")), tmp_path)
    assert [file.problem for file in presence.files] == [problem]
    assert not presence.is_ready


def test_size_and_kind_are_checked(tmp_path):
    affect_file(tmp_path / "mine.pkl")
    settings = MosiSettings(path=str(tmp_path / "mine.pkl"), max_gigabytes=1e-6)
    assert presence_of(settings, tmp_path).files[0].problem == "has 0.00 GB; 1e-06 GB are allowed"
    assert presence_of(MosiSettings(path=str(tmp_path)), tmp_path).files[0].problem == "is not a file"


def test_looking_needs_no_torch(tmp_path):
    code = (
        "import sys, pathlib, engine.files.presence as p, engine.settings.published_dataset as s;"
        "p.presence_of(s.VisionTouchSettings(), pathlib.Path(sys.argv[1]));"
        "sys.exit(bool({'torch', 'h5py', 'transformers'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
