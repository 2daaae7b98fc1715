"""What can be done with the runs that are selected in a list: by their numbers, never by their places."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from app import queries
from app.runs.facts import RESUMABLE
from app.state import open_page, write_runs
from app.training.launching import ensure_supervisor
from app.undo import offer_undo, outcome_words
from app.wording.figures import show_count
from app.wording.text import plain
from storage.bulk import archive_runs, requeue_runs, stop_runs, tag_runs
from storage.run import ALIVE, LiveState, Run
from storage.trash import restore_runs, trash_runs


def show_actions_on(chosen: Sequence[Run], states: dict[int, LiveState]) -> None:
    """Buttons for the selection; they are always there, so that nothing jumps. states: of each run."""
    ids = [run.id for run in chosen]
    stoppable = [number for number in ids if states[number] in {*ALIVE, "queued"}]
    resumable = [number for number in ids if states[number] in RESUMABLE]
    deletable = [number for number in ids if states[number] not in ALIVE]
    if st.button("Compare", type="primary", disabled=not ids, icon=":material/compare_arrows:"):
        _compare(chosen)
    if st.button("Open", disabled=len(ids) != 1, icon=":material/open_in_full:"):
        open_page("run", run=ids[0])
    _button("Stop", ":material/stop_circle:", stoppable, stop)
    _button("Resume", ":material/resume:", resumable, resume)
    _tag(chosen)
    if ids and all(run.archived_at is not None for run in chosen):
        _button("Unarchive", ":material/unarchive:", ids, partial(archive, archived=False))
    else:
        ended = [number for number in ids if states[number] not in {*ALIVE, "queued"}]
        _button("Archive", ":material/archive:", ended, archive)
    _button(
        "Delete", ":material/delete:", deletable, delete, "Moves to the trash, which keeps it for a week."
    )
    st.caption(
        f"{show_count(len(ids), 'run')} selected" if ids else "Select runs to act on them", width="content"
    )


def _button(label: str, icon: str, ids: Sequence[int], act: Callable[..., None], help: str = "") -> None:
    st.button(plain(label), icon=icon, disabled=not ids, on_click=act, args=(tuple(ids),), help=plain(help))


def _compare(chosen: Sequence[Run]) -> None:
    """The study of the runs where they are of one, with just these; else these runs alone."""
    runs = write_runs(run.id for run in chosen)
    homes = {run.study_id for run in chosen}
    if len(homes) == 1:
        open_page("study", study=homes.pop(), runs=runs)
    open_page("study", runs=runs)


def stop(ids: Sequence[int]) -> None:
    """Take waiting runs out of the queue and let those at work end."""
    offer_undo(outcome_words(stop_runs(queries.database(), ids), "asked to stop; they can be resumed"), None)


def resume(ids: Sequence[int]) -> None:
    """Queue interrupted runs again."""
    outcome = requeue_runs(queries.database(), ids)
    ensure_supervisor(queries.database())
    offer_undo(outcome_words(outcome, "in the queue again"), partial(stop_runs, queries.database(), ids))


def archive(ids: Sequence[int], archived: bool = True) -> None:
    """Put runs into the archive, or take them out."""
    db = queries.database()
    outcome = archive_runs(db, ids, archived)
    words = "archived" if archived else "taken out of the archive"
    offer_undo(outcome_words(outcome, words), partial(archive_runs, db, outcome.done, not archived))


def delete(ids: Sequence[int]) -> None:
    """Move runs to the trash."""
    db = queries.database()
    outcome = trash_runs(db, ids)
    offer_undo(outcome_words(outcome, "moved to the trash"), partial(restore_runs, db, outcome.done))


def _tag(chosen: Sequence[Run]) -> None:
    """Tags to add to all that is selected, or to take from it."""
    with st.popover("Tag", icon=":material/label:", disabled=not chosen):
        known = sorted({tag for run in queries.list_runs() for tag in run.tags})
        mine = sorted({tag for run in chosen for tag in run.tags})
        st.multiselect("Add", known, key="tags_to_add", accept_new_options=True, placeholder="A tag")
        st.multiselect("Take away", mine, key="tags_to_remove", placeholder="A tag", disabled=not mine)
        st.button("Apply", type="primary", on_click=_apply_tags, args=(tuple(run.id for run in chosen),))


def _apply_tags(ids: Sequence[int]) -> None:
    add, remove = (list(st.session_state[key]) for key in ("tags_to_add", "tags_to_remove"))
    st.session_state["tags_to_add"], st.session_state["tags_to_remove"] = [], []
    if not add and not remove:
        return
    db = queries.database()
    before = {run.id: set(run.tags) for run in queries.list_runs(ids)}
    outcome = tag_runs(db, ids, add, remove)
    words = [f"tagged {', '.join(add)}"] * bool(add) + [f"without {', '.join(remove)}"] * bool(remove)
    offer_undo(outcome_words(outcome, " and ".join(words)), partial(_as_before, before))


def _as_before(before: dict[int, set[str]]) -> None:
    """Give every run the tags that it had."""
    db = queries.database()
    for run in queries.list_runs(before):
        tag_runs(db, [run.id], before[run.id] - set(run.tags), set(run.tags) - before[run.id])
