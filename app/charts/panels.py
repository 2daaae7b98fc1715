"""Which curves of a run are drawn together: losses, their terms, and what the machine did. Pure functions."""

from collections.abc import Iterable
from typing import NamedTuple

from engine.recorder import (
    ACCURACY,
    BITS,
    CPU,
    GPU,
    GPU_MEMORY,
    GRADIENT_NORM,
    LEARNING_RATE,
    MEMORY,
    SCALE,
    SPEED,
    TRAIN,
    TRAINING_LOSS,
    UNIFORMITY,
    VALIDATION_LOSS,
)


class CurvePanel(NamedTuple):
    """One chart: its title, what its axis shows and in which unit, its curves (key → label), a factor for
    their values, and whether their points are few and each is drawn."""

    title: str
    axis: str
    labels: dict[str, str]
    factor: float = 1.0
    marked: bool = False


LOSS = {TRAINING_LOSS: "training", VALIDATION_LOSS: "validation"}
_FIXED = (
    CurvePanel("Contrast accuracy", "pairs found in the batch, %", {ACCURACY: "training"}, 100.0),
    CurvePanel("Gradient norm", "L2 norm", {GRADIENT_NORM: "gradient norm"}),
    CurvePanel("Learning rate", "learning rate", {LEARNING_RATE: "learning rate"}),
    CurvePanel("Throughput", "samples / s", {SPEED: "throughput"}),
    CurvePanel("Load", "% of one core or GPU", {CPU: "CPU", GPU: "GPU"}),
    CurvePanel("Memory", "GiB", {MEMORY: "main memory", GPU_MEMORY: "GPU memory"}),
)
_APART = (SCALE, UNIFORMITY)
"""Terms on a scale of their own, which would flatten the others."""
_OF_A_QUESTION = {
    "fused": "information Î(Z)",
    "synergy": "synergy S",
    "synergy_low": "synergy, at least",
    "gain": "additive gain G",
}
"""What is recorded in bits of each task while a run trains, from the top of the chart downward."""


def curve_panels(keys: Iterable[str]) -> list[CurvePanel]:
    """The charts for these curves, in reading order; a key that no panel knows gets a chart of its own."""
    there = sorted(keys)
    known = {*LOSS, *_APART, *(key for panel in _FIXED for key in panel.labels)}
    terms = {
        key: key.removeprefix(TRAIN).replace("_", " ")
        for key in there
        if key.startswith(TRAIN) and key not in known
    }
    questions = _questions(there)
    known |= {key for panel in questions for key in panel.labels}
    others = [key for key in there if (key not in known and key not in terms) or key in _APART]
    panels = [CurvePanel("Loss", "loss", LOSS), CurvePanel("Terms of the loss", "loss term", terms)]
    panels += [*questions, *_FIXED]
    panels += [CurvePanel(_title(key), _title(key).lower(), {key: _title(key).lower()}) for key in others]
    return [kept for panel in panels if (kept := _only(panel, there)).labels]


def _questions(there: list[str]) -> list[CurvePanel]:
    """A chart for each task that was decomposed during training; what was read of it are the lines."""
    named = [(key, *key.removeprefix(BITS).split("/", 1)) for key in there if key.startswith(BITS)]
    keys_by_task: dict[str, dict[str, str]] = {}
    for key, part, *task in named:
        if task and part in _OF_A_QUESTION:
            keys_by_task.setdefault(task[0], {})[part] = key
    panels = []
    for question, keys in keys_by_task.items():
        labels = {keys[part]: label for part, label in _OF_A_QUESTION.items() if part in keys}
        panels.append(CurvePanel(f"What it tells of {question}, in bits", "bits", labels, marked=True))
    return panels


def curve_label(key: str) -> str:
    """What a curve is called in a list: "training loss", "synergy: synergy S, bits"."""
    if key == ACCURACY:
        return "contrast accuracy"
    panel = _panel_of(key)
    label = panel.labels[key]
    if panel.marked:
        return f"{key.removeprefix(BITS).split('/', 1)[1]}: {label}, bits"
    return f"{label} loss" if key in LOSS else label


def curve_axis(key: str) -> tuple[str, float]:
    """What the axis of one curve shows, with its unit, and the factor from stored values to that unit."""
    panel = _panel_of(key)
    return (curve_label(key) if panel.axis in {"loss", "loss term"} else panel.axis), panel.factor


def is_loss(key: str) -> bool:
    """Whether a curve is a loss or a term of one, which means something else for every method."""
    return _panel_of(key).axis in {"loss", "loss term"}


def _panel_of(key: str) -> CurvePanel:
    """The chart of one curve; every curve has one."""
    return curve_panels([key])[0]


def _only(panel: CurvePanel, there: list[str]) -> CurvePanel:
    return panel._replace(labels={key: label for key, label in panel.labels.items() if key in there})


def _title(key: str) -> str:
    return key.rsplit("/", 1)[-1].replace("_", " ").capitalize()
