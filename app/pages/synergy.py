"""Synergy: partial information decomposition explained, and a playground for gates and tables of one's own.

What was measured stands in the Synergy tab of a study; links of old, which name runs here, lead there.
"""

import streamlit as st

from app.groups.links import Link, read_link
from app.state import open_page
from app.synergy.explainer import show_explainer
from app.synergy.playground import show_playground


def render() -> None:
    """The page."""
    if read_link(st.query_params) != Link():
        open_page("study", **{**st.query_params.to_dict(), "tab": "Synergy"})
    st.title("Synergy")
    st.caption(
        "How much of a label's information is in both modalities (redundancy), in one alone (uniqueness), "
        "or only in the two together (synergy)."
    )
    playground, explainer = st.tabs(["Playground", "What is this?"])
    with playground:
        show_playground()
    with explainer:
        show_explainer()
