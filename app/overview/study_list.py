"""The list of studies on the overview: search, then each with its answer in one line, how far it is, and what
fails and why."""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.overview.answers import answers
from app.overview.summaries import (
    StudyFilters,
    StudyRow,
    chosen_rows,
    how_far,
    study_rows,
    what_fails,
)
from app.state import number_parameter, page
from app.wording.figures import show_age
from app.wording.text import Markdown, plain
from storage.clock import now_ms

A_PAGE = 20
"""Studies shown before one asks for more."""
MOST_TAGS = 6
SHOWN = "show"
"""Name in the URL of how many are shown."""


def draw_studies() -> None:
    """The search and the list."""
    now = now_ms()
    rows = study_rows(queries.list_studies(), queries.members(), queries.list_runs(), now)
    filters = _choose(rows)
    chosen = chosen_rows(rows, filters)
    if not chosen:
        _none_chosen(rows)
        return
    shown = chosen[: max(number_parameter(SHOWN) or 0, A_PAGE)]
    ids = [run.id for row in shown for run in row.runs]
    for row, line in zip(shown, answers(shown, queries.results() if ids else _NO_RESULTS), strict=True):
        _draw_row(row, line, now)
    if len(shown) < len(chosen):
        left = len(chosen) - len(shown)
        st.button(f"Show {min(left, A_PAGE):d} more of {left:,}", on_click=_show_more, args=(len(shown),))


_NO_RESULTS: dict[str, list[object]] = {name: [] for name in ("run_id", "task", "metric", "value", "facts")}


def _choose(rows: Sequence[StudyRow]) -> StudyFilters:
    """The search, bound to the URL."""
    tags = sorted({tag for row in rows for tag in row.study.tags})
    hidden = sum(row.study.archived_at is not None for row in rows)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        words = st.text_input(
            "Find a study",
            key="find",
            bind="query-params",
            placeholder="Name, question, note or tag",
            icon=":material/search:",
            live=True,
            width=420,
        )
        chosen = (
            st.multiselect("Tag", tags, key="tag", bind="query-params", placeholder="Any", width=260)
            if tags
            else []
        )
        archived = (
            st.toggle(f"Show {hidden:,} archived", key="archived", bind="query-params") if hidden else False
        )
    return StudyFilters(words or "", chosen, bool(archived))


def _none_chosen(rows: Sequence[StudyRow]) -> None:
    if all(row.study.archived_at is not None for row in rows):
        st.info("Every study is archived.", icon=":material/archive:")
    else:
        st.info("No study is called so, asks so or has such a tag.", icon=":material/search_off:")
    st.button("Show all", on_click=_show_all, icon=":material/filter_alt_off:")


def _show_all() -> None:
    st.session_state["find"] = ""
    for name, value in (("tag", []), ("archived", True)):
        if name in st.session_state:
            st.session_state[name] = value


def _show_more(shown: int) -> None:
    st.query_params[SHOWN] = str(shown + A_PAGE)


def _draw_row(row: StudyRow, answer: str, now: int) -> None:
    study = row.study
    with st.container(border=True, gap="xxsmall"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.page_link(
                page("study"),
                label=Markdown(f"**{plain(study.name)}**"),
                query_params={"study": str(study.id)},
            )
            if badges := _badges(row):
                st.markdown(badges, width="content")
            st.space("stretch")
            st.caption(plain(f"{how_far(row)} · {show_age(row.changed_at, now)}"), width="content")
        lines = [Markdown(f":gray[{plain(study.question)}]")] if study.question else []
        failed = what_fails(row, now)
        lines.append(plain(answer))
        if failed:
            lines.append(Markdown(f":red[:material/error: {plain(failed)}]"))
        st.markdown("  \n".join(lines))
        if row.progress.active:
            st.progress(row.progress.share)


def _badges(row: StudyRow) -> Markdown:
    tags = [Markdown(f":gray-badge[{plain(tag)}]") for tag in row.study.tags[:MOST_TAGS]]
    if row.study.archived_at is not None:
        tags.append(Markdown(":violet-badge[:material/archive: archived]"))
    return Markdown(" ".join(tags))
