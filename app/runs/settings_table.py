"""A run's settings as rows to read: label, value with its unit, and what it means, taken from the settings
models."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from app.wording.fields import flatten, title
from engine.settings.experiment import SettingsError, parse


class SettingRow(NamedTuple):
    """One setting: the group it stands in, its label, its value as text, and its help."""

    group: str
    label: str
    value: str
    help: str


def setting_rows(settings: Mapping[str, Any]) -> list[SettingRow]:
    """Every setting of a stored run, in the order of the models; of a run by an older version, what is
    stored, without help."""
    try:
        model = parse(settings)
    except SettingsError:
        return [
            SettingRow(_group(path), title(path.rsplit(".", 1)[-1]), show_value(v), "")
            for path, v in flatten(settings).items()
        ]
    return list(_rows(model, "Experiment"))


def _rows(model: BaseModel, group: str) -> Iterator[SettingRow]:
    """Plain settings first, then the groups inside."""
    inner: list[tuple[str, BaseModel]] = []
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            inner.append((title(name), value))
        elif isinstance(value, Mapping):
            inner += [(f"{title(name).removesuffix('s')} of {key}", member) for key, member in value.items()]
        else:
            extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
            unit = str(extra.get("unit") or "")
            unit = "" if unit in name.split("_") else unit  # "6", not "6 epochs", beside the label "Epochs"
            label = "Kind" if name == "name" else title(name)
            said = str(getattr(model, "LABEL", value)) if name == "name" else show_value(value)
            yield SettingRow(
                group, label, f"{said} {unit}".rstrip() if value is not None else said, info.description or ""
            )
    for label, member in inner:
        yield from _rows(member, label if group == "Experiment" else f"{group}: {label.lower()}")


def _group(path: str) -> str:
    head = path.split(".")[:-1]
    return ": ".join(title(part) for part in head) or "Experiment"


def show_value(value: Any) -> str:
    """Text of a setting: yes and no for switches, a dash for none, lists with commas."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(show_value, value))
    return f"{value:,}" if isinstance(value, int) else str(value)
