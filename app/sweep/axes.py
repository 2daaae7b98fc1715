"""The settings that a study sweeps: their values in each configuration, and how an axis of them is drawn. No
Streamlit here."""

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from app.groups.grouping import Group
from app.groups.naming import Axis, setting_words, value_words, values_on

WIDE = 50.0
"""A swept setting whose largest value is so many times its least was hardly drawn evenly."""

MANY = 8
"""Values of which the median tells on what scale they were drawn."""


class Setting(NamedTuple):
    """A swept setting: its path, and its value by configuration (digest); configurations without it are
    missing."""

    path: str
    values: Mapping[str, Any]

    @property
    def words(self) -> str:
        """What it is called: "mask ratio"."""
        return setting_words(self.path)

    @property
    def is_number(self) -> bool:
        """Whether all values are numbers (switches are none), so that its axis has distances."""
        return all(isinstance(v, int | float) and not isinstance(v, bool) for v in self.values.values())

    def distinct(self, digests: Iterable[str] | None = None) -> list[Any]:
        """Its values (of these configurations), each once: numbers ascending, others in the order of the
        configurations."""
        wanted = self.values if digests is None else digests
        found = list({_key(self.values[d]): self.values[d] for d in wanted if d in self.values}.values())
        return sorted(found) if self.is_number else found

    def only(self, digests: Iterable[str]) -> "Setting":
        """The same for these configurations alone."""
        return Setting(
            self.path, {digest: self.values[digest] for digest in digests if digest in self.values}
        )

    @property
    def is_log(self) -> bool:
        """Whether the values were drawn on a logarithmic scale, as far as they tell: all are positive and lie
        more evenly by their ratios than by their differences."""
        return self.is_number and drawn_by_ratio(self.distinct())

    def shown(self, digest: str) -> str:
        """Its value in a configuration, as text."""
        return value_words(self.values[digest]) if digest in self.values else "–"


def swept_settings(groups: Sequence[Group], axes: Sequence[Axis]) -> list[Setting]:
    """The axes on which these groups have more than one value, in the study's order."""
    values = {group.digest: values_on(group.runs[0], axes) for group in groups}
    settings = [
        Setting(axis.path, {digest: on[axis.path] for digest, on in values.items() if axis.path in on})
        for axis in axes
    ]
    return [setting for setting in settings if len(setting.distinct()) > 1]


def drawn_by_ratio(values: Sequence[float]) -> bool:
    """Whether sorted distinct numbers lie on a logarithmic scale. Of two there is no telling but by their
    ratio: ten and more."""
    if len(values) < 2 or values[0] <= 0:
        return False
    ratio = values[-1] / values[0]
    if len(values) == 2:
        return ratio >= 10
    even, by_ratio = _unevenness(values), _unevenness([math.log(value) for value in values])
    if by_ratio < 0.5 * even or (ratio >= WIDE and by_ratio < even):
        return True
    off, off_by_ratio = _off_centre(values), _off_centre([math.log(value) for value in values])
    return len(values) >= MANY and ratio >= 8 and off_by_ratio + 0.1 < off


def _off_centre(values: Sequence[float]) -> float:
    """How far the median lies from the middle of the range, as a share of it; near 0 for what was drawn
    evenly."""
    return abs((float(np.median(values)) - values[0]) / (values[-1] - values[0]) - 0.5)


def _unevenness(values: Sequence[float]) -> float:
    """Standard deviation of the gaps between neighbours, in units of their mean."""
    gaps = np.array([b - a for a, b in pairwise(values)])
    return float(gaps.std() / gaps.mean())


def _key(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else (type(value) is bool, value)
