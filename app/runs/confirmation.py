"""Deleting asks for the name of what goes: one dialog for runs and checkpoints."""

from collections.abc import Callable

import streamlit as st

from app.error_lines import EXPECTED, one_line
from app.live import dialog
from app.wording.text import plain


def confirm_deletion(name: str, what_goes: str, delete: Callable[[], None], done: Callable[[], None]) -> None:
    """Open a dialog that calls `delete`, then `done`, once `name` was typed. what_goes: a sentence on what is
    lost.

    An error of the deletion is one line in the dialog, which stays open.
    """
    dialog(plain(f"Delete {name}?"), icon=":material/delete:")(_ask)(name, what_goes, delete, done)


def _ask(name: str, what_goes: str, delete: Callable[[], None], done: Callable[[], None]) -> None:
    st.markdown(plain(what_goes))
    typed = st.text_input(plain(f"Type '{name}' to confirm"), key="confirm_name", autocomplete="off")
    matches = typed.strip().casefold() == name.casefold()
    if typed and not matches:
        st.caption(plain(f"That is not {name}."))
    if st.button("Delete for good", type="primary", icon=":material/delete_forever:", disabled=not matches):
        try:
            delete()
        except EXPECTED as error:
            st.error(plain(one_line(error)))
        else:
            done()
