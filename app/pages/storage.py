"""Storage: how many bytes what takes, what can be given back, and the trash."""

import streamlit as st

from app import queries
from app.home import data_home
from app.live import watch
from app.space import section
from app.space.files import looked_at


def render() -> None:
    """The page."""
    st.title("Storage")
    watch(())
    home, database = data_home(), queries.database().file
    at_work = frozenset(job.run_id for job in queries.active_jobs())
    beside = looked_at(home, database, at_work)
    section.draw_sizes(beside)
    section.draw_cleaning(beside)
    section.draw_trash(home)
