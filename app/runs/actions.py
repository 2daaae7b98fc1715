"""What can be done with a run: stop, resume, clone, delete; and its tags and note."""

import streamlit as st

from app import queries
from app.reader import zone
from app.runs.facts import RESUMABLE
from app.state import open_page, page, write_runs
from app.training.launching import ensure_supervisor
from app.wording.figures import show_time
from app.wording.text import plain
from storage.run import ALIVE, LiveState, Run
from storage.runs import request_stop, requeue, set_note, set_tags
from storage.trash import KEPT_MS, restore_runs, trash_runs

_STOP = {
    "queued": ("Cancel", "Takes the run out of the queue."),
    "stopping": ("Stopping …", "It saves its state and ends."),
}
"""Label and help of the button that stops, where the state makes it another."""


def show_actions(run: Run, state: LiveState) -> None:
    """The buttons that make sense in this state."""
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        if state in ALIVE or state == "queued":
            label, text = _STOP.get(
                state, ("Stop", "Saves its state at the next step and ends; it can be resumed.")
            )
            off = state == "stopping"
            st.button(
                plain(label),
                icon=":material/stop_circle:",
                disabled=off,
                on_click=_stop,
                args=(run.id,),
                help=plain(text),
            )
        if state in RESUMABLE:
            st.button(
                "Resume",
                icon=":material/resume:",
                type="primary",
                on_click=_resume,
                args=(run.id,),
                help="Goes on from the last saved state.",
            )
        if st.button(
            "Clone", icon=":material/content_copy:", help="Set up a new run that starts with these settings."
        ):
            open_page("launch", clone=run.id)
        if st.button(
            "Compare", icon=":material/compare_arrows:", help="This configuration, with all its seeds."
        ):
            open_page(
                "study", runs=write_runs(one.id for one in queries.list_runs() if one.digest == run.digest)
            )
        hint = (
            "Stop the run before deleting it."
            if state in ALIVE
            else "Moves it to the trash, which keeps it for a week."
        )
        st.button(
            "Delete",
            icon=":material/delete:",
            disabled=state in ALIVE,
            help=plain(hint),
            on_click=_delete,
            args=(run.id,),
        )


def _stop(run_id: int) -> None:
    request_stop(queries.database(), run_id)


def _resume(run_id: int) -> None:
    requeue(queries.database(), run_id)
    ensure_supervisor(queries.database())


def _delete(run_id: int) -> None:
    """Into the trash; the page says so and offers the way back."""
    trash_runs(queries.database(), [run_id])


def show_trashed(run: Run) -> None:
    """Where a run in the trash can be restored, and until when."""
    assert run.trashed_at is not None
    until = show_time(run.trashed_at + KEPT_MS, zone())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            plain(f"This run is in the trash, which keeps it until {until}."),
            icon=":material/delete:",
            width="stretch",
        )
        st.button("Restore", icon=":material/undo:", type="primary", on_click=_restore, args=(run.id,))
        st.page_link(page("storage"), label="The trash", icon=":material/database:")


def _restore(run_id: int) -> None:
    refused = restore_runs(queries.database(), [run_id]).refused
    if refused:
        st.toast(plain(refused[0].reason))


def _follow(key: str, stored: object) -> None:
    """Show what is stored, also when somebody else has changed it since this widget was drawn."""
    drawn = f"{key}_stored"
    if key not in st.session_state or st.session_state.get(drawn) != stored:
        st.session_state[key] = stored
    st.session_state[drawn] = stored


def show_labels(run: Run) -> None:
    """Tags and note; each is stored when it is changed."""
    tags_key, note_key = f"tags_{run.id}", f"note_{run.id}"
    known = sorted({tag for other in queries.list_runs() for tag in other.tags} | set(run.tags))
    _follow(tags_key, list(run.tags))
    _follow(note_key, run.note)
    st.multiselect(
        "Tags",
        known,
        key=tags_key,
        accept_new_options=True,
        placeholder="Add a tag",
        on_change=lambda: set_tags(queries.database(), run.id, st.session_state[tags_key]),
    )
    st.text_area(
        "Note",
        key=note_key,
        placeholder="What this run is for, what came of it",
        on_change=lambda: set_note(queries.database(), run.id, st.session_state[note_key]),
    )
