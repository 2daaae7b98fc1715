"""Pages that are never stale: a small fragment looks every few seconds whether something a page shows has
changed, and has the whole page drawn again only then. An idle page costs one cheap read and draws nothing.

What somebody decided, and what a run found, shows at the next look. Mere progress of a training shows as
often as a page can afford: a page that takes a second to draw is not drawn all the time.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

import streamlit as st

from app import queries
from app.wording.text import Markdown
from storage.clock import now_ms
from storage.marks import Marks
from storage.run import LiveState, live_state

LOOK_SECONDS = 2.0
SHARE = 0.2
"""Of all time, what may go into drawing progress: a page that takes 1 s to draw shows it every 5 s."""
_HELD, _TOOK = "live_held", "live_page_took"


class Seen(NamedTuple):
    """facts: what makes a page be drawn at once. progress: phase and step of the runs at work."""

    facts: tuple[str, bool, tuple[tuple[int, LiveState], ...]]
    progress: tuple[tuple[int, str, int], ...]


def watch(run_ids: Collection[int] | None = None) -> None:
    """Keep the page up to date from here on; called once a page. run_ids: the runs whose progress it shows
    (None: all); () for a page that shows none."""
    chosen = None if run_ids is None else frozenset(run_ids)
    st.fragment(_look, run_every=LOOK_SECONDS)(look(chosen), chosen, time.monotonic())


def look(run_ids: Collection[int] | None = None) -> Seen:
    """What there is to see now."""
    return seen(queries.marks(), now_ms(), queries.supervisor() is not None, run_ids)


def seen(marks: Marks, now: int, supervised: bool, run_ids: Collection[int] | None) -> Seen:
    """What there is to see at `now` (UTC ms): live states change by time alone. supervised: whether a
    supervisor is there."""
    states = tuple((run.id, live_state(run, now)) for run in marks.working)
    progress = tuple(
        (run.id, run.phase, run.step) for run in marks.working if run_ids is None or run.id in run_ids
    )
    return Seen((marks.facts, supervised, states), progress)


def is_due(drawn: Seen, now: Seen, age: float, took: float) -> bool:
    """Whether a page that shows `drawn` is to be drawn again. age: seconds since it was; took: seconds that
    took."""
    return now.facts != drawn.facts or (now.progress != drawn.progress and age * SHARE >= took)


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """Around a whole page: measures how long it takes. No dialog is open when it begins; whatever draws a
    page anew has closed it."""
    start = time.monotonic()
    st.session_state[_HELD] = False
    try:
        yield
    finally:
        st.session_state[_TOOK] = time.monotonic() - start


def dialog(title: Markdown, **options: Any) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """`st.dialog` for pages that watch: while it is open nothing is drawn again, which would close it."""
    make = st.dialog(title, on_dismiss=_release, **options)

    def decorate(ask: Callable[..., None]) -> Callable[..., None]:
        opened = make(ask)

        def show(*arguments: Any, **named: Any) -> None:
            st.session_state[_HELD] = True
            opened(*arguments, **named)

        return show

    return decorate


def _release() -> None:
    st.session_state[_HELD] = False


def _look(drawn: Seen, run_ids: Collection[int] | None, since: float) -> None:
    if st.session_state.get(_HELD):
        return
    if is_due(drawn, look(run_ids), time.monotonic() - since, st.session_state.get(_TOOK, 0.0)):
        st.rerun()
