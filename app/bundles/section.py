"""Export and import in the browser: a download that is written while it is sent, and an upload or a path that
is taken in."""

import re
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from app import queries
from app.bundles.download import bundle_url
from app.bundles.importing import Arrival, import_runs
from app.bundles.sources import open_source
from app.error_lines import EXPECTED, one_line
from app.home import data_home
from app.state import open_page, write_runs
from app.wording.figures import show_count
from app.wording.text import plain
from engine.settings.paths import absolute_path

MOST_SHOWN = 20
PIECE = 2**20
OUTCOME = "import_outcome"
"""Where the session keeps what the last import brought."""
WORDS = {
    "new": "taken in",
    "here": "here already",
    "files": "here already, files added",
    "later": "brought up to date",
    "conflict": "here with other content",
}


def draw_export(run_ids: Iterable[int] = (), study_ids: Iterable[int] = ()) -> None:
    """Links that download these runs or studies whole."""
    runs, studies = list(run_ids), list(study_ids)
    with st.popover("Export", icon=":material/download:", help="The whole of it in one file."):
        st.markdown(
            "Settings, curves, results, bits, log, tags and notes in one file. **Import** takes it in on "
            "another studio, as if it had run there."
        )
        st.link_button(
            "With checkpoints", bundle_url(runs, studies), icon=":material/folder_zip:", width="stretch"
        )
        st.link_button(
            "Without checkpoints",
            bundle_url(runs, studies, weights=False),
            icon=":material/folder_zip:",
            width="stretch",
        )
        st.caption(
            "The form is described in `docs/run-folder.md`. As a folder: `infmasking export … --folder`."
        )


def draw_import() -> None:
    """A dialog's button: bundles by upload, and bundles or run folders by their path."""
    if st.button("Import", icon=":material/upload:", help="Runs that were exported, or trained elsewhere."):
        _dialog()


@st.dialog("Import runs", width="medium")
def _dialog() -> None:
    draw_import_form()


def draw_import_form() -> None:
    """Which file or folder, and what came of it."""
    st.markdown(
        "A bundle that a studio exported, or the folder of runs that trained on a cluster. Everything is "
        "checked before anything is stored; what is here already stays as it is."
    )
    uploaded = st.file_uploader("Bundle", type="zip", help="Larger ones, and folders, by their path below.")
    path = st.text_input("Or a path on the server", placeholder="/scratch/runs/study.zip", max_chars=4096)
    ready = uploaded is not None or bool(path.strip())
    if st.button("Import", key="import_now", type="primary", disabled=not ready):
        with st.spinner("Reading …"):
            st.session_state[OUTCOME] = (
                _take_in(path.strip()) if uploaded is None else _take_in_upload(uploaded)
            )
    _show(st.session_state.pop(OUTCOME, None))


def _show(outcome: list[Arrival] | str | None) -> None:
    """What the last import brought, or why it was refused."""
    if isinstance(outcome, str):
        st.error(plain(outcome), icon=":material/error:")
    elif outcome is not None:
        for what, words in WORDS.items():
            arrivals = [arrival for arrival in outcome if arrival.what == what]
            if arrivals:
                kind = st.warning if what == "conflict" else st.success if what == "new" else st.info
                lines = [arrival.line for arrival in arrivals[:MOST_SHOWN]]
                more = len(arrivals) - len(lines)
                said = "\n".join(
                    f"- {plain(line)}" for line in [*lines, *([f"and {more} more"] if more else [])]
                )
                kind(f"**{show_count(len(arrivals), 'run')} {words}**\n\n{said}")
        runs = [arrival.run_id for arrival in outcome]
        if runs and st.button("Look at them", icon=":material/compare_arrows:"):
            open_page("study", runs=write_runs(runs))


def _take_in(path: str) -> list[Arrival] | str:
    """What an import from a path brought; one line where it was refused."""
    try:
        with open_source(absolute_path(path)) as source:
            return import_runs(queries.database(), source)
    except EXPECTED as error:
        return one_line(error)


def _take_in_upload(uploaded: UploadedFile) -> list[Arrival] | str:
    """The same for an upload, which stands in a file of its own meanwhile."""
    folder = data_home() / "uploads"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="uploading-") as work:
            safe = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(uploaded.name).stem).strip("-")[:60] or "bundle"
            received = Path(work) / f"{safe}.zip"
            with received.open("wb") as file:
                shutil.copyfileobj(uploaded, file, PIECE)
            return _take_in(str(received))
    except EXPECTED as error:
        return one_line(error)
