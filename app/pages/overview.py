"""Overview: every run with its live state."""

import streamlit as st


def render() -> None:
    """The page."""
    st.title("Runs")
