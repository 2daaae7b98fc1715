"""Who is called when a study has ended or a run has failed: apprise URLs, chosen on the page. A URL holds
secrets; once it is kept only its service is shown."""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.error_lines import EXPECTED, one_line
from app.training.notices import (
    LONGEST_URL,
    MISSING,
    Notice,
    add_url,
    is_available,
    kept_urls,
    remove_url,
    send,
    service_of,
)
from app.wording.text import plain

_KEY, _SAID = "notice_url", "notice_said"


def draw_notices() -> None:
    """A popover; without the extra it says how to get it."""
    with st.popover("Call out", icon=":material/notifications:"):
        st.caption("A message when a study has ended, or a run of it has failed.")
        if not is_available():
            st.info(plain(MISSING[0].upper() + MISSING[1:] + "."), icon=":material/extension_off:")
            return
        urls = kept_urls(queries.database())
        for place, url in enumerate(urls):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(plain(service_of(url)), width="stretch")
                st.button(
                    "Remove",
                    key=f"notice_remove_{place}",
                    icon=":material/close:",
                    on_click=_remove,
                    args=(url,),
                )
        st.text_input(
            "Add an apprise URL",
            key=_KEY,
            type="password",
            max_chars=LONGEST_URL,
            placeholder="service://…, such as ntfys://topic or mailto://…",
            autocomplete="off",
            on_change=_add,
        )
        if urls:
            st.button("Send a test message", icon=":material/send:", on_click=_try, args=(tuple(urls),))
        said = st.session_state.pop(_SAID, "")
        if said:
            st.caption(plain(said))


def _add() -> None:
    url = st.session_state[_KEY].strip()
    st.session_state[_KEY] = ""
    if url:
        _say(lambda: f"{add_url(queries.database(), url)} will be called.")


def _remove(url: str) -> None:
    remove_url(queries.database(), url)


def _try(urls: Sequence[str]) -> None:
    _say(lambda: f"Sent to {', '.join(send(urls, Notice('InfMasking Studio', 'A test message.')))}.")


def _say(act: object) -> None:
    """What came of it, in one line."""
    assert callable(act)
    try:
        st.session_state[_SAID] = act()
    except EXPECTED as error:
        st.session_state[_SAID] = one_line(error)
