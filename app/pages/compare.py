"""Compare: which method captured how much, with seeds, intervals, chance and what the paper reports.

The URL is the truth about what is shown: `runs=1-9` exactly these runs, `digest=…,…` every run of these
configurations.
"""

from collections.abc import Collection, Sequence

import streamlit as st

from app import queries
from app.comparison import details, sections
from app.comparison.bits import show_bits, trained_bits
from app.comparison.progress import Progress, progress
from app.comparison.verdict import show_verdict
from app.groups.grouping import Group, group_runs, headline, panels_of, usual_baseline
from app.groups.picking import pick_runs
from app.groups.scores import scores
from app.state import page
from storage.clock import now_ms

REFRESH_SECONDS = 2.0


def render() -> None:
    """The page."""
    st.title("Compare")
    runs = queries.list_runs()
    if not runs:
        st.info("There is nothing to compare yet: a comparison is made of runs.", icon=":material/info:")
        st.page_link(page("launch"), label="Start a comparison", icon=":material/add_circle:")
        return
    chosen = pick_runs(runs)
    if not chosen:
        return
    ids = [run.id for run in chosen]
    active = progress(chosen, now_ms()).active
    st.fragment(_body, run_every=REFRESH_SECONDS if active else None)(ids, active)


def _body(ids: Sequence[int], was_active: bool) -> None:
    """Everything below the choice; drawn again every few seconds while something runs."""
    runs = queries.list_runs(ids)
    if not runs:
        st.info("These runs have been deleted.")
        return
    state: Progress = progress(runs, now_ms())
    if was_active and not state.active:
        st.rerun()
    groups = group_runs(runs)
    results = queries.results([run.id for group in groups for run in group.runs])
    panels = panels_of(results)
    frame = scores(groups, panels, results)
    sections.show_progress(runs, state)
    if frame.is_empty():
        st.info(
            "Results appear here when the first run has been probed; the curves below are live.",
            icon=":material/hourglass_top:",
        )
    else:
        asked = frame.filter(frame["panel"] == headline(panels).name)
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        with right:
            baseline = _baseline(groups, set(asked["digest"]))
        with left:
            bits = trained_bits(groups)
            show_verdict(groups, panels, frame, baseline, bits, results, final=not state.active)
        sections.show_scores(groups, panels, frame)
        sections.show_differences(groups, panels, frame, baseline)
        show_bits(bits, baseline, ids)
        sections.show_table(groups, panels, frame)
    details.show_curves(groups)
    details.show_settings(groups)


def _baseline(groups: Sequence[Group], answered: Collection[str]) -> Group:
    """The group that the others are compared with: the usual one unless the reader chooses another."""
    labels = [group.label for group in groups]
    if len(groups) == 1:
        return groups[0]
    usual = labels.index(usual_baseline(groups, answered).label)
    chosen = st.selectbox(
        "Baseline", labels, usual, key="compare_baseline", help="What the others are compared with."
    )
    return groups[labels.index(chosen)]
