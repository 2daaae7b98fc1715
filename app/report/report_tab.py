"""The Report tab of a study: what can be sent, published or computed with elsewhere.

A file is made when it is asked for, from what the database then holds.
"""

from collections.abc import Callable
from functools import partial

import streamlit as st

from app import queries
from app.report import files
from app.report.content import Content, content_of
from app.report.methods import methods_paragraph
from app.studies.view import StudyView
from app.wording.text import plain
from storage.database import Database


def draw(view: StudyView) -> None:
    """The tab."""
    db = queries.database()
    content = content_of(db, view)
    stem = files.stem_of(content)
    st.markdown(
        "One file to send, tables for a paper, and everything as tidy tables. They tell what is chosen "
        "above: "
        "its answer, charts, settings, hashes and versions."
    )
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("To read and to send")
        _offer("Report (HTML)", partial(files.html_of, content), f"{stem}.html", "text/html", primary=True)
        st.caption("One file that opens without a network and prints; charts stand in it.")
        _offer(
            "Tables and methods (LaTeX)", partial(files.latex_of, content), f"{stem}.tex", "application/x-tex"
        )
        st.caption("A document that compiles; its tables (booktabs) can be taken into a paper.")
    with right:
        st.subheader("To compute with")
        _offer(
            "Tidy tables (CSV, Parquet)",
            partial(_tables, db, content),
            f"{stem}-tables.zip",
            "application/zip",
        )
        st.caption(
            "Runs with their settings, results, decompositions, every point of the curves, the answer."
        )
        _offer("Charts (SVG, PNG, PDF)", partial(_charts, content), f"{stem}-charts.zip", "application/zip")
        _offer("Everything", partial(_everything, db, content), f"{stem}.zip", "application/zip")
    st.subheader("How it was done, in words")
    st.code(" ".join(methods_paragraph(content)), language=None, wrap_lines=True)
    st.caption(
        f"The same on the command line: `infmasking study report {plain(_quoted(view))} --html --latex`."
        if view.study
        else "On the command line `infmasking study report NAME` does the same for a whole study."
    )


def _quoted(view: StudyView) -> str:
    return str(view.study.id) if view.study else ""


def _offer(
    label: str, make: Callable[[], str | bytes], name: str, kind: str, *, primary: bool = False
) -> None:
    st.download_button(
        plain(label),
        make,
        name,
        kind,
        key=f"report_{label}",
        on_click="ignore",
        type="primary" if primary else "secondary",
        icon=":material/download:",
    )


def _tables(db: Database, content: Content) -> bytes:
    return files.zipped(files.table_files(db, content))


def _charts(content: Content) -> bytes:
    return files.zipped(files.chart_files(content))


def _everything(db: Database, content: Content) -> bytes:
    return files.zipped(files.every_file(db, content))
