"""The axes of a study plan: which settings take several values, for which methods and data sets, and which
combinations of them are trained."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

from engine.presets.layers import BY_MODALITY, MISSING, Layer, merge, nest, split_path, value_at
from engine.presets.ranges import MOST_VALUES, read_values
from engine.settings.experiment import ExperimentSettings, SettingsError

MOST_DRAWN_FROM = 2**16
"""Sobol points that are looked through for combinations that differ; what is missing then comes in order."""


class AxisPath(NamedTuple):
    """A setting that is varied: as written in the plan, its path in a run's settings, and the method and data
    set that it is for (None: all that have it)."""

    written: str
    path: str
    method: str | None
    dataset: str | None

    def is_for(self, method: str, dataset: str) -> bool:
        """Whether it is varied for this method on this data set, as far as it has it."""
        return self.method in (None, method) and self.dataset in (None, dataset)


class Axis(NamedTuple):
    """Settings that move together: `values` has one tuple a position, with a value for each path."""

    paths: tuple[AxisPath, ...]
    values: tuple[tuple[Any, ...], ...]

    def changes(self, position: int, content: Layer, method: str, dataset: str) -> Layer:
        """What the axis sets at a position, of the settings that this method on this data set has."""
        chosen = zip(self.paths, self.values[position], strict=True)
        return {
            path.path: value
            for path, value in chosen
            if path.is_for(method, dataset) and _has(content, path.path)
        }

    def concerns(self, contents: Sequence[Layer], method: str, dataset: str) -> bool:
        """Whether a method on a data set has any of the settings."""
        return any(
            path.is_for(method, dataset) and _has(content, path.path)
            for path in self.paths
            for content in contents
        )


def read_axis(number: int, table: Mapping[str, Any], contents: Sequence[Layer]) -> Axis:
    """One `[[vary]]` table; number: its place, from 1, for messages; contents: the complete settings of each
    method on each data set, which tell where numbers are whole.

    Raises `SettingsError`, one line with path and value.
    """
    paths = [(read_path(written), given) for written, given in flat_axis(table)]
    if not paths:
        raise SettingsError(f'vary {number}: no setting; write PATH = [VALUES] or PATH = "0.1…0.9 by 0.2"')
    columns: list[list[Any]] = []
    for path, given in paths:
        try:
            columns.append(_values(given, whole=any(_is_whole(content, path.path) for content in contents)))
        except SettingsError as error:
            raise SettingsError(f"vary {number}, {path.written}: {error}") from None
    if len({len(column) for column in columns}) > 1:
        counts = ", ".join(
            f"{path.written} has {len(column)}" for (path, _), column in zip(paths, columns, strict=True)
        )
        raise SettingsError(f"vary {number}: settings that move together need equally many values; {counts}")
    return Axis(tuple(path for path, _ in paths), tuple(zip(*columns, strict=True)))


def unknown_path(number: int, axis: Axis, contents: Sequence[Layer]) -> str:
    """The line for an axis that no chosen method on no data set has."""
    known = sorted({path for content in contents for path in _paths(content)})
    near = difflib.get_close_matches(axis.paths[0].path, known, 1)
    hint = f" (did you mean '{near[0]}'?)" if near else ""
    names = ", ".join(f"'{path.written}'" for path in axis.paths)
    return f"vary {number}: no chosen method and data set has {names[:200]}{hint}"


def reachable(content: Layer, axis: Axis, method: str, dataset: str) -> list[Layer]:
    """The settings that an axis leads to, where it changes the kind of something: other kinds have other
    settings. The settings themselves where it does not."""
    if not any(path.path.endswith(".name") for path in axis.paths):
        return [content]
    changes = [axis.changes(position, content, method, dataset) for position in range(len(axis.values))]
    return [merge(content, nest(changed)) for changed in changes]


def draw(counts: Sequence[int], number: int, seed: int) -> list[tuple[int, ...]]:
    """`number` different combinations of axes with so many values each, as positions: a scrambled Sobol
    sequence (Joe and Kuo 2008; Owen 1998), in which every value of an axis comes about equally often.

    There must be more combinations than that.
    """
    import numpy as np
    from scipy.stats import qmc  # half a second to import, for those who draw

    sobol = qmc.Sobol(len(counts), scramble=True, rng=np.random.default_rng(seed))
    found: dict[tuple[int, ...], None] = {}
    fresh = 2 ** (number - 1).bit_length()
    while len(found) < number and sobol.num_generated < MOST_DRAWN_FROM:
        points = sobol.random(fresh)
        places = np.minimum((points * counts).astype(int), np.array(counts) - 1)
        found |= dict.fromkeys(tuple(map(int, place)) for place in places)
        fresh = sobol.num_generated
    in_order = product(*map(range, counts))
    while len(found) < number:
        found[next(in_order)] = None
    return list(found)[:number]


def read_path(written: str) -> AxisPath:
    """A path as the plan has it: `training.epochs`, or for one method or data set alone `method.comm.…`,
    `dataset.mosi.…` or `dataset.mosi.method.comm.…`. Raises `SettingsError` for what cannot be varied."""
    parts = split_path(written)
    scope: dict[str, str] = {}
    for kind in ("dataset", "method"):
        if parts[0] == kind and len(parts) > 2:
            scope[kind], parts = parts[1], parts[2:]
    path = ".".join(f'"{part}"' if "." in part or not part else part for part in parts)
    instead = {
        "seed": "seeds stand in 'seeds'",
        "objective.name": "methods stand in 'methods'",
        "data.name": "data sets are [dataset.NAME] tables",
    }
    if path in instead:
        raise SettingsError(f"'{written[:80]}' cannot be varied: {instead[path]}")
    if parts[0] not in ExperimentSettings.model_fields:
        allowed = sorted(set(ExperimentSettings.model_fields) - {"seed"})
        near = difflib.get_close_matches(parts[0], allowed, 1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        raise SettingsError(f"no setting '{written[:80]}'{hint}; a path starts with {', '.join(allowed)}")
    return AxisPath(written, path, scope.get("method"), scope.get("dataset"))


def _values(given: Any, *, whole: bool) -> list[Any]:
    """The values of one path: a list as it stands, a text as a list or range, anything else as the only
    value."""
    if isinstance(given, str):
        return read_values(given, whole=whole)
    values = given if isinstance(given, list | tuple) else [given]
    if not values or len(values) > MOST_VALUES:
        raise SettingsError(f"1 to {MOST_VALUES:,} values; got {len(values):,}")
    return list(values)


def flat_axis(table: Mapping[str, Any], above: str = "") -> Iterable[tuple[str, Any]]:
    """Dotted paths of a table, whether they are written as one key in quotes or as nested tables."""
    for key, value in table.items():
        if isinstance(value, Mapping) and value:
            quoted = f'"{key}"' if "." in key and above else key
            yield from flat_axis(value, f"{above}{quoted}.")
        else:
            yield f"{above}{key}", value


def _has(content: Layer, path: str) -> bool:
    """Whether complete settings have something at a path, or could: the kind of an encoder or augmentation
    that is the data set's own."""
    first, *rest = split_path(path)
    if first in BY_MODALITY and len(rest) == 2 and rest[1] == "name":
        return True
    return value_at(content, path) is not MISSING


def _is_whole(content: Layer, path: str) -> bool:
    value = value_at(content, path)
    return isinstance(value, int) and not isinstance(value, bool)


def _paths(content: Mapping[str, Any], above: str = "") -> Iterable[str]:
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            yield from _paths(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"
