"""The runs of the configurations that keep to the reader's limits, each a link."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.groups.grouping import Group
from app.groups.readings import show_estimate
from app.groups.seed_statistics import Estimate
from app.state import page, write_runs
from app.studies.view import StudyView
from app.sweep.axes import Setting
from app.sweep.questions import Question
from app.wording.fields import title
from app.wording.figures import show_count
from app.wording.names import method_label

MOST_ROWS = 200
"""Runs that are listed."""


def list_runs(
    view: StudyView,
    groups: Sequence[Group],
    settings: Sequence[Setting],
    figures: Mapping[str, Estimate],
    question: Question,
) -> None:
    """The runs within the limits, each a link."""
    ids = [run.id for group in groups for run in group.runs]
    with st.container(horizontal=True, vertical_alignment="center"):
        told = f"{show_count(len(groups), 'configuration')}, {show_count(len(ids), 'run')} within the limits"
        st.markdown(f"**{told}**")
        if ids and len(ids) < len(view.ids):
            query = {"runs": write_runs(ids)} | ({"study": str(view.study.id)} if view.study else {})
            st.page_link(
                page("study"),
                label="Look at these alone",
                icon=":material/arrow_forward:",
                query_params=query,
            )
    rows: list[dict[str, Any]] = [
        {
            "Run": f"run?run={run.id}",
            "Method": method_label(group.method),
            **{title(setting.words): setting.shown(group.digest) for setting in settings},
            "Seed": run.seed,
            "This run": question.unit.show(question.values[run.id].value)
            if run.id in question.values
            else "–",
            "Over seeds": show_estimate(figures[group.digest], question.unit),
        }
        for group in sorted(groups, key=lambda group: -figures[group.digest].mean)
        for run in group.runs
    ]
    if rows:
        link = st.column_config.LinkColumn(display_text=r"run=(\d+)", width=60)
        st.dataframe(
            pl.DataFrame(rows[:MOST_ROWS]),
            hide_index=True,
            height=min(38 + 35 * len(rows), 420),
            column_config={"Run": link},
        )
    if len(rows) > MOST_ROWS:
        st.caption(f"The first {MOST_ROWS} of {len(rows)} runs; the Runs tab has all.")
