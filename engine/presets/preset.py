"""Presets: a named experiment with the methods it compares and the seeds it repeats, one TOML file each in
`engine/presets/`.

A file has a title, a description, the methods and seeds it suggests, the name of a published table (or none),
`[common.…]` settings for all methods and `[method.NAME.…]` settings on top for one of them.
"""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from engine.settings.base import Settings, members_of, setting
from engine.settings.dataset import DatasetSettings
from engine.settings.experiment import ExperimentSettings, SettingsError, parse
from engine.settings.objective import ObjectiveSettings

FOLDER = Path(__file__).parent


class Preset(Settings):
    """One comparison as its author would run it; `experiment` gives the complete settings of one of its
    runs."""

    name: str
    title: str
    description: str
    methods: tuple[str, ...]
    seeds: tuple[int, ...]
    published: str | None = None
    common: dict[str, Any]
    method: dict[str, dict[str, Any]] = setting({}, "Settings on top of the common ones, by method.")

    def experiment(
        self, method: str, seed: int, changes: Mapping[str, Any] | None = None
    ) -> ExperimentSettings:
        """Settings of one run: common, then the method's own, then `changes` (dotted path → value), then the
        seed.

        Raises `SettingsError` for an unknown method, path or value.
        """
        check_choice("objective", method, method_names())
        content: dict[str, Any] = {}
        for layer in (
            self.common,
            {"objective": {"name": method}},
            self.method.get(method, {}),
            nest(changes or {}),
        ):
            content = merge(content, layer)
        return parse(content | {"seed": seed})


_PATH_PART = re.compile(r'"[^"]*"|[^."]*[^."]|(?<=\.)(?=\.|$)|^(?=\.|$)')
BY_MODALITY = ("encoders", "augmentations")
"""Groups of settings with one entry a modality, under names of the user's own."""


def nest(changes: Mapping[str, Any]) -> dict[str, Any]:
    """{"training.epochs": 3} as {"training": {"epochs": 3}}; raises `SettingsError` where one path runs
    through a value."""
    content: dict[str, Any] = {}
    for path, value in changes.items():
        *groups, last = split_path(path, isinstance(value, Mapping))
        node = content
        for group in groups:
            node = node.setdefault(group, {})
            if not isinstance(node, dict):
                raise SettingsError(f"'{path}' runs through '{group}', which was given a value of its own")
        node[last] = value
    return content


def split_path(path: str, is_group: bool = False) -> list[str]:
    """ "training.epochs" as ["training", "epochs"]; a part in double quotes may hold dots.

    The name of a modality may hold dots without them: "encoders.a.b.width" is the width of the encoder of
    "a.b", and where a whole group is set (`is_group`) "encoders.a.b" its encoder.
    """
    first, _, rest = path.partition(".")
    if first in BY_MODALITY and rest and '"' not in rest:
        name, _, last = rest.rpartition(".")
        return [first, rest] if is_group or not name else [first, name, last]
    return [part[1:-1] if part.startswith('"') else part for part in _PATH_PART.findall(path)]


def merge(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> dict[str, Any]:
    """`upper` laid over `lower`, group by group; a group that names another kind replaces the one below it
    whole."""
    result = dict(lower)
    for key, value in upper.items():
        below = result.get(key)
        same_kind = (
            isinstance(below, dict)
            and isinstance(value, Mapping)
            and value.get("name", below.get("name")) == below.get("name")
        )
        result[key] = merge(below, value) if same_kind and isinstance(below, dict) else value
    return result


def check_choice(what: str, name: str, allowed: Sequence[str]) -> None:
    """Raises `SettingsError` in the house's wording when `name` is not among `allowed`."""
    if name not in allowed:
        near = difflib.get_close_matches(name, allowed, 1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise SettingsError(f"no {what} '{name}'{hint}; choose from {', '.join(allowed)}")


def method_names() -> list[str]:
    """Every objective there is, InfMasking first."""
    return list(members_of(ObjectiveSettings))


def dataset_names() -> list[str]:
    """Every data set there is, the published ones last."""
    return list(members_of(DatasetSettings))


@cache
def preset_names() -> tuple[str, ...]:
    """Every preset there is, the quick one first, then by name."""
    names = (file.stem for file in FOLDER.glob("*.toml"))
    return tuple(sorted(names, key=lambda name: (name != "bits-quick", name)))


@cache
def load_preset(name: str) -> Preset:
    """The preset of that name; raises `SettingsError` when there is none."""
    check_choice("preset", name, preset_names())
    return Preset(name=name, **tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8")))
