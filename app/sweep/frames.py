"""Frames that the Settings tab draws, in shown units. No Streamlit here."""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl

from app.charts.sweep import CELLS, LEVELS, POINTS, SEEDS, SweepAxes
from app.groups.naming import value_words
from app.groups.readings import show_estimate
from app.groups.seed_statistics import Estimate
from app.sweep.averages import Swept
from app.sweep.axes import Setting
from app.sweep.points import Point
from app.sweep.questions import Question

FEW_TICKS = 12
"""Values of a setting that all have their tick on an axis."""
MISSING = "–"


class SweepFrames(NamedTuple):
    """What `charts.sweep.sweep_chart` draws."""

    points: pl.DataFrame
    seeds: pl.DataFrame
    levels: pl.DataFrame
    axes: SweepAxes


def sweep_frames(swept: Swept, question: Question, setting: Setting) -> SweepFrames:
    """The lines of a sweep; points of methods without the setting are levels."""
    points, seeds, levels = [], [], []
    for line in swept.lines:
        for point in line.points:
            figures = _limits(point.estimate, question)
            shown = show_estimate(point.estimate, question.unit)
            if point.value is None and point.digests[0] not in setting.values:
                levels.append((line.label, *figures, shown))
                continue
            at = (line.label, float(point.value) if setting.is_number else 0.0, value_words(point.value))
            points.append((*at, *figures, point.estimate.n, shown, line.joined))
            seeds += [(*at, seed, value * question.unit.scale) for seed, value in point.seeds.items()]
    values = setting.distinct()
    axes = SweepAxes(
        setting.words,
        question.axis,
        [] if setting.is_number else [value_words(value) for value in values],
        [float(v) for v in values] if setting.is_number and len(values) <= FEW_TICKS else [],
        setting.is_log,
    )
    return SweepFrames(
        pl.DataFrame(points, schema=POINTS, orient="row"),
        pl.DataFrame(seeds, schema=SEEDS, orient="row"),
        pl.DataFrame(levels, schema=LEVELS, orient="row"),
        axes,
    )


def spoken_sweep(swept: Swept, question: Question, setting: Setting) -> str:
    """The same in words."""
    said = []
    for line in swept.lines:
        points = [
            f"{value_words(point.value)}: {show_estimate(point.estimate, question.unit)}"
            for point in line.points
        ]
        said.append(f"{line.label} {'; '.join(points)}")
    return f"{question.label} against {setting.words}. {'. '.join(said)}."


def _limits(value: Estimate, question: Question) -> tuple[float, float | None, float | None]:
    """Mean, low and high in shown units."""
    scale = question.unit.scale
    low, high = (None if end is None else end * scale for end in (value.low, value.high))
    return value.mean * scale, low, high


def heat_cells(
    points: Mapping[tuple[str, str], Point], question: Question, x: Setting, y: Setting
) -> pl.DataFrame:
    """`CELLS` for every pair of values; points: by (value of x, value of y), as text."""
    rows: list[tuple[str, str, float | None, str, str, int]] = []
    for across in map(value_words, x.distinct()):
        for up in map(value_words, y.distinct()):
            point = points.get((across, up))
            if point is None:
                rows.append((across, up, None, MISSING, "not measured", 0))
            else:
                mean = point.estimate.mean
                shown = question.unit.number(mean)
                told = show_estimate(point.estimate, question.unit)
                rows.append((across, up, mean * question.unit.scale, shown, told, point.estimate.n))
    return pl.DataFrame(rows, schema=CELLS, orient="row")


def spoken_heat(cells: pl.DataFrame, question: Question, x: Setting, y: Setting) -> str:
    """The same in words."""
    said = [f"{up} and {across}: {told}" for across, up, told in cells.select("x", "y", "told").iter_rows()]
    return f"{question.label} by {y.words} and {x.words}. {'; '.join(said)}."
