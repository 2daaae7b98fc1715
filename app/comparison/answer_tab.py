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
from app.synergy.rows import combine, read_rows
from storage.clock import now_ms

ALL = "All questions"


def draw(view: StudyView) -> None:
    """The tab."""
    key = _key(view)
    measured = _measured(key, view)
    if not any(item.scores or item.bits for item in measured):
        st.info(
            "Results appear here when the first run has been probed; the curves are live.",
            icon=":material/hourglass_top:",
        )
        return
    active = progress(view.runs, now_ms()).active
    sentences = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline, asked, sort = _choose(view, measured)
    answer = _answer(key, baseline, asked, view, measured)
    with sentences:
        sections.show_sentences(answer, final=not active)
    sections.show_grid(answer, sort)
    sections.show_charts(answer, sort)
    sections.show_differences(answer, sort)
    sections.show_figures(answer, view.groups)


Key = tuple[str, int | None, tuple[int, ...], int]


def _key(view: StudyView) -> Key:
    """What is looked at: the state of the database, the study, the runs, and their figures; the view may have
    been read before the state changed."""
    figures = hash(tuple(tuple(view.results[name]) for name in ("run_id", "task", "metric", "value")))
    return queries.change_token(), None if view.study is None else view.study.id, tuple(view.ids), figures


@st.cache_resource(max_entries=4, show_spinner=False)
def _measured(key: Key, _view: StudyView) -> list[Measured]:
    combined = combine(_view.groups, read_rows(queries.last_decompositions(_view.ids)))
    return measured_questions(_view.by_data(), combined)


@st.cache_resource(max_entries=8, show_spinner=False)
def _answer(
    key: Key, baseline: str | None, asked: str | None, _view: StudyView, _measured: list[Measured]
) -> Answer:
    return answer_of(_view, _measured, baseline=baseline, asked=None if asked is None else [asked])


def _choose(view: StudyView, measured: list[Measured]) -> tuple[str | None, str | None, Sort]:
    """What the reader asks for: compared with whom, of which question (None: of all), in which order."""
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
            width=260 if max(map(len, labels)) <= sections.LONG_NAME else 460,
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
    return baseline, None if question == ALL else question, sort
