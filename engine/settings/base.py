"""What every group of settings shares: frozen, unknown names refused, and fields that carry unit, help and
bounds.

The launch form, the command line and the stored configuration are all generated from these models, so a
setting is written once. Nothing under `engine.settings` imports torch: the dashboard reads it.
"""

from typing import Annotated, Any, TypeVar, Union

from pydantic import BaseModel, ConfigDict, Discriminator, Field

Kind = TypeVar("Kind", bound="Settings")


class Settings(BaseModel):
    """Base of all settings: immutable, strict about names, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


def setting(
    default: Any, help: str, *, unit: str | None = None, filled_in: bool = False, **constraints: Any
) -> Any:
    """A field with the text and the bounds that its form control shows.

    `unit` is a short word behind the value ("epochs", "px"); `filled_in` settings are ours to fill in, and no
    form asks for them; `constraints` are pydantic's (`ge`, `le`, `gt`, `min_length`, …). Pass `...` as
    `default` for a required setting.
    """
    extra: dict[str, Any] = ({"unit": unit} if unit else {}) | ({"filled_in": True} if filled_in else {})
    return Field(default, description=help, json_schema_extra=extra or None, **constraints)


def members_of(base: type[Kind]) -> dict[str, type[Kind]]:
    """Every kind of `base` by its name: the classes below it that give their `name`, as they were written.

    So a new kind is one class anywhere in the file of its base. Raises `TypeError` where two have one name.
    """
    members: dict[str, type[Kind]] = {}
    for child in base.__subclasses__():
        name = child.model_fields["name"].default if "name" in child.model_fields else None
        named = {name: child} if isinstance(name, str) else {}
        for key, member in (named | members_of(child)).items():
            if members.setdefault(key, member) is not member:
                raise TypeError(f"{member.__name__} and {members[key].__name__} are both named '{key}'")
    return members


def choice_of(base: type[Settings]) -> Any:
    """The type of a setting that holds one kind of `base`, told apart by `name`."""
    return Annotated[Union[tuple(members_of(base).values())], Discriminator("name")]  # noqa: UP007
