"""What can be done with a run: stop, resume, clone, delete; and its tags and note."""

import streamlit as st

from app import queries
from app.home import data_home, run_log
from app.runs.confirmation import confirm_deletion
from app.runs.facts import RESUMABLE
from app.state import open_page, write_runs
from app.training.launching import ensure_supervisor
from app.wording.figures import show_bytes, show_count
from app.wording.names import run_name
from app.wording.text import plain
from storage.run import ALIVE, LiveState, Run
from storage.runs import delete_run, request_stop, requeue, set_note, set_tags

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
        hint = "Stop the run before deleting it." if state in ALIVE else None
        if st.button("Delete", icon=":material/delete:", disabled=state in ALIVE, help=hint):
            _confirm_delete(run)


def _stop(run_id: int) -> None:
    request_stop(queries.database(), run_id)


def _resume(run_id: int) -> None:
    requeue(queries.database(), run_id)
    ensure_supervisor(queries.database())


def _confirm_delete(run: Run) -> None:
    artifacts = queries.list_artifacts(run.id)
    size = show_bytes(sum(artifact.size for artifact in artifacts))
    files = f" and {show_count(len(artifacts), 'stored file')} ({size})" if artifacts else ""
    what_goes = f"{run_name(run)} ({run.title}) goes for good: its settings, curves, results, log{files}."
    confirm_deletion(f"run {run.id}", what_goes, lambda: _delete(run.id), lambda: open_page("overview"))


def _delete(run_id: int) -> None:
    """The run, and the file that its process wrote its output to."""
    delete_run(queries.database(), run_id)
    run_log(data_home(), run_id).unlink(missing_ok=True)


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
