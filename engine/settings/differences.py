"""What differs between two runs' settings, in words, and what may: where it runs and what it tells."""

from collections.abc import Iterator, Mapping
from typing import Any

from engine.settings.experiment import ExperimentSettings

MAY_DIFFER = frozenset(
    f"training.{name}"
    for name in (
        "device",
        "threads",
        "compile",
        "log_every",
        "state_seconds",
        "on_full_disk",
        "main_address",
        "main_port",
    )
)
"""Settings with which an interrupted run may go on: they decide where it runs and what it tells."""
TOLD = 3


def differences(former: ExperimentSettings, now: ExperimentSettings) -> list[str]:
    """One text each, such as "training.epochs 2 → 4", for all that decides what a run computes."""
    before, after = (dict(_flat(settings.model_dump(mode="json"))) for settings in (former, now))
    names = [
        name for name in before | after if name not in MAY_DIFFER and before.get(name) != after.get(name)
    ]
    return [f"{name} {_shown(before.get(name))} → {_shown(after.get(name))}" for name in names]


def told(changes: list[str]) -> str:
    """The first few differences in a line."""
    more = len(changes) - TOLD
    return ", ".join(changes[:TOLD]) + (f" and {more} more" if more > 0 else "")


def _flat(content: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _shown(value: Any) -> str:
    return "nothing" if value is None else str(value)[:40]
