"""Bits beside accuracy: captured synergy of every group, and its difference to the baseline, paired by
seed."""

from collections.abc import Sequence
from typing import Any

import polars as pl
import streamlit as st

from app import queries
from app.groups.grouping import Group
from app.groups.seed_statistics import PairedDifference, paired_difference
from app.state import page, write_runs
from app.synergy.rows import Combined, claim, combine, read_rows


def show_bits(groups: Sequence[Group], baseline: Group) -> None:
    """A table of captured synergy in bits, one row a task and group; nothing where no run was decomposed."""
    ids = [run.id for group in groups for run in group.runs]
    combined = [
        one for one in combine(groups, read_rows(queries.decompositions(ids))) if one.encoder == "trained"
    ]
    if not combined:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Captured synergy, in bits", width="stretch")
        st.page_link(
            page("synergy"),
            label="Open the decomposition",
            icon=":material/join_inner:",
            query_params={"runs": write_runs(ids)},
        )
    st.dataframe(pl.DataFrame(bit_rows(combined, baseline)), hide_index=True, height="content")
    st.caption(
        "Usable bits: with a linear probe and N samples, beyond what the two modalities alone tell. The "
        "lower limit is what can "
        "be claimed; over several seeds it is the lower one of the runs' own and of the 95 % t-interval "
        "over seeds. Differences "
        "are paired by seed."
    )


def bit_rows(combined: Sequence[Combined], baseline: Group) -> list[dict[str, Any]]:
    """Rows of that table, in shown units."""
    rows = []
    for one in combined:
        synergy = one.over_seeds("synergy")
        base = next(
            (
                other
                for other in combined
                if other.group.digest == baseline.digest and _question(other) == _question(one)
            ),
            None,
        )
        rows.append(
            {
                "Task": one.task,
                "Sides": one.sides,
                "Group": one.group.label,
                "S_Z": f"{synergy.value:.3f} [{synergy.low:.3f}, {synergy.high:.3f}]",
                "Claim": claim(one),
                f"Difference to {baseline.label}": _difference(one, base),
            }
        )
    return rows


def _question(one: Combined) -> tuple[str, str]:
    return one.task, one.sides


def _difference(one: Combined, base: Combined | None) -> str:
    if base is None or base.group.digest == one.group.digest:
        return "–"
    found: PairedDifference = paired_difference(_by_seed(one), _by_seed(base))
    if found.estimate is None:
        return "no seed in common"
    value = found.estimate
    if value.low is None or value.high is None:
        return f"{value.mean:+.3f} (one seed)"
    return f"{value.mean:+.3f} [{value.low:+.3f}, {value.high:+.3f}], {found.verdict}"


def _by_seed(one: Combined) -> dict[int, float]:
    seeds = {run.id: run.seed for run in one.group.runs}
    return {seeds[row.run_id]: row.found.synergy.value for row in one.rows}
