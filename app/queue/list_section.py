"""What waits as a table, in order, and what can be done with the runs that are selected in it."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from app import queries
from app.queue.pausing import pause_scopes
from app.queue.view import QueueView, done_words, starts_words
from app.selection import choose_rows
from app.wording.names import data_label, run_name
from storage.bulk import Outcome, stop_runs
from storage.pauses import study_scope
from storage.queue import HIGHEST_PRIORITY, Direction, move_runs, prioritise_runs

TABLE, SAID = "queue_list", "queue_said"
MOST_ROWS = 8
"""Rows that are seen at once; more scroll."""
_MOVES: tuple[tuple[Direction, str, str], ...] = (
    ("first", "To front", ":material/vertical_align_top:"),
    ("up", "Up", ":material/arrow_upward:"),
    ("down", "Down", ":material/arrow_downward:"),
    ("last", "To end", ":material/vertical_align_bottom:"),
)


def draw_list(view: QueueView) -> None:
    """The table and what can be done with the runs that are selected."""
    ids = [row.run.id for row in view.waiting]
    bar = st.container(horizontal=True, vertical_alignment="center")
    height = 38 + 35 * min(len(ids), MOST_ROWS)
    chosen = choose_rows(TABLE, table(view), ids, column_config=_COLUMNS, height=height)
    with bar:
        _actions(view, chosen)


def table(view: QueueView) -> pl.DataFrame:
    """One row a waiting run, in the order of the queue."""
    return pl.DataFrame(
        [
            {
                "place": place,
                "run": run_name(row.run),
                "study": row.run.study,
                "starts": starts_words(row),
                "done": done_words(row),
                "priority": row.job.priority,
                "device": row.device,
                "data": data_label(row.run),
                "number": row.run.id,
            }
            for place, row in enumerate(view.waiting, 1)
        ]
    )


_COLUMNS = {
    "place": st.column_config.NumberColumn("#", width=40, format="%d"),
    "run": st.column_config.TextColumn("Run", width=150),
    "study": st.column_config.TextColumn("Study", width=140),
    "starts": st.column_config.TextColumn("Starts", width=130),
    "done": st.column_config.TextColumn("Done", width=130),
    "priority": st.column_config.NumberColumn("Priority", width=68, format="%d"),
    "device": st.column_config.TextColumn("Device", width=60),
    "data": st.column_config.TextColumn("Data", width=90),
    "number": st.column_config.NumberColumn("No.", width=56, format="%d"),
}


def _actions(view: QueueView, chosen: Sequence[int]) -> None:
    """Buttons for the selection; they are always there, so that nothing jumps."""
    none = not chosen
    for direction, label, icon in _MOVES:
        st.button(
            label,
            key=f"queue_{direction}",
            icon=icon,
            disabled=none,
            on_click=_move,
            args=(tuple(chosen), direction),
        )
    with st.popover("Before …", icon=":material/low_priority:", disabled=none):
        _choose_place(view, chosen)
    with st.popover("Priority", icon=":material/priority_high:", disabled=none):
        _choose_priority(view, chosen)
    st.button(
        "Take out",
        key="queue_take_out",
        icon=":material/playlist_remove:",
        disabled=none,
        on_click=_take_out,
        args=(tuple(chosen),),
        help="They no longer wait; they stay, and can be resumed.",
    )
    homes = {row.run.study_id: row.run.study for row in view.waiting if row.run.id in set(chosen)}
    unpaused = [study for study in homes if study_scope(study) not in view.pauses]
    st.button(
        "Pause study",
        key="queue_pause_study",
        icon=":material/pause:",
        disabled=not unpaused,
        on_click=pause_scopes,
        args=tuple(study_scope(study) for study in unpaused),
        help="Starts nothing more of the study; what works goes on.",
    )


def _choose_place(view: QueueView, chosen: Sequence[int]) -> None:
    others = {row.run.id: row for row in view.waiting if row.run.id not in set(chosen)}
    before = st.selectbox(
        "Put them before",
        list(others),
        format_func=lambda number: (
            f"run {number} · {run_name(others[number].run)} · {others[number].run.study}"
        ),
        key="queue_before",
    )
    st.button(
        "Put", key="queue_put", disabled=before is None, on_click=_put_before, args=(tuple(chosen), before)
    )


def _choose_priority(view: QueueView, chosen: Sequence[int]) -> None:
    now = next((row.job.priority for row in view.waiting if row.run.id in set(chosen)), 0)
    value = st.number_input(
        "Priority",
        -HIGHEST_PRIORITY,
        HIGHEST_PRIORITY,
        now,
        key=f"queue_priority_{now}",
        help="The highest goes first; 0 unless chosen.",
    )
    st.button("Set", key="queue_set", on_click=_prioritise, args=(tuple(chosen), int(value)))


def _move(run_ids: Sequence[int], direction: Direction) -> None:
    _tell(move_runs(queries.database(), run_ids, direction))


def _put_before(run_ids: Sequence[int], before: int) -> None:
    _tell(move_runs(queries.database(), run_ids, before=before))


def _prioritise(run_ids: Sequence[int], priority: int) -> None:
    _tell(prioritise_runs(queries.database(), run_ids, priority))


def _take_out(run_ids: Sequence[int]) -> None:
    _tell(stop_runs(queries.database(), run_ids))


def _tell(outcome: Outcome) -> None:
    """Say what was left as it is and why; what was done is seen."""
    st.session_state[SAID] = "; ".join(refused.reason for refused in outcome.refused)
