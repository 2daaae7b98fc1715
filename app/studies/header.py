"""The head of a study: name, question, note and tags, and what can be done with the study as a whole."""

import zlib
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import streamlit as st

from app import queries
from app.error_lines import EXPECTED, one_line
from app.groups.grouping import group_runs
from app.groups.naming import axes_with, read_axes
from app.state import name_tab, open_page, page
from app.studies.guests import take_in_runs
from app.studies.picking import show_also
from app.undo import offer_undo
from app.wording.figures import show_count
from app.wording.text import Markdown, plain
from storage.clock import now_ms
from storage.run import Run
from storage.studies import Study, change_study, send_away
from storage.trash import restore_study, trash_study

LONGEST_NAME, LONGEST_QUESTION, LONGEST_NOTE = 200, 1_000, 20_000
"""Characters."""
MOST_TAGS = 12
FAULT = "study_fault"
"""Where the session keeps why the last change was refused."""

T = TypeVar("T")


def show_header(study: Study, stored: Sequence[Run], shown: Sequence[Run]) -> None:
    """All of it. stored: all runs, newest first; shown: those that are looked at."""
    name_tab(study.name)
    left, right = st.columns([3, 2], vertical_alignment="center", gap="small")
    with left, st.container(horizontal=True, vertical_alignment="center"):
        st.title(plain(study.name), width="content", anchor=False)
        if badges := _badges(study):
            st.markdown(badges, width="content")
    with right, st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        _edit(study)
        _runs(study, stored, shown)
        _link()
        _archive(study)
        st.button(
            "Delete study",
            key="study_delete",
            icon=":material/delete:",
            on_click=_trash,
            args=(study.id, study.name),
            help="Moves the study and the runs started in it to the trash, which keeps them for a week.",
        )
    if study.question:
        st.markdown(plain(study.question))
    for line in study.note.strip().splitlines()[:1]:
        rest = " …" if study.note.strip() != line else ""
        st.caption(plain(line + rest))
    if fault := st.session_state.pop(FAULT, ""):
        st.error(plain(fault), icon=":material/error:")
    if study.trashed_at is not None:
        st.warning("This study is in the trash.", icon=":material/delete:")
        st.button("Restore it", on_click=_restore, args=(study.id,))


def _restore(study_id: int) -> None:
    _attempt(partial(restore_study, queries.database(), study_id))


def _badges(study: Study) -> Markdown:
    parts = [Markdown(f":gray-badge[{plain(tag)}]") for tag in study.tags[:MOST_TAGS]]
    if study.archived_at is not None:
        parts.append(Markdown(":violet-badge[:material/archive: archived]"))
    return Markdown(" ".join(parts))


def _attempt(change: Callable[[], T]) -> T | None:
    """Do it; None where it is refused, and then the page says why."""
    try:
        return change()
    except EXPECTED as error:
        st.session_state[FAULT] = one_line(error)
        return None


def _edit(study: Study) -> None:
    """Name, question, note and tags, in one form. Its keys carry what is stored, so that what others changed
    is seen."""
    version = f"{study.id}:{zlib.crc32(repr((study.name, study.question, study.note, study.tags)).encode())}"
    known = {tag for other in queries.list_studies() for tag in other.tags}
    known |= {tag for run in queries.list_runs() for tag in run.tags} | set(study.tags)
    with st.popover("Edit", icon=":material/edit:"), st.form(f"study_form:{version}", border=False):
        st.text_input("Name", study.name, max_chars=LONGEST_NAME, key=f"study_name:{version}")
        st.text_input(
            "Question",
            study.question,
            max_chars=LONGEST_QUESTION,
            key=f"study_question:{version}",
            placeholder="What is this study to answer?",
        )
        st.text_area("Note", study.note, max_chars=LONGEST_NOTE, key=f"study_note:{version}")
        st.multiselect(
            "Tags",
            sorted(known),
            list(study.tags),
            key=f"study_tags:{version}",
            accept_new_options=True,
            placeholder="Add a tag",
        )
        st.form_submit_button("Save", type="primary", on_click=_save, args=(study, version))


def _save(study: Study, version: str) -> None:
    name, question, note, tags = (
        st.session_state[f"study_{field}:{version}"] for field in ("name", "question", "note", "tags")
    )
    new = {
        "name": " ".join(name.split()),
        "question": " ".join(question.split()),
        "note": note,
        "tags": list(tags),
    }
    old = {"name": study.name, "question": study.question, "note": study.note, "tags": list(study.tags)}
    changed = {field: value for field, value in new.items() if value != old[field]}
    if not changed:
        return
    db = queries.database()
    _attempt(partial(change_study, db, study.id, **changed))
    if FAULT in st.session_state:
        return
    before = {field: old[field] for field in changed}
    offer_undo(f"Changed: {', '.join(changed)}.", partial(change_study, db, study.id, **before))


