"""Where links to the former compare page lead: the study page, with the same runs."""

import streamlit as st

from app.state import open_page


def render() -> None:
    """The page."""
    open_page("study", **st.query_params.to_dict())
