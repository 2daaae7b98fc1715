"""The dashboard: its frame and its pages. Streamlit runs this script anew for every session and every
interaction."""

import streamlit as st

from app.access import guarded
from app.error_lines import EXPECTED, one_line
from app.live import drawing
from app.logo import ICON, wordmark
from app.reader import is_dark
from app.state import PAGES, name_tab, page
from app.undo import show_undo
from app.wording.text import plain

# Streamlit fades what a refresh is about to replace; on pages that refresh by themselves that reads as a
# fault.
_STYLE = "[data-stale='true'] { opacity: 1 !important; transition: none !important; }"
# The tables' own download writes cells as they are, so that a name may be a formula in a spreadsheet; the
# files that the pages offer are safe.
_STYLE += "button[aria-label='Download as CSV'] { display: none !important; }"
# Captions at Streamlit's own strength have a contrast of 4.2 : 1 on white; at this one 6 : 1.
_STYLE += "[data-testid='stCaptionContainer'] { opacity: .72 !important; }"

_LOG_OUT = """<form method="post" action="./logout" style="text-align: right; margin: 0">
<button type="submit" style="all: unset; cursor: pointer; opacity: .7">Log out</button></form>"""


def main() -> None:
    """Show the page that the URL names; an error that a user can mend becomes one line on it."""
    st.set_page_config(page_title="InfMasking Studio", page_icon=ICON, layout="wide")
    st.logo(wordmark(dark=is_dark()), size="large")
    st.html(f"<style>{_STYLE}</style>")
    chosen = st.navigation([page(name) for name in PAGES], position="top")
    name_tab(chosen.title)
    if guarded():
        st.html(_LOG_OUT)
    try:
        with drawing():
            show_undo()
            chosen.run()
    except EXPECTED as error:
        st.error(plain(one_line(error)), icon=":material/error:")


if __name__ == "__main__":
    main()
