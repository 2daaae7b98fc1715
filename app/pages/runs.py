"""Runs: every run of all studies, to find, to open and to act on."""

import streamlit as st

from app import queries
from app.bundles.section import draw_import
from app.live import watch
from app.runs.filters import Filters, choose_filters
from app.runs.list_view import show_runs
from app.state import page
from storage.clock import now_ms


def render() -> None:
    """The page."""
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    left.title("Runs")
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        draw_import()
    runs = queries.list_runs()
    if not runs:
        st.info("Every run of all studies is listed here; there is none yet.", icon=":material/info:")
        st.page_link(page("launch"), label="Start a study", icon=":material/add_circle:")
        st.page_link(page("overview"), label="Or look around in an example", icon=":material/science:")
        watch()
        return
    filters = choose_filters(runs)
    st.fragment(_body)(filters)
    watch()


def _body(filters: Filters) -> None:
    """Everything below the filters; a selection draws this again and not the whole page."""
    show_runs(queries.list_runs(), filters, now_ms())
