"""What every group of settings shares: frozen, unknown names refused, and fields that carry unit, help and
bounds.

The launch form, the command line and the stored configuration are all generated from these models, so a
setting is written once. Nothing under `engine.settings` imports torch: the dashboard reads it.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Base of all settings: immutable, strict about names, finite numbers only."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, allow_inf_nan=False)


def setting(default: Any, help: str, *, unit: str | None = None, **constraints: Any) -> Any:
    """A field with the text and the bounds that its form control shows.

    `unit` is a short word behind the value ("epochs", "px"); `constraints` are pydantic's (`ge`, `le`, `gt`,
    `min_length`, …). Pass `...` as `default` for a required setting.
    """
    return Field(default, description=help, json_schema_extra={"unit": unit} if unit else None, **constraints)
