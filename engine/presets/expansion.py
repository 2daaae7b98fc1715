"""From a study plan to its runs: every method on every data set, with every combination of what varies and
every seed; counted before anything is made, in an order that is always the same."""

from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import Any, NamedTuple

from engine.presets.axes import Axis, draw, reachable, read_axis, unknown_path
from engine.presets.layers import Layer, lay, merge, nest, value_at
from engine.presets.preset import MOST_RUNS, StudyPlan
from engine.settings.experiment import ExperimentSettings, SettingsError, parse

MOST_LINES = 20
"""Mistakes that are told one by one."""


class PlannedRun(NamedTuple):
    """One run of a plan: its settings, the data set by its name in the plan, the preset that its settings
    come from, and what its axes are set to (dotted path → value)."""

    settings: ExperimentSettings
    dataset: str
    preset: str | None
    values: dict[str, Any]


class Cell(NamedTuple):
    """A method on a data set: its complete plain settings before anything is varied, and the axes (by their
    place among the plan's) that it has."""

    method: str
    dataset: str
    content: Layer
    axes: tuple[int, ...] = ()


def expand(plan: StudyPlan, changes: Mapping[str, Any] | None = None) -> list[PlannedRun]:
    """The runs of a plan: data set by data set, method by method, the seeds of one combination together; what
    comes out twice is there once.

    changes: dotted path → value, laid over every run's settings before anything is varied. Raises
    `SettingsError`, whose `lines` name each mistake once, with path and value.
    """
    axes, cells = read_plan(plan, changes)
    drawn = _drawn(plan, axes)
    count = count_runs(plan, axes, cells)
    if count > MOST_RUNS:
        raise SettingsError(f"{_product(plan, axes)} are {count:,} runs; at most {MOST_RUNS} at once")
    runs: dict[tuple[str, int], PlannedRun] = {}
    mistakes: dict[str, None] = {}
    for cell in cells:
        for point in _points(cell, axes, drawn):
            try:
                made = _run(plan, cell, axes, point)
            except SettingsError as error:
                mistakes |= dict.fromkeys(_told(plan, cell.dataset, error))
                continue
            digest = made.settings.digest()
            for seed in plan.seeds:
                settings = made.settings.model_copy(update={"seed": seed})
                runs.setdefault((digest, seed), made._replace(settings=settings))
    _raise(mistakes)
    return list(runs.values())


def read_plan(plan: StudyPlan, changes: Mapping[str, Any] | None = None) -> tuple[list[Axis], list[Cell]]:
    """The axes of a plan, and every method on every data set with those that it has. Raises `SettingsError`
    as `expand` does."""
    found: list[Cell] = []
    mistakes: dict[str, None] = {}
    for dataset in plan.datasets:
        for method in plan.methods_on(dataset):
            try:
                settings = parse(lay(plan.content(method, dataset), nest(changes or {})))
                found.append(Cell(method, dataset, settings.model_dump(mode="json")))
            except SettingsError as error:
                mistakes |= dict.fromkeys(_told(plan, dataset, error))
    _raise(mistakes)
    axes: list[Axis] = []
    for number, table in enumerate(plan.vary, 1):
        try:
            axes.append(read_axis(number, table, [cell.content for cell in found]))
        except SettingsError as error:
            mistakes[str(error)] = None
    _raise(mistakes)
    cells = [cell._replace(axes=_axes_of(cell, axes)) for cell in found]
    contents = [cell.content for cell in found]
    for number, axis in enumerate(axes):
        if not any(number in cell.axes for cell in cells):
            mistakes[unknown_path(number + 1, axis, contents)] = None
    _raise(mistakes)
    return axes, cells


def count_runs(plan: StudyPlan, axes: Sequence[Axis], cells: Sequence[Cell]) -> int:
    """How many runs there are before those that come out twice are left out; nothing is made for it."""
    drawn = _drawn(plan, axes)
    combinations = (
        prod(len(axes[number].values) for number in cell.axes)
        if drawn is None
        else len(_points(cell, axes, drawn))
        for cell in cells
    )
    return sum(combinations) * len(plan.seeds)


def _drawn(plan: StudyPlan, axes: Sequence[Axis]) -> list[tuple[int, ...]] | None:
    """The combinations that are drawn for all methods and data sets alike; None where all are trained."""
    counts = [len(axis.values) for axis in axes]
    if plan.drawn is None or prod(counts) <= plan.drawn:
        return None
    return draw(counts, plan.drawn, plan.draw_seed)


def _points(
    cell: Cell, axes: Sequence[Axis], drawn: Sequence[tuple[int, ...]] | None
) -> list[tuple[int, ...]]:
    """The combinations of the axes that a method on a data set has, each once."""
    if drawn is None:
        return list(product(*(range(len(axes[number].values)) for number in cell.axes)))
    return list(dict.fromkeys(tuple(point[number] for number in cell.axes) for point in drawn))


def _axes_of(cell: Cell, axes: Sequence[Axis]) -> tuple[int, ...]:
    """The axes that a method on a data set has, those included that come with another kind of something."""
    contents, found = [cell.content], []
    for number, axis in enumerate(axes):
        if axis.concerns(contents, cell.method, cell.dataset):
            found.append(number)
            contents = [
                other for content in contents for other in reachable(content, axis, cell.method, cell.dataset)
            ][:MOST_RUNS]
    return tuple(found)


def _run(plan: StudyPlan, cell: Cell, axes: Sequence[Axis], point: Sequence[int]) -> PlannedRun:
    """The run at one combination, with the plan's first seed."""
    content, paths = cell.content, []
    for number, position in zip(cell.axes, point, strict=True):
        changes = axes[number].changes(position, content, cell.method, cell.dataset)
        paths += list(changes)
        content = merge(content, nest(changes))
    settings = parse(content | {"seed": plan.seeds[0]})
    complete = settings.model_dump(mode="json")
    values = {path: value_at(complete, path) for path in paths}
    return PlannedRun(settings, cell.dataset, plan.preset_of(cell.dataset), values)


def _product(plan: StudyPlan, axes: Sequence[Axis]) -> str:
    """ "2 methods × 7 values × 3 seeds"; "the data sets and methods" where not all are trained on all."""
    if any("methods" in layer for layer in plan.dataset.values()):
        return "the data sets with their methods"
    factors = [(len(plan.datasets), "data set"), (len(set(plan.methods)), "method")]
    factors += [(len(axis.values), "value") for axis in axes] if plan.drawn is None else []
    factors += [(plan.drawn, "drawn combination")] if plan.drawn and axes else []
    factors.append((len(plan.seeds), "seed"))
    told = [(count, word) for count, word in factors if count > 1 or word in ("method", "seed")]
    return " × ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in told)


def _told(plan: StudyPlan, dataset: str, error: SettingsError) -> list[str]:
    """The lines of a mistake, with the data set where there are several."""
    return [f"{dataset}: {line}" for line in error.lines] if len(plan.datasets) > 1 else list(error.lines)


def _raise(mistakes: Mapping[str, None]) -> None:
    lines = list(mistakes)
    if lines:
        more = f" (and {len(lines) - 1} more mistake{'s' if lines[2:] else ''})" if lines[1:] else ""
        kept = lines[:MOST_LINES] + ([f"and {len(lines) - MOST_LINES} more"] if lines[MOST_LINES:] else [])
        raise SettingsError(lines[0] + more, kept)
