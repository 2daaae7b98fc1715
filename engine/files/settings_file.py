"""Settings from a .toml or .json file that somebody wrote: bounded in size and depth, every mistake one
line."""

import tomllib
from pathlib import Path
from typing import Any

from engine.files.json_text import parse_json, read_text
from engine.settings.experiment import SettingsError

LARGEST = 2_000_000
"""Bytes. Settings take some ten thousand."""


def read_settings(file: Path) -> dict[str, Any]:
    """The content of the file, by its ending; raises `SettingsError` for one that holds no table of
    settings."""
    if file.suffix not in (".json", ".toml"):
        raise SettingsError(f"{file.name} is no settings file: its name must end in .json or .toml")
    text = read_text(file, LARGEST, SettingsError)
    if file.suffix == ".json":
        content = parse_json(text, file.name, SettingsError)
    else:
        content = parse_toml(text, file.name)
    if not isinstance(content, dict):
        raise SettingsError(f"{file.name} must hold a table of settings, not a {type(content).__name__}")
    return content


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """The table in a TOML text; raises `SettingsError` for what is none, or is nested too deep."""
    try:
        return tomllib.loads(text)
    except ValueError as error:
        raise SettingsError(f"{where} is no valid TOML: {error}") from None
    except RecursionError:
        raise SettingsError(f"{where} is nested too deep") from None
