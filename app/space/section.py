"""What takes the space, and what can be given back and what that means."""

import shutil
from collections.abc import Callable, Sequence
from typing import NamedTuple

import polars as pl
import streamlit as st

from app import queries
from app.error_lines import EXPECTED, one_line
from app.live import dialog
from app.space.files import Place, forget_sizes
from app.space.sizes import by_kind, by_study, unread_weights
from app.training.housekeeping import DROP_STATES
from app.wording.figures import show_bytes
from app.wording.text import plain
from storage.preferences import get_preference, set_preference
from storage.purging import drop_artifacts, drop_states
from storage.sizes import database_size

FREED = "storage_freed"
"""What was just done, said on the next drawing."""


class Cleaning(NamedTuple):
    """Something that can be given back: what, its bytes, what that means, and what does it (it returns the
    bytes, or None for those told)."""

    name: str
    size: int
    consequence: str
    clear: Callable[[], int | None]


def draw_sizes(places: Sequence[Place]) -> None:
    """By kind and by study."""
    held, file = queries.held_bytes(), database_size(queries.database())
    home = queries.database().file.parent
    free = shutil.disk_usage(home).free
    beside = sum(place.size for place in places)
    st.caption(
        plain(
            f"The database takes {show_bytes(file.total)}, what lies beside it {show_bytes(beside)}; "
            f"{show_bytes(free)} are free on the disk."
        )
    )
    left, right = st.columns(2)
    with left:
        st.subheader("In the database", anchor=False)
        st.dataframe(by_kind(held, file), hide_index=True, column_config=_KINDS, placeholder="")
        if places:
            st.subheader("Beside it", anchor=False)
            rows = [(f"{one.name}: {one.what}", one.files, show_bytes(one.size)) for one in places]
            table = pl.DataFrame(rows, schema=["what", "files", "size"], orient="row")
            st.dataframe(table, hide_index=True, column_config=_KINDS)
    with right:
        st.subheader("By study", anchor=False)
        if held:
            st.dataframe(by_study(held), hide_index=True, column_config=_STUDIES)
        else:
            st.caption("No run holds anything yet.")


_KINDS = {
    "what": st.column_config.TextColumn("What", width=330),
    "files": st.column_config.NumberColumn("Number", width=80, format="localized"),
    "size": st.column_config.TextColumn("Size", width=90),
}
_STUDIES = {
    "study": st.column_config.TextColumn("Study", width=160),
    "total": st.column_config.TextColumn("All", width=80),
    "best": st.column_config.TextColumn("Best", width=80),
    "last": st.column_config.TextColumn("Last", width=80),
    "state": st.column_config.TextColumn("States", width=80),
    "rows": st.column_config.TextColumn("Rows", width=80),
    "curves": st.column_config.TextColumn("Curves", width=80),
}


def draw_cleaning(places: Sequence[Place]) -> None:
    """What can be given back, each with its bytes and a question before it goes."""
    st.subheader("Clean up", anchor=False)
    freed = st.session_state.pop(FREED, None)
    if freed:
        st.info(plain(freed), icon=":material/info:")
    st.session_state["drop_states"] = get_preference(queries.database(), DROP_STATES, True)
    st.toggle(
        "Training states of finished runs go by themselves",
        key="drop_states",
        on_change=_choose_states,
        help="A finished run needs none. Runs that were stopped, failed or are lost keep theirs.",
    )
    cleanings = [one for one in _cleanings(places) if one.size]
    if not cleanings:
        st.caption("There is nothing to give back.")
    for cleaning in cleanings:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(plain(f"{cleaning.name}. {cleaning.consequence}"), width="stretch")
            label = f"Free {show_bytes(cleaning.size)}"
            if st.button(label, key=f"free_{cleaning.name}", icon=":material/delete:"):
                dialog(plain(f"Free {show_bytes(cleaning.size)}?"), icon=":material/delete:")(_ask)(cleaning)


def _cleanings(places: Sequence[Place]) -> list[Cleaning]:
    db, held = queries.database(), queries.held_bytes()
    runs = {run.id: run for run in queries.list_runs()}
    artifacts = queries.list_artifacts()
    states = [one for one in artifacts if one.kind == "state" and one.run_id in runs]
    resumable = {run.id for run in runs.values() if run.status in ("stopped", "failed", "lost")}
    unread = unread_weights(artifacts, runs)
    return [
        Cleaning(
            "Training states of finished runs",
            sum(one.size for one in held if one.kind == "state" and one.finished and not one.trashed),
            "Nothing needs them.",
            lambda: _none(drop_states(db)),
        ),
        Cleaning(
            "Training states of runs that were stopped, failed or are lost",
            sum(one.size for one in states if one.run_id in resumable),
            "These runs can then no longer be resumed where they were.",
            lambda: _none(drop_states(db, ("stopped", "failed", "lost"))),
        ),
        Cleaning(
            "Weights of finished runs that no probe was fitted on",
            sum(one.size for one in unread),
            "The weights that results are of stay.",
            lambda: _none(drop_artifacts(db, [one.id for one in unread])),
        ),
        *(
            Cleaning(place.name, place.size, place.consequence, place.clear)
            for place in places
            if place.clear is not None
        ),
    ]


def _none(_: int) -> None:
    """What takes so many files away frees what was told."""


def _ask(cleaning: Cleaning) -> None:
    st.markdown(plain(f"{cleaning.name}: {show_bytes(cleaning.size)} go for good. {cleaning.consequence}"))
    if st.button(
        "Free it", type="primary", icon=":material/delete_forever:", on_click=_clear, args=(cleaning,)
    ):
        st.rerun()


def _clear(cleaning: Cleaning) -> None:
    try:
        freed = cleaning.clear()
    except EXPECTED as error:
        st.session_state[FREED] = f"{cleaning.name}: {one_line(error)}"
    else:
        size = show_bytes(cleaning.size if freed is None else freed)
        st.session_state[FREED] = f"{cleaning.name}: {size} freed."
    forget_sizes()


def _choose_states() -> None:
    set_preference(queries.database(), DROP_STATES, bool(st.session_state["drop_states"]))
