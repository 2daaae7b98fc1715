"""Which curves of a run are drawn together: losses, their terms, and what the machine did. Pure functions."""

from collections.abc import Iterable
from typing import NamedTuple


class CurvePanel(NamedTuple):
    """One chart: its title, what its axis shows and in which unit, its curves (key → label), and a factor for
    their values."""

    title: str
    axis: str
    labels: dict[str, str]
    factor: float = 1.0


LOSS = {"train/loss": "training", "validation/loss": "validation"}
_FIXED = (
    CurvePanel("Contrast accuracy", "pairs found in the batch, %", {"train/accuracy": "training"}, 100.0),
    CurvePanel("Gradient norm", "L2 norm", {"train/gradient_norm": "gradient norm"}),
    CurvePanel("Learning rate", "learning rate", {"train/learning_rate": "learning rate"}),
    CurvePanel("Throughput", "samples / s", {"system/samples_per_second": "throughput"}),
    CurvePanel("Load", "% of one core or GPU", {"system/cpu_percent": "CPU", "system/gpu_percent": "GPU"}),
    CurvePanel("Memory", "GiB", {"system/memory_gib": "main memory", "system/gpu_memory_gib": "GPU memory"}),
)
_APART = ("train/scale", "train/uniformity")
"""Terms on a scale of their own, which would flatten the others."""


def curve_panels(keys: Iterable[str]) -> list[CurvePanel]:
    """The charts for these curves, in reading order; a key that no panel knows gets a chart of its own."""
    there = sorted(keys)
    known = {*LOSS, *_APART, *(key for panel in _FIXED for key in panel.labels)}
    terms = {
        key: key.removeprefix("train/").replace("_", " ")
        for key in there
        if key.startswith("train/") and key not in known
    }
    others = [key for key in there if (key not in known and key not in terms) or key in _APART]
    panels = [CurvePanel("Loss", "loss", LOSS), CurvePanel("Terms of the loss", "loss term", terms), *_FIXED]
    panels += [CurvePanel(_title(key), _title(key).lower(), {key: _title(key).lower()}) for key in others]
    return [kept for panel in panels if (kept := _only(panel, there)).labels]


def _only(panel: CurvePanel, there: list[str]) -> CurvePanel:
    return panel._replace(labels={key: label for key, label in panel.labels.items() if key in there})


def _title(key: str) -> str:
    return key.rsplit("/", 1)[-1].replace("_", " ").capitalize()
