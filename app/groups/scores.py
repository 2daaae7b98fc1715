"""Scores of groups and what they say together: means with intervals, and differences paired by seed. No
Streamlit here; the intervals are those of `seed_statistics`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from app.groups.grouping import Group, Panel
from app.groups.seed_statistics import (
    SHARE,
    UNBOUNDED,
    Estimate,
    PairedDifference,
    Range,
    estimate,
    paired_difference,
    share_of,
)
from app.wording.units import PERCENT, lower_is_better, unit_of


class Score(NamedTuple):
    """One run's figure in one panel. samples: of the test split, and for macro averages as many of balanced
    classes as would tell as surely; None where it was not recorded."""

    run_id: int
    value: float
    samples: int | None


Scores = Mapping[tuple[str, str], Mapping[int, Score]]
"""(panel's name, group's digest) → seed → score, for the groups that have one there."""


def scores(groups: Sequence[Group], panels: Sequence[Panel], results: Mapping[str, Sequence[Any]]) -> Scores:
    """The score of every run in every panel: the mean over its tasks. Runs that lack one of the panel's tasks
    are left out. results: columns run_id, task, metric, value, facts, as storage gives them."""
    columns = (results[name] for name in ("run_id", "task", "metric", "value", "facts"))
    figures = {row[:3]: row[3:] for row in zip(*columns, strict=True)}
    by_group: dict[tuple[str, str], dict[int, Score]] = {}
    for panel in panels:
        for group in groups:
            for run in group.runs:
                keys = [(run.id, task, panel.metric) for task in panel.tasks]
                if all(math.isfinite(figures.get(key, (math.nan,))[0]) for key in keys):
                    mean = sum(figures[key][0] for key in keys) / len(keys)
                    sizes = [_size(figures[key][1]) for key in keys]
                    samples = min(filter(None, sizes)) if all(sizes) else None
                    score = Score(run.id, mean, samples)
                    by_group.setdefault((panel.name, group.digest), {})[run.seed] = score
    return by_group


def _size(facts: Mapping[str, Any]) -> int | None:
    return facts.get("n_effective") or facts.get("n_test")


def seed_values(measured: Scores, panel: Panel, digest: str) -> dict[int, float]:
    """seed → value of one group in one panel."""
    return {seed: score.value for seed, score in measured.get((panel.name, digest), {}).items()}


def group_estimate(measured: Scores, panel: Panel, digest: str) -> Estimate | None:
    """Mean and interval of one group in one panel, or None where it has no result yet."""
    values = list(seed_values(measured, panel, digest).values())
    if not values:
        return None
    within, samples = _range(panel.metric, values), _samples(measured, panel, [digest])
    if samples is None:
        return estimate(values, within=within)
    return estimate([share_of(samples, value) for value in values], step=1 / samples, within=within)


def difference(measured: Scores, panel: Panel, ours: str, baseline: str) -> PairedDifference:
    """Group `ours` minus group `baseline` (digests), paired by seed."""
    sides = [seed_values(measured, panel, digest) for digest in (ours, baseline)]
    return paired_difference(
        *sides,
        higher_is_better=not lower_is_better(panel.metric),
        samples=_samples(measured, panel, [ours, baseline]),
        within=_range(panel.metric, [value for side in sides for value in side.values()]),
    )


def _range(metric: str, values: Iterable[float]) -> Range:
    """0 to 1 for what is shown per cent, as long as it keeps to that."""
    shares = unit_of(metric) == PERCENT and all(0 <= value <= 1 for value in values)
    return SHARE if shares else UNBOUNDED


def _samples(measured: Scores, panel: Panel, digests: Sequence[str]) -> int | None:
    """The fewest test samples behind these groups' shares; None where that is not known, or they are no
    shares."""
    behind = [score for digest in digests for score in measured.get((panel.name, digest), {}).values()]
    sizes = [score.samples for score in behind]
    if _range(panel.metric, [score.value for score in behind]) != SHARE or not all(sizes):
        return None
    return min(filter(None, sizes), default=None)
