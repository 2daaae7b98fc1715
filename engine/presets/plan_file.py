"""Study plans as TOML files: read with every mistake in one line, and written so that reading gives the same
plan again."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.files.settings_file import parse_toml, read_settings
from engine.presets.layers import RESET, Layer
from engine.presets.preset import LONGEST_NAME, StudyPlan, plan_of
from engine.settings.experiment import SettingsError

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def read_plan_file(file: Path) -> StudyPlan:
    """The plan in a .toml or .json file; its name is the file's, where it gives none. Raises `SettingsError`,
    one line."""
    content = read_settings(file)
    return plan_of({"name": file.stem[:LONGEST_NAME]} | content)


def parse_plan(text: str, name: str) -> StudyPlan:
    """The plan in a TOML text; name: what it is called where it does not say. Raises `SettingsError`."""
    return plan_of({"name": name} | parse_toml(text, name))


def write_plan(plan: StudyPlan) -> str:
    """The plan as TOML, without what has its default. TOML has no word for nothing: what is None goes
    to its layer's `reset`, for every setting that may be None has it as its default."""
    content = plan.model_dump(mode="json", exclude_defaults=True)
    for holder, name in _layers(content):
        holder[name] = _without_none(holder[name])
    axes = content.pop("vary", [])
    lines = _table(content, "")
    for axis in axes:
        lines += ["", "[[vary]]", *_pairs(axis)]
    return "\n".join(lines).strip() + "\n"


def _layers(content: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every layer of settings, as the table that holds it and its key there."""
    if "common" in content:
        yield content, "common"
    for table in (content, *content.get("dataset", {}).values()):
        yield from ((table["method"], name) for name in table.get("method", {}))
    yield from ((content["dataset"], name) for name in content.get("dataset", {}))


def _without_none(layer: Layer) -> Layer:
    """The layer with its settings that are None in `reset`."""
    kept, taken = _split(layer, "")
    reset = [*kept.get(RESET, []), *taken]
    return {**kept, **({RESET: reset} if reset else {})}


def _split(content: Mapping[str, Any], above: str) -> tuple[dict[str, Any], list[str]]:
    """Nested settings without those that are None, and the paths of these."""
    kept: dict[str, Any] = {}
    taken: list[str] = []
    for key, value in content.items():
        path = f"{above}{_text(key) if '.' in key else key}"
        if value is None:
            taken.append(path)
        elif isinstance(value, Mapping):
            kept[key], inner = _split(value, f"{path}.")
            taken += inner
        else:
            kept[key] = value
    return kept, taken


def _table(content: Mapping[str, Any], path: str) -> list[str]:
    """A table with its values first, then the tables in it, each under its whole path."""
    inner = {key: value for key, value in content.items() if isinstance(value, Mapping)}
    values = {key: value for key, value in content.items() if key not in inner}
    lines = ["", f"[{path}]"] if path and (values or not inner) else []
    lines += _pairs(values)
    for key, table in inner.items():
        lines += _table(table, f"{path}.{_key(key)}" if path else _key(key))
    return lines


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{_key(key)} = {_value(value)}" for key, value in values.items() if value is not None]


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    """A value in one line; raises `SettingsError` for what TOML cannot hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        return (
            "{"
            + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items() if inner is not None)
            + "}"
        )
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_value, value))}]"
    raise SettingsError(f"{value!r:.80} cannot be written to a plan's file")


def _text(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else _escape(ord(c))) for c in text) + '"'


def _escape(code: int) -> str:
    """TOML has no half of a surrogate pair: the sign for what cannot be read stands instead."""
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"\\U{code:08x}"
