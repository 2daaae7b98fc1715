"""Columns of a list of runs: which there are, which are shown, and how."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from app.groups.grouping import Panel
from app.runs.facts import STATES
from app.runs.table import NAME_IN_LINK, result_column, setting_column
from app.wording.fields import flatten
from app.wording.figures import show_count
from app.wording.text import plain
from app.wording.units import metric_label, unit_of
from storage.run import Run

LABELS = {
    "name": "Name",
    "state": "State",
    "method": "Method",
    "study": "Study",
    "seed": "Seed",
    "data": "Data",
    "progress": "Progress",
    "time": "Time",
    "tags": "Tags",
    "title": "Title",
    "note": "Note",
    "created": "Created",
    "host": "Host",
    "run": "Number",
}
"""Columns that every list has, but for results and settings."""
USUAL = ("state", "name", "seed", "study", "data", "progress", "time", "title", "tags", "created")
"""Those shown where nobody chose, results behind "time"; of them, what is the same everywhere is not."""
KEPT = ("name", "state")
"""Shown even where all are alike."""
UNTOLD = {"seed", "objective.name", "data.name"}
"""Settings that other columns tell."""


@st.cache_resource(max_entries=16, show_spinner=False)
def varying_settings(digests: tuple[str, ...], _runs: Sequence[Run]) -> list[str]:
    """Settings that differ among these runs, in their order; those that some lack are among them. digests: of
    all runs, by which the answer is kept."""
    values: dict[str, list[Any]] = {}
    by_digest = {run.digest: run for run in _runs}
    for run in by_digest.values():
        for path, value in flatten(run.settings).items():
            values.setdefault(path, []).append(value)
    return [
        path
        for path, own in values.items()
        if path not in UNTOLD and (len(own) < len(by_digest) or any(value != own[0] for value in own))
    ]


def all_settings(runs: Iterable[Run]) -> list[str]:
    """Every setting of any of these runs, each once."""
    by_digest = {run.digest: run for run in runs}
    paths = dict.fromkeys(path for run in by_digest.values() for path in flatten(run.settings))
    return [path for path in paths if path not in UNTOLD]


def choose_columns(runs: Sequence[Run], panels: Sequence[Panel], of_study: bool) -> list[str]:
    """The widget that chooses columns, bound to the URL; empty while nobody has. runs: of the whole list,
    whatever is filtered, so that a choice stays."""
    digests = tuple(sorted({run.digest for run in runs}))
    settings = varying_settings(digests, runs)
    chosen_before = st.query_params.get_all("columns")
    constant = [path for path in all_settings(runs) if path not in settings]
    with st.popover("Columns", icon=":material/view_column:"):
        every = st.toggle(
            f"Offer {len(constant):,} settings that are the same in all runs",
            key="constant_settings",
            value=any(setting_column(path) in chosen_before for path in constant),
        )
        options = [name for name in LABELS if not (of_study and name == "study")]
        options += map(result_column, panels)
        options += map(setting_column, [*settings, *(constant if every else [])])
        named = {result_column(panel): f"{panel.title} (result)" for panel in panels}
        return st.multiselect(
            "Columns",
            options,
            key="columns",
            bind="query-params",
            format_func=lambda name: LABELS.get(name) or named.get(name) or name.removeprefix("setting "),
            placeholder="The usual ones",
            help="Settings that differ among the runs, results, and what every run has.",
            wrap=True,
        )


def usual_columns(table: pl.DataFrame, panels: Sequence[Panel]) -> tuple[list[str], dict[str, str]]:
    """The columns shown where nobody chose, without those that are the same in all rows; and what these say,
    by column."""
    order = [*USUAL[:7], *map(result_column, panels), *USUAL[7:]]
    there = [name for name in order if name in table.columns]
    constant = {}
    for name in there:
        if name not in KEPT and len(table) > 1 and table[name].n_unique() == 1:
            value = table[name][0]
            told = ", ".join(value) if isinstance(value, pl.Series) else value
            constant[name] = "" if told is None or name in ("progress", "created") else str(told)
    return [name for name in there if name not in constant], constant


def column_config(table: pl.DataFrame, panels: Sequence[Panel]) -> Mapping[str, ColumnConfig | None]:
    """How each column is shown."""
    config = st.column_config
    tags = sorted(set(table["tags"].explode().drop_nulls()))
    shown: dict[str, ColumnConfig | None] = {
        "name": config.LinkColumn(
            "Name",
            display_text=NAME_IN_LINK,
            width=220,
            pinned=True,
            help="Opens the run in a tab of its own.",
        ),
        "state": config.MultiselectColumn(
            "State", options=list(STATES), color=[style.cell for style in STATES.values()], width=92
        ),
        "method": config.TextColumn("Method", width=104),
        "study": config.TextColumn("Study", width=150),
        "seed": config.NumberColumn("Seed", width=58, format="%d"),
        "data": config.TextColumn("Data", width=90),
        "progress": config.ProgressColumn("Progress", min_value=0, max_value=100, format="%d %%", width=112),
        "time": config.TextColumn(
            "Time", width=104, help="How long the run took so far, or about how long it still takes."
        ),
        "tags": config.MultiselectColumn("Tags", options=tags, width=130)
        if tags
        else config.ListColumn("Tags"),
        "title": config.TextColumn(
            "Title", width=160, help="Where it is not made of study, method and seed."
        ),
        "note": config.TextColumn("Note", width=160),
        "created": config.DatetimeColumn("Created", format="distance", width=112),
        "host": config.TextColumn("Host", width=104),
        "run": config.NumberColumn("Number", width=74, format="%d"),
    }
    for panel in panels:
        shown[result_column(panel)] = _result(panel)
    for name in table.columns:
        if name.startswith("setting "):
            path = name.removeprefix("setting ")
            shown[name] = config.Column(
                path.rsplit(".", 1)[-1].replace("_", " "), help=plain(path), width=104
            )
    return shown


def _result(panel: Panel) -> ColumnConfig:
    unit = unit_of(panel.metric)
    chance = "" if panel.chance is None else f" Chance: {unit.show(panel.chance)}."
    tasks = show_count(len(panel.tasks), "task")
    return st.column_config.NumberColumn(
        panel.title,
        format="%.1f %%" if unit.scale == 100 else "%.3g",
        width=96,
        help=plain(f"Linear-probe {metric_label(panel.metric)}, mean over {tasks}.{chance}"),
    )
