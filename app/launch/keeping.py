"""The draft of the form in the address and in the session: it stays when one leaves the page, and a copied
address restores it."""

import json
from typing import Any

import streamlit as st

from app.launch.draft import EMPTY, Draft, read_draft, write_draft

KEPT, FORM = "launch_kept", "launch_form"
BESIDE = ("draft", "with", "into")
"""Parts of the address that change without another start."""
MOST_WRITTEN = 100
"""Drafts that this session wrote to the address: an address that lags behind is none that was opened."""


def begin() -> tuple[str, Draft]:
    """What every widget's key begins with, and the draft that the form begins with: another start or another
    link gives fresh widgets."""
    if not st.query_params.to_dict() and KEPT in st.session_state:
        st.query_params.from_dict(st.session_state[KEPT])
    text = st.query_params.get("draft", "")
    start = {name: st.query_params.get_all(name) for name in st.query_params if name not in BESIDE}
    identity = json.dumps(start, sort_keys=True)
    form: dict[str, Any] = st.session_state.setdefault(
        FORM, {"version": 0, "identity": None, "written": [], "draft": EMPTY}
    )
    if identity != form["identity"] or text not in form["written"]:
        draft = read_draft(text)
        form |= {"version": form["version"] + 1, "identity": identity, "written": [text]}
        form["draft"] = EMPTY if draft is None else draft
        form["unread"] = draft is None
    if form["unread"]:
        st.warning("The draft in this address cannot be read; the form starts without it.")
    return f"launch:{form['version']}", form["draft"]


def keep(filled: Draft) -> None:
    """Write the form's content to the address, and remember the address for when the reader comes back."""
    text = write_draft(filled)
    if text:
        st.query_params["draft"] = text
    else:
        st.query_params.pop("draft", None)
    if text is None:
        st.caption("There is too much in this form for its address: a copied link starts without it.")
    form = st.session_state[FORM]
    form["written"] = [*form["written"], text or ""][-MOST_WRITTEN:]
    st.session_state[KEPT] = {name: st.query_params.get_all(name) for name in st.query_params}


def forget() -> None:
    """The study is started: the next one begins anew."""
    st.session_state.pop(KEPT, None)
    st.session_state.pop(FORM, None)


def undo() -> None:
    """Begin again from where the form started."""
    st.query_params.pop("draft", None)
    form = st.session_state[FORM]
    form |= {"version": form["version"] + 1, "written": [""], "draft": EMPTY}
