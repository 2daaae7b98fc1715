"""Settings from the command line: a preset or a file, then `--set` on top; every mistake is one
`SettingsError` line."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from app.wording.names import run_title
from engine.files.settings_file import parse_toml, read_settings
from engine.presets.layers import merge, nest
from engine.presets.preset import check_choice, load_preset, method_names
from engine.settings.experiment import ExperimentSettings, SettingsError, parse

BARE_WORD = re.compile(r"(?:[^\W\d]|[~./])[\w ~./:+@%-]*")
"""What may stand for a string without quotes, so that a shell needs none: cpu, cosine, ../data/file.npz."""


class Planned(NamedTuple):
    """One run to be started: the study it belongs to, its settings and the preset they came from."""

    study: str
    settings: ExperimentSettings
    preset: str | None

    @property
    def title(self) -> str:
        """What the run is called."""
        return run_title(self.study, self.settings.objective.name, self.settings.seed)


def plan_runs(
    preset: str | None,
    config: Path | None,
    methods: Sequence[str],
    seeds: Sequence[int],
    assignments: Sequence[str],
) -> list[Planned]:
    """Every method with every seed; the preset's own where none are named.

    The preset's settings come first, those of the file on top, then the assignments (`training.epochs=2`).
    Raises `SettingsError` for anything unknown or impossible.
    """
    changes = read_settings(config) if config else {}
    changes |= dict(parse_assignment(text) for text in assignments)
    for method in methods:
        check_choice("objective", method, method_names())
    if preset is not None:
        return _from_preset(preset, methods, seeds, changes)
    if config is None:
        raise SettingsError(
            "no settings: name a preset (--preset, see `infmasking presets`) or a file (--config)"
        )
    content = nest(changes)
    by_method = [merge(content, {"objective": {"name": method}}) for method in methods] or [content]
    grid = [
        parse(content)
        for made in by_method
        for content in [made | {"seed": seed} for seed in seeds] or [made]
    ]
    return [Planned(config.stem, made, None) for made in grid]


def _from_preset(
    name: str, methods: Sequence[str], seeds: Sequence[int], changes: Mapping[str, Any]
) -> list[Planned]:
    preset = load_preset(name)
    if "seed" in changes:
        raise SettingsError("a preset's runs take their seeds from --seed, not from the settings")
    return [
        Planned(name, preset.experiment(method, seed, changes), name)
        for method in methods or preset.methods
        for seed in seeds or preset.seeds
    ]


def parse_data(texts: Sequence[str]) -> dict[str, Any]:
    """Settings of a data set as `--data` takes them: PATH, or NAME=VALUE for any other of them."""
    changes: dict[str, Any] = {}
    for text in texts:
        name, equals, _ = text.partition("=")
        if equals and name.strip().removeprefix("data.").isidentifier():
            path, value = parse_assignment(text)
            changes[path.removeprefix("data.")] = value
        else:
            changes["path"] = text
    return changes


def parse_assignment(text: str) -> tuple[str, Any]:
    """`path=value` with a TOML value; a bare word is a string."""
    path, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not path:
        raise SettingsError(f"--set takes PATH=VALUE, such as training.epochs=2; got '{text}'")
    try:
        parsed = parse_toml(f"value = {value}", f"--set {path}")
    except SettingsError:
        parsed = {}
    if set(parsed) == {"value"}:
        return path, parsed["value"]
    if BARE_WORD.fullmatch(value):
        return path, value
    raise SettingsError(
        f"--set {path}: '{value}' is no TOML value; examples: 2, 1e-3, true, \"text\", [64, 64]"
    )
