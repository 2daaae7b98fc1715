"""What `streamlit run app/main.py` serves: the dashboard, the download route, and the gate in front of
both."""

import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware
from streamlit import App
from streamlit.runtime.pages_manager import PagesManager

from app.access import AccessError, Gate, password_for
from app.bundles.download import bundle_route
from app.downloads import download_route
from app.error_lines import EXPECTED, one_line
from app.home import data_home, open_database
from app.training.housekeeping import Housekeeper
from app.wording.text import plain

FIRST_TIDY_SECONDS = 60.0
"""After the start of the server; its first pages come first."""
logger = logging.getLogger(__name__)


def gate() -> Middleware:
    """The gate for the configured address; ends the program with one line where the server would stand
    open."""
    try:
        password = password_for(st.get_option("server.address"))
    except AccessError as error:
        sys.exit(f"infmasking: {one_line(error)}")
    base = (st.get_option("server.baseUrlPath") or "").strip("/")
    return Middleware(Gate, password=password, base=f"/{base}/" if base else "/")


def show_error(error: Exception) -> bool:
    """One line on the page instead of a trace, which stands in the server's log."""
    unforeseen = "Something went wrong on this page; the server's log has the details."
    st.error(plain(one_line(error) if isinstance(error, EXPECTED) else unforeseen), icon=":material/error:")
    return True


@asynccontextmanager
async def lifespan(_: App) -> AsyncIterator[None]:
    """While the server runs, what may go is cleared away, also where no supervisor is there to do so."""
    keeper = Housekeeper(open_database, data_home(), logger.warning, first=FIRST_TIDY_SECONDS)
    keeper.start()
    yield
    keeper.stop()


# A folder named `pages` beside the script would make Streamlit serve its files as pages of their own, blank
# ones, to whoever opens a link before the first `st.navigation` of the process.
PagesManager.uses_pages_directory = False

# Streamlit looks for this very call in the source to know that the file is an application and not a page.
app = App(
    Path(__file__).with_name("dashboard.py"),
    lifespan=lifespan,
    routes=[download_route, bundle_route],
    middleware=[gate()],
    on_script_error=show_error,
)
