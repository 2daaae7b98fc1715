"""The Settings tab of a study: what was measured against what was set."""

import streamlit as st

from app import queries
from app.studies.view import StudyView
from app.sweep.controls import Choice, choose
from app.sweep.differing import show_differing
from app.sweep.parallel import show_parallel
from app.sweep.questions import Question, questions
from app.sweep.sections import show_heat, show_importance, show_lines
from app.synergy.rows import read_rows

NOTHING_SWEPT = (
    "No setting of a method has two values here, so there is nothing to draw a result against. A list in a "
    "field of a new study (`0.3, 0.5, 0.7`) makes a sweep."
)


def draw(view: StudyView) -> None:
    """The tab."""
    asked = questions(view.by_data(), read_rows(queries.decompositions(view.ids)))
    if not asked:
        st.info("Results appear here when the first run has been probed.", icon=":material/hourglass_top:")
    else:
        choice = choose(view, asked)
        if not choice.settings:
            st.info(NOTHING_SWEPT, icon=":material/tune:")
        elif not choice.questions:
            st.caption("Choose a quantity above.")
        else:
            _draw_view(view, choice)
    show_differing(view.groups, view.labels)


def _draw_view(view: StudyView, choice: Choice) -> None:
    if choice.view == "lines":
        show_lines(choice)
    elif choice.view == "heat":
        show_heat(choice)
    elif choice.view == "parallel":
        show_parallel(view, choice, _only(choice))
    else:
        show_importance(choice, _only(choice))


def _only(choice: Choice) -> Question:
    """The first quantity, for views that show one; that others are chosen too is said."""
    if len(choice.questions) > 1:
        st.caption("This view shows one quantity: the first that is chosen.")
    return choice.questions[0]
