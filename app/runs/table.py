"""The table of runs: one row a run, as a polars frame. Pure functions, no Streamlit."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import polars as pl

from app.groups.grouping import PANELS, Panel, panels_of
from app.runs.facts import seconds_left, share_done, took
from app.runs.settings_table import show_value
from app.wording.fields import flatten
from app.wording.figures import show_duration
from app.wording.names import data_label, experiment_label, method_label
from app.wording.units import unit_of
from storage.queries import Columns
from storage.run import LiveState, Run, live_state

MOST_PANELS = 4
"""Columns of results; a database with labels of many data sets shows the first ones."""
COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "state": pl.List(pl.String),
    "name": pl.String,
    "method": pl.String,
    "seed": pl.Int64,
    "study": pl.String,
    "data": pl.String,
    "progress": pl.Float64,
    "time": pl.String,
    "tags": pl.List(pl.String),
    "title": pl.String,
    "note": pl.String,
    "created": pl.Datetime("ms", "UTC"),
    "host": pl.String,
    "run": pl.Int64,
}
NAME_IN_LINK = r"^[^#]*#(.*)$"
"""The part of a cell of "name" that is shown; all of it is the link to the run's page."""


def result_panels(results: Columns) -> list[Panel]:
    """The questions that have a column: synergy first, for which this studio is made, then uniqueness,
    redundancy, labels."""
    found = panels_of(results)
    known = [panel for panel in found if panel.name in PANELS]
    return [*reversed(known), *(panel for panel in found if panel.name not in PANELS)][:MOST_PANELS]


def result_column(panel: Panel) -> str:
    """Name of the panel's column in the frame; a label of the user's may be called like another column."""
    return f"result {panel.name}"


def setting_column(path: str) -> str:
    """Name of a setting's column in the frame."""
    return f"setting {path}"


def run_link(run_id: int, name: str) -> str:
    """The address of a run's page with its name behind it, as a cell holds it."""
    return f"run?run={run_id}#{quote(name, safe=' ,;/?:@&=+$#')}"


def run_table(
    runs: Sequence[Run],
    results: Columns,
    panels: Sequence[Panel],
    speeds: Mapping[int, float],
    now: int,
    *,
    names: Mapping[int, str] | None = None,
    settings: Sequence[str] = (),
) -> pl.DataFrame:
    """`COLUMNS`, one a panel with the mean over its tasks in shown units (null where the run has none), and
    one a setting, as numbers where all values are.

    speeds: samples a second by run; now: UTC milliseconds; names: of runs, by default their method's.
    """
    called = names or {}
    rows = [_row(run, called.get(run.id), live_state(run, now), speeds.get(run.id), now) for run in runs]
    frame = pl.DataFrame(rows, schema=COLUMNS, orient="row")
    figures: dict[tuple[int, str], list[float]] = {}
    of_task = {(task, panel.metric): panel.name for panel in panels for task in panel.tasks}
    for run_id, task, metric, value in zip(
        *(results[name] for name in ("run_id", "task", "metric", "value")), strict=True
    ):
        name = of_task.get((task, metric))
        if name is not None:
            figures.setdefault((run_id, name), []).append(value)
    columns = []
    for panel in panels:
        scale = unit_of(panel.metric).scale
        values = [figures.get((run.id, panel.name)) for run in runs]
        means = [None if found is None else scale * sum(found) / len(found) for found in values]
        columns.append(pl.Series(result_column(panel), means, dtype=pl.Float64))
    return frame.with_columns(*columns, *settings_frame(runs, settings).get_columns())


def _row(run: Run, name: str | None, state: LiveState, speed: float | None, now: int) -> tuple[object, ...]:
    left = seconds_left(run, state, speed)
    created = datetime.fromtimestamp(run.created_at / 1000, UTC)
    time = took(run, now) if left is None else f"{show_duration(left)} left"
    return (
        [state],
        run_link(run.id, name or method_label(run.method)),
        method_label(run.method),
        run.seed,
        run.study,
        data_label(run),
        100 * share_done(run, state),
        time,
        list(run.tags),
        None if experiment_label(run) == run.study else run.title,
        run.note,
        created,
        run.host,
        run.id,
    )


def settings_frame(runs: Sequence[Run], paths: Sequence[str]) -> pl.DataFrame:
    """A row a run and a column a setting, named by `setting_column`: numbers where all values are, else
    texts; null where a run has no such setting."""
    flat = {run.digest: flatten(run.settings) for run in runs}
    return pl.DataFrame(
        [_column(path, [flat[run.digest].get(path, _ABSENT) for run in runs]) for path in paths]
    )


_ABSENT = object()


def _column(path: str, values: Sequence[Any]) -> pl.Series:
    name, there = setting_column(path), [value for value in values if value is not _ABSENT]
    if there and all(isinstance(value, int | float) and not isinstance(value, bool) for value in there):
        numbers = [None if value is _ABSENT else value for value in values]
        whole = all(isinstance(value, int) for value in there)
        return pl.Series(name, numbers, dtype=pl.Int64 if whole else pl.Float64, strict=False)
    texts = [None if value is _ABSENT else show_value(value) for value in values]
    return pl.Series(name, texts, dtype=pl.String)
