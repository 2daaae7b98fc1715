"""The list of runs with its selection, and what can be done with what is selected."""

from collections.abc import Mapping, Sequence

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from app import queries
from app.groups.grouping import Panel
from app.runs.facts import RESUMABLE, STATES
from app.runs.table import result_column, result_panels, run_table
from app.state import open_page, write_runs
from app.training.launching import ensure_supervisor
from app.wording.figures import show_count
from app.wording.text import plain
from app.wording.units import metric_label, unit_of
from engine.recorder import SPEED
from storage.run import ALIVE, Run, live_state
from storage.runs import request_stop, requeue

TABLE = "run_list"
_FIRST = ("state", "method", "seed", "data", "progress", "time")
_LAST = ("experiment", "tags", "created")


def show_runs(runs: Sequence[Run], now: int) -> None:
    """The table, newest first, and the buttons above it."""
    if not runs:
        st.info("No run passes these filters.", icon=":material/filter_alt_off:")
        return
    ids = [run.id for run in runs]
    _keep_selection(ids)
    bar = st.container(horizontal=True, vertical_alignment="center")
    results = queries.results(ids)
    panels = result_panels(results)
    working = [run.id for run in runs if live_state(run, now) in ALIVE]
    speeds = {row["run_id"]: row["last"] for row in queries.summaries(working, [SPEED]).iter_rows(named=True)}
    table = run_table(runs, results, panels, speeds, now)
    picked = st.dataframe(
        table,
        key=TABLE,
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"],
        hide_index=True,
        column_order=[*_FIRST, *map(result_column, panels), *_LAST],
        column_config=_columns(table, panels),
        height=min(38 + 35 * len(runs), 640),
        placeholder="",
    )
    cells = picked["selection"]["cells"]
    if cells and cells[0][1] in ("method", "experiment"):
        open_page("run", run=ids[cells[0][0]])
    with bar:
        _actions([runs[row] for row in picked["selection"]["rows"]], now)
    st.caption(
        f"{show_count(len(runs), 'run')}. A click on a method or experiment opens the run; the boxes on the "
        "left select."
    )


def _keep_selection(ids: Sequence[int]) -> None:
    """A selection is of positions; when rows come or go, move it to where the selected runs are now."""
    before = st.session_state.get("run_list_ids", ids)
    state = st.session_state.get(TABLE)
    if state and before != ids:
        chosen = {before[row] for row in state["selection"]["rows"] if row < len(before)}
        rows = [row for row, run in enumerate(ids) if run in chosen]
        st.session_state[TABLE] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.session_state["run_list_ids"] = list(ids)


def _actions(chosen: Sequence[Run], now: int) -> None:
    """Buttons for the selection; they are always there, so that nothing jumps."""
    states = {run.id: live_state(run, now) for run in chosen}
    stoppable = [run.id for run in chosen if states[run.id] in {*ALIVE, "queued"}]
    resumable = [run.id for run in chosen if states[run.id] in RESUMABLE]
    if st.button("Compare", type="primary", disabled=not chosen, icon=":material/compare_arrows:"):
        open_page("study", runs=write_runs(run.id for run in chosen))
    if st.button("Open", disabled=len(chosen) != 1, icon=":material/open_in_full:"):
        open_page("run", run=chosen[0].id)
    st.button(
        "Stop", disabled=not stoppable, icon=":material/stop_circle:", on_click=_stop, args=(stoppable,)
    )
    st.button("Resume", disabled=not resumable, icon=":material/resume:", on_click=_resume, args=(resumable,))
    st.caption(
        f"{show_count(len(chosen), 'run')} selected" if chosen else "Select runs to act on them",
        width="content",
    )


def _stop(run_ids: Sequence[int]) -> None:
    for run_id in run_ids:
        request_stop(queries.database(), run_id)


def _resume(run_ids: Sequence[int]) -> None:
    for run_id in run_ids:
        requeue(queries.database(), run_id)
    ensure_supervisor(queries.database())


def _columns(table: pl.DataFrame, panels: Sequence[Panel]) -> Mapping[str, ColumnConfig | None]:
    """How each column is shown."""
    config = st.column_config
    tags = sorted(set(table["tags"].explode().drop_nulls()))
    shown: dict[str, ColumnConfig | None] = {
        "state": config.MultiselectColumn(
            "State",
            options=list(STATES),
            color=[style.cell for style in STATES.values()],
            width=92,
            pinned=True,
        ),
        "method": config.TextColumn("Method", width=104),
        "seed": config.NumberColumn("Seed", width=58, format="%d"),
        "data": config.TextColumn("Data", width=90),
        "progress": config.ProgressColumn("Progress", min_value=0, max_value=100, format="%d %%", width=112),
        "time": config.TextColumn(
            "Time", width=104, help="How long the run took so far, or about how long it still takes."
        ),
        "experiment": config.TextColumn("Experiment", width=140),
        "tags": config.MultiselectColumn("Tags", options=tags, width=130) if tags else None,
        "created": config.DatetimeColumn("Created", format="distance", width=112),
    }
    for panel in panels:
        unit = unit_of(panel.metric)
        chance = "" if panel.chance is None else f" Chance: {unit.show(panel.chance)}."
        shown[result_column(panel)] = config.NumberColumn(
            panel.title,
            format="%.1f %%" if unit.scale == 100 else "%.3g",
            width=96,
            help=plain(
                f"Linear-probe {metric_label(panel.metric)}, mean over "
                f"{show_count(len(panel.tasks), 'task')}.{chance}"
            ),
        )
    return shown
