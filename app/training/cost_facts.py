"""Which settings decide what a run costs: runs that agree in them are of one kind."""

from collections.abc import Mapping
from typing import Any

FREE = {
    "epochs",
    "learning_rate",
    "weight_decay",
    "warmup_epochs",
    "warmup_start",
    "schedule",
    "final_learning_rate",
}
FREE |= {"clip_norm", "patience", "log_every", "state_seconds", "on_full_disk"}
"""Training settings that do not change what a step costs."""


def cost_facts(content: Mapping[str, Any]) -> dict[str, Any]:
    """Of a run's plain settings, those that decide the cost of a step and how many there are in an epoch."""
    facts = {group: values for group, values in content.items() if group not in {"seed", "probe"}}
    facts["training"] = {name: value for name, value in content["training"].items() if name not in FREE}
    facts["data"] = {name: value for name, value in content["data"].items() if name != "seed"}
    return facts
