"""The Answer tab of a study: one sentence a data set, the table of groups × questions, every seed as a point,
and the differences to a baseline with what is decided of them.

Every choice is in the URL: baseline, question, sort, and whether all rows and charts are drawn.
"""

import streamlit as st

from app import queries
from app.comparison import sections
from app.comparison.answer import Answer, answer_of
from app.comparison.frames import SORTS, Sort
from app.comparison.progress import progress
from app.comparison.questions import Measured, arms_of, measured_questions, usual_label
from app.studies.view import StudyView
from app.synergy.rows import combine_trained
from storage.clock import now_ms

ALL = "All questions"


def draw(view: StudyView) -> None:
    """The tab."""
    combined = combine_trained(view.groups, queries.decompositions(view.ids))
    measured = measured_questions(view.by_data(), combined)
    if not any(item.scores or item.bits for item in measured):
        st.info(
            "Results appear here when the first run has been probed; the curves are live.",
            icon=":material/hourglass_top:",
        )
        return
    active = progress(view.runs, now_ms()).active
    sentences = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        answer, sort = _choose(view, measured)
    with sentences:
        sections.show_sentences(answer, final=not active)
    sections.show_grid(answer, sort)
    sections.show_charts(answer, sort)
    sections.show_differences(answer, sort)
    sections.show_figures(answer, view.groups)


def _choose(view: StudyView, measured: list[Measured]) -> tuple[Answer, Sort]:
    """The answer as the reader asks for it: compared with whom, and of which question."""
    arms = arms_of(view.groups)
    labels = [arm.label for arm in arms if not arm.reference]
    baseline = None
    if len(labels) > 1:
        baseline = st.selectbox(
            "Baseline",
            labels,
            labels.index(usual_label(arms, measured)),
            key="baseline",
            bind="query-params",
            help="What the others are compared with.",
            width=260,
        )
    titles = list(dict.fromkeys(item.question.title for item in measured))
    question = ALL
    if len(titles) > 1:
        question = st.selectbox(
            "Question",
            [ALL, *titles],
            key="question",
            bind="query-params",
            help="Differences are corrected for as many as are shown.",
            width=260,
        )
    sort: Sort = SORTS[0]
    if len(labels) > 2:
        sort = st.selectbox("Order", SORTS, key="order", bind="query-params", width=160)
    asked = None if question == ALL else [question]
    return answer_of(view, measured, baseline=baseline, asked=asked), sort
