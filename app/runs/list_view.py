"""A list of runs: its filters and columns, the table with its selection, and what can be done with what is
selected."""

import zlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import unquote

import polars as pl
import streamlit as st

from app import queries
from app.groups.grouping import Panel
from app.runs.bulk import show_actions_on
from app.runs.columns import LABELS, all_settings, choose_columns, column_config, usual_columns
from app.runs.filters import Filters, filtered
from app.runs.table import result_panels, run_table, settings_frame
from app.undo import redraw_where_done
from app.wording.exports import as_csv
from app.wording.figures import show_count
from app.wording.names import data_label, method_label
from app.wording.text import plain
from engine.recorder import SPEED
from storage.run import ALIVE, Run, live_state

DRAWN = "run_list_drawn"
"""Where the session keeps the `Drawn` of the last drawing."""
MOST_TOLD = 8
"""Settings that are told to be the same in all rows."""


class Drawn(NamedTuple):
    """The table as the reader sees it: its key, the runs in its rows, and the rows that were selected when it
    was first drawn."""

    key: str
    ids: tuple[int, ...]
    selected: list[int]


def show_runs(
    runs: Sequence[Run], filters: Filters, now: int, names: Mapping[int, str] | None = None
) -> None:
    """The list, newest first, and the buttons above it. runs: of which the filters choose; names: what a
    study calls them, None for a list of all studies."""
    redraw_where_done()
    shown = filtered(runs, filters, now)
    ids = [run.id for run in shown]
    results = queries.results([run.id for run in runs])
    panels = result_panels(results)
    bar = st.container(horizontal=True, vertical_alignment="center")
    with st.container(horizontal=True, vertical_alignment="center"):
        chosen_columns = choose_columns(runs, panels, of_study=names is not None)
        export = st.container(width="content")
    if not shown:
        st.info("No run passes these filters.", icon=":material/filter_alt_off:")
        return
    settings = [name.removeprefix("setting ") for name in chosen_columns if name.startswith("setting ")]
    table = run_table(shown, results, panels, _speeds(shown, now), now, names=names, settings=settings)
    if names is not None:
        table = table.drop("study")
    columns, constant = usual_columns(table, panels)
    if chosen_columns:
        columns, constant = chosen_columns, {}
    rows = _draw(table, ids, columns, panels)
    with bar:
        show_actions_on([shown[row] for row in rows], {run.id: live_state(run, now) for run in shown})
    with export:
        _download(shown, table.select(name for name in columns if name in table.columns))
    st.caption(plain(" ".join([f"{show_count(len(shown), 'run')}.", *_same(constant)])))


def _draw(
    table: pl.DataFrame, ids: Sequence[int], columns: Sequence[str], panels: Sequence[Panel]
) -> list[int]:
    """The table; returns the places of the selected rows.

    A selection is of places. The table's key names the runs that it shows, so that a click on a table that
    has been replaced meanwhile can never be taken for one on another run; when rows come or go, what was
    selected is selected where it is now.
    """
    key = f"run_list_{zlib.crc32(repr(ids).encode()):08x}"
    drawn: Drawn | None = st.session_state.get(DRAWN)
    if drawn is None or drawn.key != key:
        st.session_state[DRAWN] = drawn = Drawn(key, tuple(ids), _places(drawn, ids))
    picked = st.dataframe(
        table,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": drawn.selected}} if drawn.selected else None,
        hide_index=True,
        column_order=list(columns),
        column_config=column_config(table, panels),
        height=min(38 + 35 * len(ids), 640),
        placeholder="",
        alt=f"Table of {show_count(len(ids), 'run')}",
    )
    return list(picked["selection"]["rows"])


def _places(drawn: Drawn | None, ids: Sequence[int]) -> list[int]:
    """Where those runs are now that were selected in the table that was drawn last."""
    kept = st.session_state.get(drawn.key) if drawn else None
    if not drawn or not kept:
        return []
    chosen = {drawn.ids[row] for row in kept["selection"]["rows"] if row < len(drawn.ids)}
    return [row for row, run in enumerate(ids) if run in chosen]


def _speeds(runs: Sequence[Run], now: int) -> dict[int, float]:
    """Samples a second, last seen, of the runs at work."""
    working = [run.id for run in runs if live_state(run, now) in ALIVE]
    if not working:
        return {}
    rows = queries.summaries(working, [SPEED]).iter_rows(named=True)
    return {row["run_id"]: row["last"] for row in rows}


def _same(constant: Mapping[str, str]) -> list[str]:
    """What is the same in all rows, and so has no column."""
    told = [f"{LABELS[name]} {value}" for name, value in constant.items() if value and name in LABELS]
    return [f"The same in all: {', '.join(told[:MOST_TOLD])}."] if told else []


def _download(shown: Sequence[Run], table: pl.DataFrame) -> None:
    """What is shown as CSV, with every setting behind it."""

    def content() -> str:
        return csv_of(shown, table)

    st.download_button(
        "CSV",
        content,
        "runs.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="The rows and columns that are shown, and every setting of these runs.",
    )


def csv_of(shown: Sequence[Run], table: pl.DataFrame) -> str:
    """The columns of these runs as they are shown, in words: the run's number, method, data set and seed
    first, every setting last."""
    first = pl.DataFrame(
        {
            "run": [run.id for run in shown],
            "method": [method_label(run.method) for run in shown],
            "data": [data_label(run) for run in shown],
            "seed": [run.seed for run in shown],
        }
    )
    rest = table.select(
        _in_words(name, kind)
        for name, kind in table.schema.items()
        if name not in first.columns and not name.startswith("setting ")
    )
    settings = settings_frame(shown, all_settings(shown))
    named = settings.rename({name: name.removeprefix("setting ") for name in settings.columns})
    return as_csv(pl.concat([first, rest, named], how="horizontal"))


def _in_words(name: str, kind: pl.DataType) -> pl.Expr:
    if name == "name":
        return pl.col(name).str.replace(r"^[^#]*#", "").map_elements(unquote, return_dtype=pl.String)
    return pl.col(name).list.join(", ") if kind == pl.List(pl.String) else pl.col(name)