def _runs(study: Study, stored: Sequence[Run], shown: Sequence[Run]) -> None:
    """More runs: new seeds or methods, runs of other studies; and guests sent away."""
    mine = set(queries.members().get(study.id, []))
    guests = [run for run in stored if run.id in mine and run.study_id != study.id]
    with st.popover("Runs", icon=":material/playlist_add:"):
        first = next((run for run in stored if run.id in mine), None)
        query = {"study": str(study.id)} | ({"clone": str(first.id)} if first else {})
        st.page_link(
            page("launch"), label="Add seeds or methods", icon=":material/add_circle:", query_params=query
        )
        _take_in(study, stored, shown, mine)
        if guests:
            _send_away(study, guests)


def _take_in(study: Study, stored: Sequence[Run], shown: Sequence[Run], mine: set[int]) -> None:
    """Runs of another study, by configuration."""
    others = {one.id: one for one in queries.list_studies() if one.id != study.id}
    belonging = queries.members()
    others = {number: one for number, one in others.items() if set(belonging.get(number, ())) - mine}
    if not others:
        st.caption("There is no run of another study to take in.")
        return
    chosen = st.selectbox(
        "Take in runs of",
        list(others),
        None,
        key="take_in_study",
        format_func=lambda number: others[number].name if number in others else "",
        placeholder="Choose a study",
    )
    if chosen not in others:
        return
    wanted = set(belonging[chosen]) - mine
    available = [run for run in stored if run.id in wanted]
    axes = axes_with(read_axes(others[chosen].axes), (), available)
    groups = {group.digest: group for group in group_runs(available, axes)}
    digests = st.multiselect(
        "Configurations",
        list(groups),
        key="take_in_groups",
        format_func=lambda digest: (
            f"{groups[digest].label} · {groups[digest].data}" if digest in groups else ""
        ),
        placeholder="All",
    )
    ids = [run.id for run in available if not digests or run.digest in digests]
    st.button(
        f"Take in {show_count(len(ids), 'run')}",
        type="primary",
        on_click=_do_take_in,
        args=(study.id, ids, [run.id for run in shown]),
    )


def _do_take_in(study_id: int, ids: Sequence[int], shown: Sequence[int]) -> None:
    db = queries.database()
    new = _attempt(partial(take_in_runs, db, study_id, ids))
    if new is not None:
        show_also(shown, new)
        offer_undo(f"{show_count(len(new), 'run')} taken in.", partial(send_away, db, study_id, new))


def _send_away(study: Study, guests: Sequence[Run]) -> None:
    """Guests by the study that they came from."""
    homes = {run.study_id: run.study for run in guests}
    chosen = st.multiselect(
        "Send away runs of",
        list(homes),
        key="send_away_studies",
        format_func=lambda number: homes.get(number, ""),
        placeholder="Choose studies",
    )
    ids = [run.id for run in guests if run.study_id in chosen]
    st.button(
        f"Send away {show_count(len(ids), 'run')}",
        disabled=not ids,
        on_click=_do_send_away,
        args=(study.id, ids),
    )


def _do_send_away(study_id: int, ids: Sequence[int]) -> None:
    db = queries.database()
    send_away(db, study_id, ids)
    st.session_state.pop("send_away_studies", None)
    words = f"{show_count(len(ids), 'run')} sent away; they stay in the study that they came from."
    offer_undo(words, partial(take_in_runs, db, study_id, ids))


def _link() -> None:
    """The address of just this view, to copy."""
    with st.popover("Link", icon=":material/link:"):
        st.caption("This address shows this view, with these runs and choices, to everybody who may see it.")
        st.code(str(st.context.url or ""), language=None, wrap_lines=True)


def _archive(study: Study) -> None:
    archived = study.archived_at is not None
    st.button(
        "Unarchive study" if archived else "Archive study",
        key="study_archive",
        icon=":material/unarchive:" if archived else ":material/archive:",
        on_click=_do_archive,
        args=(study.id, study.archived_at),
        help="Archived studies are in no list unless one asks for them.",
    )


def _do_archive(study_id: int, archived_at: int | None) -> None:
    db = queries.database()
    moment = None if archived_at else now_ms()
    change_study(db, study_id, archived_at=moment)
    words = "The study is archived." if moment else "The study is out of the archive."
    offer_undo(words, partial(change_study, db, study_id, archived_at=archived_at))


def _trash(study_id: int, name: str) -> None:
    db = queries.database()
    gone = _attempt(partial(trash_study, db, study_id))
    if gone is not None:
        words = f"The study {name} is in the trash, with {show_count(len(gone), 'run')}."
        offer_undo(words, partial(restore_study, db, study_id))
        st.session_state["leave_study"] = True


def leave_where_trashed() -> None:
    """Called before the page is drawn: a study that was just moved to the trash is not shown any more."""
    if st.session_state.pop("leave_study", False):
        open_page("overview")
