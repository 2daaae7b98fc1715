"""What was done last, and the way back: offered on top of every page until it is used, dismissed or old."""

from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from app.wording.figures import show_count
from app.wording.text import plain
from storage.bulk import Outcome
from storage.clock import now_ms

SHOWN_MS = 10 * 60_000
"""How long it is offered; the trash keeps things for longer."""
_KEY, _FRESH = "last_done", "last_done_fresh"


class Done(NamedTuple):
    """words: a sentence on what was done; undo: takes it back, None where there is nothing to; at: UTC ms."""

    words: str
    undo: Callable[[], object] | None
    at: int


def offer_undo(words: str, undo: Callable[[], object] | None) -> None:
    """Say what was just done, on the page's next drawing."""
    st.session_state[_KEY] = Done(words, undo, now_ms())
    st.session_state[_FRESH] = True


def outcome_words(outcome: Outcome, done: str) -> str:
    """ "3 runs moved to the trash. Not changed: run 5 is running; …"; done: what follows the count."""
    words = f"{show_count(len(outcome.done), 'run')} {done}." if outcome.done else ""
    if outcome.refused:
        first, more = outcome.refused[0], len(outcome.refused) - 1
        others = f" (and {show_count(more, 'other')})" if more else ""
        words += f" Not changed: {first.reason}{others}."
    return words.strip()


def redraw_where_done() -> None:
    """Called in what is drawn apart from its page: draws the whole page anew once, so that it says what was
    done."""
    if st.session_state.pop(_FRESH, False):
        st.rerun()


def show_undo() -> None:
    """The line with its button; nothing where nothing was done lately."""
    st.session_state.pop(_FRESH, None)
    done: Done | None = st.session_state.get(_KEY)
    if done is None or now_ms() - done.at > SHOWN_MS:
        return
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        st.markdown(plain(done.words), width="stretch")
        if done.undo is not None:
            st.button("Undo", key="undo", icon=":material/undo:", type="primary", on_click=_take_back)
        st.button("Dismiss", key="undo_dismiss", icon=":material/close:", on_click=_forget)


def _take_back() -> None:
    done: Done = st.session_state.pop(_KEY)
    if done.undo is not None:
        said = done.undo()
        refused = isinstance(said, Outcome) and said.refused
        words = outcome_words(said, "restored") if isinstance(said, Outcome) and refused else "Undone."
        offer_undo(words, None)


def _forget() -> None:
    st.session_state.pop(_KEY, None)
