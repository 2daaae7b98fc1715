"""Configurations as one point of a chart: their mean within each seed that all have, then over seeds. No
Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.groups.grouping import Group
from app.groups.seed_statistics import Estimate, Measured
from app.sweep.axes import Setting
from app.sweep.questions import Question


class Point(NamedTuple):
    """One value of the setting on one line. value: None on lines of methods without the setting; estimate:
    over seeds; seeds: seed → figure; digests: the configurations in it."""

    value: Any
    estimate: Estimate
    seeds: Mapping[int, float]
    digests: tuple[str, ...]


def point_of(setting: Setting, question: Question, groups: Sequence[Group]) -> Point:
    """These configurations as one point: their mean within each seed that all have, then over seeds."""
    figures = [question.of_group(group) for group in groups]
    shared = sorted(set.intersection(*(set(found) for found in figures)))
    by_seed = {seed: _mean([found[seed] for found in figures]) for seed in shared}
    if by_seed:
        estimate = question.over(list(by_seed.values()))
    else:  # no seed is common to all: a mean of the configurations, of which seeds tell no interval
        mean = _mean([_mean(list(found.values())) for found in figures]).value
        estimate = Estimate(0, mean, None, None, None)
    values = {seed: one.value for seed, one in by_seed.items()}
    digests = tuple(group.digest for group in groups)
    return Point(setting.values.get(groups[0].digest), estimate, values, digests)


def _mean(figures: Sequence[Measured]) -> Measured:
    """The mean of figures that were measured on the same samples, so that their errors do not average out."""
    n = len(figures)
    return Measured(*(sum(values) / n for values in zip(*figures, strict=True)))


def in_words(settings: Sequence[Setting]) -> str:
    """ "masks, temperature and learning rate"."""
    words = [setting.words for setting in settings]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
