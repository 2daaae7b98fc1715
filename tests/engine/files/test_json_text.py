"""JSON and settings files that somebody wrote: bounded in size and depth, one line for every mistake."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import DatasetError
from engine.files.json_text import parse_json, read_text
from engine.files.settings_file import read_settings
from engine.settings.experiment import SettingsError

DEEP = "[" * 100_000 + "]" * 100_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (DEEP, "is nested deeper than 64 levels"),
        ("[" * 66 + "]" * 66, "is nested deeper than 64 levels"),
        ('{"a": ' * 70 + "1" + "}" * 70, "is nested deeper than 64 levels"),
        ("{", "is no JSON"),
        ("9" * 5000, "is no JSON"),
        (b"\xff\xff\xff", "is no JSON"),
    ],
)
def test_what_is_no_json_is_one_line(text, says):
    with pytest.raises(DatasetError, match=says) as caught:
        parse_json(text, "the thing")
    assert str(caught.value).startswith("the thing") and str(caught.value).isprintable()


def test_json_of_the_deepest_that_is_allowed_is_read():
    assert str(parse_json("[" * 64 + "1" + "]" * 64, "x")).count("[") == 64


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.json", DEEP.encode(), "is nested deeper"),
        ("a.toml", b"x = " + DEEP.encode(), "nested too deep"),
        ("a.toml", b"[a" + b".a" * 50_000 + b"]\nb = [[", "no valid TOML|nested too deep"),
        ("a.json", b"[]", "must hold a table of settings, not a list"),
        ("a.json", b'{"a": 1', "is no JSON"),
        ("a.toml", b"a = ", "is no valid TOML"),
        ("a.json", b"\xff{}", "is no UTF-8 text"),
        ("a.json", b" " * 2_000_001, "at most 2.0 are read"),
        ("a.yaml", b"a: 1", "its name must end in .json or .toml"),
    ],
)
def test_a_settings_file_that_is_none_is_one_line(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=says) as caught:
        read_settings(tmp_path / name)
    assert str(caught.value).isprintable() and len(str(caught.value)) < 2_100


def test_a_mark_in_front_of_the_text_is_no_part_of_it(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = 1")
    assert read_settings(tmp_path / "a.json") == read_settings(tmp_path / "a.toml") == {"a": 1}


@pytest.mark.parametrize("path", ["/dev/zero", "/", "/nowhere/at.json", "/tmp/\0.json", "n" * 300])
def test_what_is_no_file_is_one_line_and_is_not_waited_for(path):
    with pytest.raises(DatasetError, match=r"is not a file|cannot be read"):
        read_text(Path(path), 1000)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DatasetError, match="is not a file"):
        read_text(tmp_path / "pipe", 1000)


def test_the_engine_says_one_line_of_deep_settings(tmp_path):
    (tmp_path / "settings.json").write_text(DEEP)
    command = [sys.executable, "-m", "engine", str(tmp_path / "settings.json"), str(tmp_path / "run")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "settings.json is nested deeper than 64 levels\n"
    assert not (tmp_path / "run").exists()
