"""Settings in layers: nested tables laid over each other, dotted paths into them, and what goes back to its
default."""

import re
from collections.abc import Mapping
from typing import Any

from engine.settings.experiment import SettingsError

_PATH_PART = re.compile(r'"[^"]*"|[^."]*[^."]|(?<=\.)(?=\.|$)|^(?=\.|$)')
BY_MODALITY = ("encoders", "augmentations")
"""Groups of settings with one entry a modality, under names of the user's own."""
Layer = dict[str, Any]
"""Nested plain settings, as far as they are given."""
RESET = "reset"
"""Key of a layer with the paths whose settings below it are taken away, so that the defaults are back."""


def nest(changes: Mapping[str, Any]) -> Layer:
    """{"training.epochs": 3} as {"training": {"epochs": 3}}; raises `SettingsError` where one path runs
    through a value."""
    content: Layer = {}
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


def merge(lower: Mapping[str, Any], upper: Mapping[str, Any]) -> Layer:
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


def lay(lower: Mapping[str, Any], layer: Mapping[str, Any]) -> Layer:
    """`merge`, after the paths in the layer's `reset` are taken out of what lies below."""
    content = dict(lower)
    for path in layer.get(RESET, ()):
        content = _without(content, split_path(path))
    return merge(content, {key: value for key, value in layer.items() if key != RESET})


def _without(content: Mapping[str, Any], parts: list[str]) -> Layer:
    kept = dict(content)
    first, *rest = parts
    if not rest:
        kept.pop(first, None)
    elif isinstance(kept.get(first), Mapping):
        kept[first] = _without(kept[first], rest)
    return kept


MISSING = object()
"""What `value_at` gives where there is nothing."""


def value_at(content: Mapping[str, Any], path: str) -> Any:
    """What stands at a dotted path of nested plain settings, or `MISSING`."""
    node: Any = content
    for part in split_path(path):
        if not isinstance(node, Mapping) or part not in node:
            return MISSING
        node = node[part]
    return node
