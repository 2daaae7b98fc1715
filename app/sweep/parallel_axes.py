"""The axes of parallel coordinates, and the frames of the chart. No Streamlit here."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from app.charts.parallel import ABSENT, LINES, TICKS
from app.groups.grouping import Group
from app.groups.naming import value_words
from app.groups.readings import show_estimate
from app.groups.seed_statistics import Estimate
from app.sweep.axes import Setting
from app.sweep.questions import Question
from app.wording.names import method_label

FEW_WORDS = 7
"""Values that are written beside an axis."""


class ParallelAxis(NamedTuple):
    """One axis of parallel coordinates: its name, where each configuration crosses it, the text of its value
    there, and the values that are written beside it."""

    title: str
    at: Mapping[str, float]
    words: Mapping[str, str]
    ticks: Sequence[tuple[float, str]]


def setting_axis(setting: Setting) -> ParallelAxis:
    """The axis of a setting: numbers by their distance (or ratio), names evenly."""
    values = setting.distinct()
    places = _places(values, setting)
    at = {digest: places[value_words(value)] for digest, value in setting.values.items()}
    words = {digest: value_words(value) for digest, value in setting.values.items()}
    step = max(1, math.ceil((len(values) - 1) / (FEW_WORDS - 1))) if len(values) > FEW_WORDS else 1
    written = list(dict.fromkeys([*values[::step], values[-1]])) if setting.is_number else values
    return ParallelAxis(setting.words, at, words, [(places[value_words(v)], value_words(v)) for v in written])


def _places(values: Sequence[Any], setting: Setting) -> dict[str, float]:
    """Value as text → place on an axis from 0 to 1."""
    if not setting.is_number:
        return {value_words(v): place / max(len(values) - 1, 1) for place, v in enumerate(values)}
    scaled = [math.log(v) if setting.is_log else float(v) for v in values]
    reach = scaled[-1] - scaled[0] or 1.0
    return {value_words(v): (s - scaled[0]) / reach for v, s in zip(values, scaled, strict=True)}


def method_axis(groups: Sequence[Group]) -> ParallelAxis:
    """The axis of methods, evenly, in their order from the top."""
    methods = list(dict.fromkeys(group.method for group in groups))
    last = max(len(methods) - 1, 1)
    place = {method: 1 - number / last for number, method in enumerate(methods)}
    at = {group.digest: place[group.method] for group in groups}
    words = {group.digest: method_label(group.method) for group in groups}
    return ParallelAxis("method", at, words, [(place[m], method_label(m)) for m in methods])


def figure_axis(figures: Mapping[str, Estimate], question: Question) -> ParallelAxis:
    """The axis of what was measured, by its mean."""
    means = {digest: value.mean for digest, value in figures.items()}
    low, high = min(means.values()), max(means.values())
    reach = high - low or 1.0
    at = {digest: (mean - low) / reach for digest, mean in means.items()}
    ticks = [(share, question.unit.number(low + share * reach)) for share in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return ParallelAxis(question.axis, at, {d: question.unit.number(m) for d, m in means.items()}, ticks)


def parallel_frames(
    axes: Sequence[ParallelAxis],
    groups: Sequence[Group],
    figures: Mapping[str, Estimate],
    chosen: set[str],
    question: Question,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What `charts.parallel.parallel_chart` draws: the lines and the values beside the axes. figures, chosen:
    by configuration (digest)."""
    lines = [
        (
            group.digest,
            group.label,
            place,
            axis.at.get(group.digest, ABSENT),
            axis.words.get(group.digest, "has none"),
            show_estimate(figures[group.digest], question.unit),
            figures[group.digest].mean * question.unit.scale,
            group.digest in chosen,
        )
        for group in groups
        for place, axis in enumerate(axes)
    ]
    ticks = [(place, at, words) for place, axis in enumerate(axes) for at, words in axis.ticks]
    ticks += [
        (place, ABSENT, "none")
        for place, axis in enumerate(axes)
        if any(group.digest not in axis.at for group in groups)
    ]
    return (
        pl.DataFrame(lines, schema=LINES, orient="row"),
        pl.DataFrame(ticks, schema=TICKS, orient="row"),
    )
