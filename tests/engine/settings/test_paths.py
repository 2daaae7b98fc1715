"""Paths as people type them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.settings.paths import PathError, absolute_path, local_path
from engine.settings.published_dataset import MosiSettings


def test_the_home_is_followed():
    assert local_path("~/data/x.npz") == Path.home() / "data/x.npz"
    assert local_path("relative/x.npz") == Path("relative/x.npz")
    assert absolute_path("x.npz") == Path(os.path.realpath("x.npz"))


@pytest.mark.parametrize("text", ["~nosuchuser/x.npz", "a\0b", "n" * 5000, "~nosuch\nuser"])
@pytest.mark.parametrize("read", [local_path, absolute_path])
def test_a_text_that_is_no_path_is_one_line(text, read):
    with pytest.raises(PathError, match=r"is no path|a user that this machine does not know") as caught:
        read(text)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 200


def test_links_in_a_circle_are_a_path_like_any_other(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert absolute_path(tmp_path / "a" / "x.npz").name == "x.npz"


def test_settings_that_name_nobodys_home_are_one_line():
    with pytest.raises(PathError, match="a user that this machine does not know"):
        MosiSettings(path="~nosuchuser/mosi.pkl").location(Path("home"))


@pytest.mark.parametrize(
    "variables",
    [{"INFMASKING_HOME": "~nosuchuser"}, {"INFMASKING_DATABASE_URL": "sqlite:///~nosuchuser/studio.db"}],
    ids=str,
)
def test_variables_that_name_nobodys_home_are_one_line(tmp_path, variables):
    environment = os.environ | {"INFMASKING_HOME": str(tmp_path)} | variables
    command = [sys.executable, "-m", "app.cli", "runs"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert line.startswith("error: ") and "--debug" not in line
