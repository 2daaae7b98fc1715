"""What a data set states exactly of its own information, in words."""

from collections.abc import Mapping
from typing import Any

TRUTH = {
    "redundancy": "redundant",
    "unique1": "unique to modality 1",
    "unique2": "unique to modality 2",
    "synergy": "synergistic",
}


def truth_line(task: str, facts: Mapping[str, Any]) -> str | None:
    """What the data set states exactly, with the task: "synergy: 0.469 bits, all synergistic"; None where it
    states nothing."""
    words = truth_words(facts)
    return None if words is None else f"{task}: {words}"


def truth_words(facts: Mapping[str, Any]) -> str | None:
    """What the data set states exactly of one task: "0.469 bits, all synergistic"; None where it states
    nothing."""
    if any(facts.get(f"true_{name}") is None for name in TRUTH):
        return None
    parts = {
        words: float(facts[f"true_{name}"]) for name, words in TRUTH.items() if facts[f"true_{name}"] > 5e-4
    }
    total = sum(parts.values())
    if not parts:
        return "no information about it in the modalities"
    shares = ", ".join(f"{value:.3f} {words}" for words, value in parts.items())
    error = float(facts.get("true_error") or 0.0)
    within = f" (integrated, to within {error:.3f})" if error > 5e-4 else ""
    return f"{total:.3f} bits{within}, " + (f"all {next(iter(parts))}" if len(parts) == 1 else shares)
