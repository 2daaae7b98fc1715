"""A study, `?study=ID`: its answer, settings, synergy, curves, runs and report, each in a tab.

`runs=1-9` names the runs that are looked at, `tab=Answer` the tab; every choice on a tab is in the URL too.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from app import queries
from app.bundles.section import draw_export
from app.comparison import answer_tab
from app.comparison.progress import progress
from app.comparison.sections import show_progress
from app.curves import curves_tab
from app.live import watch
from app.report import report_tab
from app.runs import runs_tab
from app.state import name_tab, page
from app.studies.header import leave_where_trashed, show_header
from app.studies.picking import choose_groups, pick_runs, picked_study
from app.studies.view import StudyView, view_of
from app.sweep import settings_tab
from app.synergy import synergy_tab
from app.wording.text import plain
from storage.clock import now_ms
from storage.studies import Study

TABS: dict[str, Callable[[StudyView], None]] = {
    "Answer": answer_tab.draw,
    "Settings": settings_tab.draw,
    "Synergy": synergy_tab.draw,
    "Curves": curves_tab.draw,
    "Runs": runs_tab.draw,
    "Report": report_tab.draw,
}
"""What each tab draws; only the open one is drawn."""


def render() -> None:
    """The page."""
    leave_where_trashed()
    stored = queries.list_runs()
    study = picked_study()
    if study is None and not stored:
        st.title("Study")
        st.info("There is no study yet: a question, answered by runs.", icon=":material/info:")
        st.page_link(page("launch"), label="Start a study", icon=":material/add_circle:")
        watch()
        return
    shown = pick_runs(stored, study)
    if study is not None:
        show_header(study, stored, shown)
    else:
        names = list(dict.fromkeys(run.study for run in reversed(shown)))
        name_tab(", ".join(names) or "Study")
        st.title(plain(", ".join(names) or "Study"))
    with st.container(horizontal=True, vertical_alignment="center"):
        choose_groups(stored, shown, study)
        draw_export((), [study.id]) if study is not None else draw_export(run.id for run in shown)
    if not shown:
        st.info(
            "This study has no run yet."
            if study and not queries.members().get(study.id)
            else "Choose at least one configuration above.",
            icon=":material/arrow_upward:",
        )
        watch(())
        return
    ids = [run.id for run in shown]
    watch(ids)
    st.fragment(_body)(study, ids)


def _body(study: Study | None, ids: Sequence[int]) -> None:
    """Everything below the choice; a choice on it draws this again and not the whole page."""
    runs = queries.list_runs(ids)
    if not runs:
        st.info("These runs have been deleted.")
        return
    show_progress(runs, progress(runs, now_ms()))
    view = view_of(study, runs, queries.results(ids))
    for name, tab in zip(TABS, st.tabs(list(TABS), key="tab", bind="query-params"), strict=True):
        if tab.open:
            with tab:
                TABS[name](view)
