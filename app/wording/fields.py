"""What a form needs to know of a settings model: one `Field` a setting, read from the model itself. No
Streamlit here.

A new setting, or a new kind in a union, therefore appears in the forms without a line written for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from engine.settings.base import Settings

Kind = Literal["switch", "integer", "number", "text", "choice", "list", "group", "kinds", "named_kinds"]


@dataclass(frozen=True)
class Field:
    """One setting. `low` and `high` are inclusive bounds where the model has any; `kinds` are a union's
    members by name.

    kind: group = nested settings (`model`); kinds = one of several settings classes; named_kinds = one of
    them by name of a modality; list = a tuple of `item`s.
    """

    name: str
    kind: Kind
    help: str
    default: Any = None
    required: bool = False
    optional: bool = False
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    item: type = str
    model: type[Settings] | None = None
    kinds: Mapping[str, type[Settings]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """ "Learning rate", "Image size (px)"; a unit that only repeats the name is left out."""
        words = title(self.name)
        return words if self.unit is None or self.unit in self.name.split("_") else f"{words} ({self.unit})"


def title(name: str) -> str:
    """ "learning_rate" as "Learning rate"."""
    return name.replace("_", " ").capitalize()


def summary(model: type[Settings]) -> str:
    """First paragraph of what a settings class says of itself."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())


def fields_of(model: type[Settings]) -> list[Field]:
    """Every setting of a model in its order, but for `name`, which says which kind it is, and those that are
    filled in."""
    return [
        _field(name, info)
        for name, info in model.model_fields.items()
        if name != "name" and not is_filled_in(info)
    ]


def is_filled_in(info: FieldInfo) -> bool:
    """Whether the setting is ours to fill in, so that no form asks for it."""
    return isinstance(info.json_schema_extra, dict) and "filled_in" in info.json_schema_extra


def _field(name: str, info: FieldInfo) -> Field:
    members = (
        [part for part in get_args(info.annotation) if part is not NoneType]
        if _is_union(info.annotation)
        else []
    )
    optional = bool(members) and len(members) < len(get_args(info.annotation))
    annotation = members[0] if len(members) == 1 else info.annotation
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    unit = extra.get("unit")
    return Field(
        name=name,
        help=info.description or "",
        required=info.is_required(),
        default=None
        if info.is_required()
        else info.get_default(call_default_factory=True, validated_data={}),
        optional=optional,
        unit=str(unit) if unit else None,
        low=_bound(info, "ge", "gt"),
        high=_bound(info, "le", "lt"),
        **_shape(annotation, members),
    )


def _shape(annotation: Any, members: list[Any]) -> dict[str, Any]:
    """The kind of a setting and what belongs to it, by its annotation."""
    origin = get_origin(annotation)
    if len(members) > 1:
        return {"kind": "kinds", "kinds": kinds_of(annotation)}
    if origin is Literal:
        return {"kind": "choice", "choices": tuple(map(str, get_args(annotation)))}
    if origin is tuple:
        return {"kind": "list", "item": get_args(annotation)[0]}
    if origin is dict:
        return {"kind": "named_kinds", "kinds": kinds_of(get_args(annotation)[1])}
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        return {"kind": "group", "model": annotation}
    kinds: dict[Any, Kind] = {bool: "switch", int: "integer", float: "number", str: "text"}
    if annotation not in kinds:
        raise TypeError(
            f"no form control for {annotation!r}; known are {', '.join(kind.__name__ for kind in kinds)}"
        )
    return {"kind": kinds[annotation]}


def kinds_of(union: Any) -> dict[str, type[Settings]]:
    """Members of a union of settings classes by the name each carries."""
    if get_origin(union) is Annotated:
        union = get_args(union)[0]
    return {member.model_fields["name"].default: member for member in get_args(union)}


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in {Union, UnionType}


def _bound(info: FieldInfo, *names: str) -> float | None:
    found = [getattr(part, name) for part in info.metadata for name in names if hasattr(part, name)]
    return found[0] if found else None


def show_list(value: Sequence[Any] | None) -> str:
    """A tuple as people write it: "32, 64"; None is the empty text."""
    return ", ".join(f"{item:g}" if isinstance(item, float) else str(item) for item in value or ())


def read_list(field: Field, text: str) -> list[Any] | None:
    """The tuple that "32, 64" stands for; the empty text is None where the setting may be empty, else no
    items.

    Raises `ValueError`, one line, for an item that is not of the kind.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words and field.optional:
        return None
    try:
        return [field.item(word) for word in words]
    except ValueError:
        wanted = "whole numbers" if field.item is int else "numbers"
        raise ValueError(f"{title(field.name)}: {wanted} with commas between; got {text!r}") from None


def changes_between(base: Mapping[str, Any], edited: Mapping[str, Any]) -> dict[str, Any]:
    """What `edited` sets otherwise than `base`, nested as both are; a group of another kind is given
    whole."""
    changed: dict[str, Any] = {}
    for key, value in edited.items():
        below = base.get(key)
        if (
            isinstance(value, Mapping)
            and isinstance(below, Mapping)
            and value.get("name") == below.get("name")
        ):
            if inner := changes_between(below, value):
                changed[key] = inner
        elif key not in base or value != below:
            changed[key] = value
    return changed


def flatten(content: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """{"training": {"epochs": 3}} as {"training.epochs": 3}."""
    flat: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            flat |= flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat
