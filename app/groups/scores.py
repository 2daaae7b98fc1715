"""Scores of groups and what they say together: means with intervals, and differences paired by seed. No
Streamlit here; the intervals are those of `seed_statistics`."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from app.groups.grouping import Group, Panel
from app.groups.seed_statistics import (
    SHARE,
    UNBOUNDED,
    Estimate,
    Measured,
    PairedDifference,
    Range,
    estimate,
    paired_difference,
    share_of,
)
from app.wording.units import PERCENT, lower_is_better, unit_of

SCORES = {
    "panel": pl.String,
    "metric": pl.String,
    "digest": pl.String,
    "run_id": pl.Int64,
    "seed": pl.Int64,
    "value": pl.Float64,
    "samples": pl.Int64,
}
"""samples: of the test split, and for macro averages as many of balanced classes as would tell as surely;
null where it was not recorded."""


def scores(
    groups: Sequence[Group], panels: Sequence[Panel], results: Mapping[str, Sequence[Any]]
) -> pl.DataFrame:
    """One row a panel and run, as `SCORES`; runs that lack one of the panel's tasks are left out."""
    columns = (results[name] for name in ("run_id", "task", "metric", "value", "facts"))
    figures = {row[:3]: row[3:] for row in zip(*columns, strict=True)}
    rows = []
    for panel in panels:
        for group in groups:
            for run in group.runs:
                found = [figures.get((run.id, task, panel.metric), (math.nan, {})) for task in panel.tasks]
                values, sizes = [value for value, _ in found], [_size(facts) for _, facts in found]
                if all(map(math.isfinite, values)):
                    mean = sum(values) / len(values)
                    samples = min(filter(None, sizes)) if all(sizes) else None
                    rows.append((panel.name, panel.metric, group.digest, run.id, run.seed, mean, samples))
    return pl.DataFrame(rows, schema=SCORES, orient="row")


def _size(facts: Mapping[str, Any]) -> int | None:
    return facts.get("n_effective") or facts.get("n_test")


def seed_values(frame: pl.DataFrame, panel: str, digest: str) -> dict[int, float]:
    """seed → value of one group in one panel."""
    chosen = frame.filter(pl.col("panel") == panel, pl.col("digest") == digest)
    return dict(zip(chosen["seed"].to_list(), chosen["value"].to_list(), strict=True))


def group_estimate(frame: pl.DataFrame, panel: Panel, digest: str) -> Estimate | None:
    """Mean and interval of one group in one panel, or None where it has no result yet."""
    values = seed_values(frame, panel.name, digest)
    if not values:
        return None
    within, samples = _range(panel.metric, values.values()), _samples(frame, panel, [digest])
    if samples is None:
        return estimate(list(values.values()), within=within)
    measured: list[float | Measured] = [share_of(samples, value) for value in values.values()]
    return estimate(measured, step=1 / samples, within=within)


def difference(frame: pl.DataFrame, panel: Panel, ours: str, baseline: str) -> PairedDifference:
    """Group `ours` minus group `baseline` (digests), paired by seed."""
    sides = [seed_values(frame, panel.name, digest) for digest in (ours, baseline)]
    return paired_difference(
        *sides,
        higher_is_better=not lower_is_better(panel.metric),
        samples=_samples(frame, panel, [ours, baseline]),
        within=_range(panel.metric, [value for side in sides for value in side.values()]),
    )


def _range(metric: str, values: Iterable[float]) -> Range:
    """0 to 1 for what is shown per cent, as long as it keeps to that."""
    shares = unit_of(metric) == PERCENT and all(0 <= value <= 1 for value in values)
    return SHARE if shares else UNBOUNDED


def _samples(frame: pl.DataFrame, panel: Panel, digests: Sequence[str]) -> int | None:
    """The fewest test samples behind these groups' shares; None where that is not known, or they are no
    shares."""
    mine = frame.filter(pl.col("panel") == panel.name, pl.col("digest").is_in(list(digests)))
    sizes, values = mine["samples"].to_list(), mine["value"].to_list()
    if _range(panel.metric, values) != SHARE or not all(sizes):
        return None
    return min(sizes, default=None)
