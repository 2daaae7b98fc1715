"""Storage: how many bytes what takes, what can be given back, and the trash."""

import streamlit as st

from app import queries
from app.home import data_home
from app.live import watch
from app.space import section
from app.space.files import looked_at
from app.space.trash_section import draw_trash
from storage.clock import now_ms
from storage.run import ALIVE, live_state


def render() -> None:
    """The page."""
    st.title("Storage")
    watch(())
    home, database = data_home(), queries.database().file
    now = now_ms()
    at_work = frozenset(run.id for run in queries.list_runs() if live_state(run, now) in ALIVE)
    beside = looked_at(home, database, at_work)
    section.draw_sizes(beside)
    section.draw_cleaning(beside)
    draw_trash(home)
