"""The table of runs on the overview: one row a run, as a polars frame. Pure functions, no Streamlit."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import polars as pl

from app.groups.grouping import PANELS, Panel, panels_of
from app.runs.facts import seconds_left, share_done, took
from app.wording.figures import show_duration
from app.wording.names import data_label, experiment_label, method_label
from app.wording.units import unit_of
from storage.queries import Columns
from storage.run import LiveState, Run, live_state

MOST_PANELS = 4
"""Columns of results; a database with labels of many data sets shows the first ones."""
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "state": pl.List(pl.String),
    "method": pl.String,
    "seed": pl.Int64,
    "data": pl.String,
    "progress": pl.Float64,
    "time": pl.String,
    "experiment": pl.String,
    "tags": pl.List(pl.String),
    "created": pl.Datetime("ms", "UTC"),
}


class Filters(NamedTuple):
    """What the reader wants to see; empty means all. words: each must occur in the title, note, tags or
    preset."""

    words: str = ""
    states: Sequence[str] = ()
    methods: Sequence[str] = ()
    data: Sequence[str] = ()
    tags: Sequence[str] = ()


def filtered(runs: Sequence[Run], filters: Filters, now: int) -> list[Run]:
    """The runs that fulfil every filter, in the same order."""
    return [run for run in runs if _passes(run, filters, now)]


def _passes(run: Run, filters: Filters, now: int) -> bool:
    text = " ".join((run.title, run.note, run.preset or "", method_label(run.method), *run.tags)).casefold()
    return (
        all(word in text for word in filters.words.casefold().split())
        and (not filters.states or live_state(run, now) in filters.states)
        and (not filters.methods or run.method in filters.methods)
        and (not filters.data or data_label(run) in filters.data)
        and (not filters.tags or bool(set(filters.tags) & set(run.tags)))
    )


def result_panels(results: Columns) -> list[Panel]:
    """The questions that have a column: synergy first, for which this studio is made, then uniqueness,
    redundancy, labels."""
    found = panels_of(results)
    known = [panel for panel in found if panel.name in PANELS]
    return [*reversed(known), *(panel for panel in found if panel.name not in PANELS)][:MOST_PANELS]


def result_column(panel: Panel) -> str:
    """Name of the panel's column in the frame; a label of the user's may be called like another column."""
    return f"result {panel.name}"


def run_table(
    runs: Sequence[Run], results: Columns, panels: Sequence[Panel], speeds: Mapping[int, float], now: int
) -> pl.DataFrame:
    """`COLUMNS`, and one a panel with the mean over its tasks in shown units (null where the run has none).

    speeds: samples a second by run; now: UTC milliseconds.
    """
    rows = [_row(run, live_state(run, now), speeds.get(run.id), now) for run in runs]
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    figures: dict[tuple[int, str], list[float]] = {}
    of_task = {(task, panel.metric): panel.name for panel in panels for task in panel.tasks}
    for run_id, task, metric, value in zip(
        *(results[name] for name in ("run_id", "task", "metric", "value")), strict=True
    ):
        name = of_task.get((task, metric))
        if name is not None:
            figures.setdefault((run_id, name), []).append(value)
    for panel in panels:
        scale = unit_of(panel.metric).scale
        values = [figures.get((run.id, panel.name)) for run in runs]
        means = [None if found is None else scale * sum(found) / len(found) for found in values]
        frame = frame.with_columns(pl.Series(result_column(panel), means, dtype=pl.Float64))
    return frame


def _row(run: Run, state: LiveState, speed: float | None, now: int) -> tuple[object, ...]:
    left = seconds_left(run, state, speed)
    created = datetime.fromtimestamp(run.created_at / 1000, UTC)
    time = took(run, now) if left is None else f"{show_duration(left)} left"
    share = 100 * share_done(run, state)
    return (
        [state],
        method_label(run.method),
        run.seed,
        data_label(run),
        share,
        time,
        experiment_label(run),
        list(run.tags),
        created,
    )
