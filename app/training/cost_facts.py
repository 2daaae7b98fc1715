"""Which settings decide what a run costs: runs that agree in them are of one kind."""

from collections.abc import Mapping
from typing import Any

FREE = {
    "training": {"epochs", "learning_rate", "weight_decay", "warmup_epochs", "warmup_start", "schedule"}
    | {"final_learning_rate", "clip_norm", "patience", "log_every", "state_seconds", "on_full_disk"},
    "objective": {"temperature", "variance_weight", "term_weights", "self_weight", "initial_temperature"},
    "data": {"seed", "fingerprint"},
}
"""Settings that do not change what a step costs."""
OF_STEPS = {"masks", "mask_ratio", "cross_views", "uniformity_weight", "projection", "critic_steps"}
"""Settings of objectives that change a step and not the end of a run, which sees the fused
representation."""


def cost_facts(content: Mapping[str, Any]) -> dict[str, Any]:
    """Of a run's plain settings, those that decide the cost of a step and how many there are in an epoch."""
    facts = {group: values for group, values in content.items() if group not in {"seed", "probe"}}
    for group, free in FREE.items():
        facts[group] = {name: value for name, value in content[group].items() if name not in free}
    return facts


def end_facts(content: Mapping[str, Any]) -> dict[str, Any]:
    """Those that decide what probing and decomposing cost at the end of a run."""
    facts = cost_facts(content) | {"probe": content["probe"]}
    facts["objective"] = {name: value for name, value in facts["objective"].items() if name not in OF_STEPS}
    kept = ("device", "processes", "threads", "precision")
    return facts | {"training": {name: content["training"][name] for name in kept}}
