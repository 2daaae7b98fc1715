"""Bits beside accuracy: captured synergy of every group, and its difference to the baseline, paired by
seed."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from app import queries
from app.groups.grouping import Group
from app.groups.readings import INTERVAL, show_estimate
from app.state import page, write_runs
from app.synergy.frames import difference_words, matching
from app.synergy.rows import Combined, combine, read_rows
from app.wording.units import BITS


def trained_bits(groups: Sequence[Group]) -> list[Combined]:
    """What is stored of these groups' trained encoders in bits."""
    ids = [run.id for group in groups for run in group.runs]
    found = combine(groups, read_rows(queries.decompositions(ids)))
    return [one for one in found if one.encoder == "trained"]


def show_bits(combined: Sequence[Combined], baseline: Group, ids: Sequence[int]) -> None:
    """A table of captured synergy in bits, one row a task and group; nothing where no run was decomposed.
    ids: of the runs that the page is about."""
    if not combined:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Captured synergy, in bits", width="stretch")
        st.page_link(
            page("study"),
            label="Open the decomposition",
            icon=":material/join_inner:",
            query_params={"runs": write_runs(ids), "tab": "Synergy"},
        )
    st.dataframe(pl.DataFrame(bit_rows(combined, baseline)), hide_index=True, height="content")
    st.caption(
        "Usable bits: with a linear probe and N samples, beyond what the two modalities alone tell. Mean "
        f"over seeds with its {INTERVAL}; “at least” is its lower end. Differences are paired by seed."
    )


def bit_rows(combined: Sequence[Combined], baseline: Group) -> list[dict[str, Any]]:
    """Rows of that table, in shown units: the mean with its interval, what can be claimed, and the
    difference."""
    rows = []
    for one in combined:
        base = matching(combined, one, baseline)
        rows.append(
            {
                "Task": one.task,
                "Sides": one.sides,
                "Group": one.group.label,
                "S_Z [95 %]": show_estimate(one.over_seeds("synergy"), BITS),
                "At least": one.why_nothing or BITS.show(one.at_least),
                f"Difference to {baseline.label}": "–"
                if base is None or base == one
                else difference_words(one, base),
            }
        )
    return rows
