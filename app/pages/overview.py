"""Overview: the studies with their answers, then the queue and the machine. An empty studio says what it is
for."""

import streamlit as st

from app import queries
from app.live import watch
from app.overview.machine import draw_machine
from app.overview.study_list import draw_studies
from app.overview.welcome import draw_welcome
from app.queue import section
from app.state import page
from storage.clock import now_ms


def render() -> None:
    """The page."""
    if not queries.list_studies():
        draw_welcome()
        watch()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.title("Studies", width="stretch", anchor=False)
        st.page_link(page("launch"), label="New study", icon=":material/add_circle:")
    st.fragment(draw_studies)()
    st.fragment(section.draw)()
    st.subheader("Machine", anchor=False)
    draw_machine(queries.list_runs(), now_ms())
    watch()
