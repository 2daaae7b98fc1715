"""The trash: what was deleted in the last week, to restore or to delete for good."""

from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path

import polars as pl
import streamlit as st

from app import queries
from app.home import run_log
from app.live import dialog
from app.reader import zone
from app.selection import choose_rows
from app.space.section import FREED
from app.wording.figures import show_age, show_bytes, show_count, show_time
from app.wording.text import plain
from storage.clock import now_ms
from storage.trash import KEPT_MS, Trashed, delete_from_trash, empty_trash, restore_runs, restore_study

TRASH = "trash_list"


def draw_trash(home: Path) -> None:
    """What was deleted in the last week, to restore or to delete for good."""
    kept = queries.trash()
    st.subheader("Trash", anchor=False)
    if not kept:
        st.caption("The trash is empty. What is deleted stays here for a week.")
        return
    st.caption(
        plain(
            f"{show_bytes(sum(one.size for one in kept))} in {show_count(len(kept), 'item')}. "
            "What is deleted stays here for a week and then goes for good."
        )
    )
    bar = st.container(horizontal=True, vertical_alignment="center")
    by_id = {(one.study_id, one.run_id): one for one in kept}
    height = min(38 + 35 * len(kept), 320)
    table = trash_table(kept, now_ms(), zone())
    picked = choose_rows(TRASH, table, list(by_id), column_config=_TRASH, height=height)
    chosen = [by_id[key] for key in picked]
    with bar:
        st.button(
            "Restore", icon=":material/undo:", disabled=not chosen, on_click=_restore, args=(tuple(chosen),)
        )
        if st.button("Delete for good", icon=":material/delete_forever:", disabled=not chosen):
            dialog(plain("Delete for good?"), icon=":material/delete_forever:")(_ask_to_delete)(chosen, home)
        if st.button("Empty the trash", icon=":material/delete_sweep:"):
            dialog(plain("Empty the trash?"), icon=":material/delete_sweep:")(_ask_to_delete)(
                kept, home, True
            )


def trash_table(kept: Sequence[Trashed], now: int, where: tzinfo) -> pl.DataFrame:
    """One row a study or run in the trash. now: UTC ms; where: the reader's time zone."""
    return pl.DataFrame(
        [
            {
                "what": f"Study, {show_count(one.runs, 'run')}"
                if one.run_id is None
                else f"Run {one.run_id}",
                "name": one.name,
                "size": show_bytes(one.size),
                "deleted": show_age(one.trashed_at, now),
                "until": show_time(one.trashed_at + KEPT_MS, where),
            }
            for one in kept
        ]
    )


_TRASH = {
    "what": st.column_config.TextColumn("What", width=120),
    "name": st.column_config.TextColumn("Name", width=260),
    "size": st.column_config.TextColumn("Size", width=90),
    "deleted": st.column_config.TextColumn("Deleted", width=110),
    "until": st.column_config.TextColumn("Kept until", width=170),
}


def _restore(chosen: Sequence[Trashed]) -> None:
    db = queries.database()
    for one in chosen:
        if one.run_id is None:
            restore_study(db, one.study_id)
    outcome = restore_runs(db, [one.run_id for one in chosen if one.run_id is not None])
    names = ", ".join(one.name for one in chosen[:3]) + (" …" if chosen[3:] else "")
    refused = "".join(f" {one.reason}." for one in outcome.refused)
    st.session_state[FREED] = f"Restored: {names}.{refused}"


def _ask_to_delete(chosen: Sequence[Trashed], home: Path, everything: bool = False) -> None:
    runs = sum(one.runs for one in chosen)
    st.markdown(
        plain(
            f"{show_count(runs, 'run')}, {show_bytes(sum(one.size for one in chosen))}: settings, curves, "
            "results, weights and logs go for good."
        )
    )
    if st.button(
        "Delete for good",
        key="trash_confirm",
        type="primary",
        icon=":material/delete_forever:",
        on_click=_delete,
        args=(tuple(chosen), home, everything),
    ):
        st.rerun()


def _delete(chosen: Sequence[Trashed], home: Path, everything: bool) -> None:
    """The runs, their studies, and the files that their processes wrote their output to."""
    db = queries.database()
    if everything:
        gone = empty_trash(db)
    else:
        studies = [one.study_id for one in chosen if one.run_id is None]
        alone = [one.run_id for one in chosen if one.run_id is not None]
        gone = list(delete_from_trash(db, alone, studies).done)
    for run_id in gone:
        run_log(home, run_id).unlink(missing_ok=True)
    st.session_state[FREED] = f"{show_count(len(gone), 'run')} deleted for good."
