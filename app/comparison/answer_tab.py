"""The Answer tab of a study: which method captured how much, with seeds, intervals, chance and what the paper
reports."""

from collections.abc import Collection, Sequence

import streamlit as st

from app.comparison import sections
from app.comparison.bits import show_bits, trained_bits
from app.comparison.progress import progress
from app.comparison.verdict import show_verdict
from app.groups.grouping import Group, headline, panels_of, usual_baseline
from app.groups.scores import scores
from app.studies.view import StudyView
from storage.clock import now_ms


def draw(view: StudyView) -> None:
    """The tab."""
    state = progress(view.runs, now_ms())
    groups, results = view.groups, view.results
    panels = panels_of(results)
    frame = scores(groups, panels, results)
    if frame.is_empty():
        st.info(
            "Results appear here when the first run has been probed; the curves are live.",
            icon=":material/hourglass_top:",
        )
        return
    asked = frame.filter(frame["panel"] == headline(panels).name)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with right:
        baseline = _baseline(groups, set(asked["digest"]))
    with left:
        bits = trained_bits(groups)
        show_verdict(groups, panels, frame, baseline, bits, results, final=not state.active)
    sections.show_scores(groups, panels, frame)
    sections.show_differences(groups, panels, frame, baseline)
    show_bits(bits, baseline, view.ids)
    sections.show_table(groups, panels, frame)


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
