"""The answer of every study in one line, from columns alone, kept until a figure in it or a run of it
changes."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from app.comparison.answer import answer
from app.comparison.sentences import sentences, short_answer
from app.overview.summaries import StudyRow, results_of
from app.studies.view import view_of

NONE_YET = "No result yet."


def answers(rows: Sequence[StudyRow], results: Mapping[str, Sequence[Any]]) -> list[str]:
    """One line a study. results: final figures of at least their runs, as storage gives them."""
    places = results_of(results)
    return [_answer(row, places, results) for row in rows]


def _answer(row: StudyRow, places: Mapping[int, list[int]], results: Mapping[str, Sequence[Any]]) -> str:
    mine = [place for run in row.runs for place in places.get(run.id, ())]
    if not mine:
        return NONE_YET
    known = ("run_id", "task", "metric", "value")
    figures = tuple(zip(*([results[name][place] for place in mine] for name in known), strict=True))
    members = tuple((run.id, run.digest, run.status) for run in row.runs)
    own = {name: [values[place] for place in mine] for name, values in results.items()}
    return _line(row.study.id, repr(row.study.axes), members, figures, row, own)


@st.cache_resource(max_entries=1024, show_spinner=False)
def _line(
    study: int,
    axes: str,
    members: tuple[Any, ...],
    figures: tuple[Any, ...],
    _row: StudyRow,
    _results: Mapping[str, Sequence[Any]],
) -> str:
    """The line of these runs with these figures; what it is kept by comes first."""
    return short_answer(sentences(answer(view_of(_row.study, _row.runs, _results)))) or NONE_YET
