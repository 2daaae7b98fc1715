"""What the Settings tab is asked to show: questions, settings, data and methods, all of it in the URL."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from app.groups.grouping import Group
from app.studies.view import StudyView
from app.sweep.axes import Setting, swept_settings
from app.sweep.questions import Question
from app.wording.names import in_order, method_label
from app.wording.text import plain

VIEWS = {
    "lines": "Against one setting",
    "heat": "Over two settings",
    "parallel": "All settings",
    "importance": "Importance",
}
ALL_DATA = "all data sets"
MOST_QUESTIONS = 6


class Choice(NamedTuple):
    """view: which of `VIEWS`; groups: those asked for; settings: in which these differ."""

    view: str
    questions: tuple[Question, ...]
    groups: tuple[Group, ...]
    settings: tuple[Setting, ...]

    def setting(self, path: str | None) -> Setting | None:
        """The swept setting of that path."""
        return next((setting for setting in self.settings if setting.path == path), None)


def choose(view: StudyView, asked: Sequence[Question]) -> Choice:
    """The controls on top. asked: all questions that there are."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind: Any = st.segmented_control(
            "View",
            list(VIEWS),
            default="lines",
            key="sweep",
            bind="query-params",
            required=True,
            format_func=VIEWS.__getitem__,
        )
        groups = _of_methods(_of_data(view))
    settings = swept_settings(groups, view.axes)
    by_name = {question.name: question for question in asked}
    chosen = st.multiselect(
        "Quantities",
        list(by_name),
        list(by_name)[:1],
        key="sweep_of",
        bind="query-params",
        format_func=lambda name: by_name[name].label,
        max_selections=MOST_QUESTIONS,
        placeholder="Choose what is drawn",
    )
    return Choice(kind, tuple(by_name[name] for name in chosen), tuple(groups), tuple(settings))


def _of_data(view: StudyView) -> list[Group]:
    """The groups on the data set that the reader chose; on all together where settings of the data are
    swept."""
    names = list(dict.fromkeys(group.data for group in view.groups))
    if len(names) < 2:
        return list(view.groups)
    swept = any(axis.of_data for axis in view.axes)
    options = [ALL_DATA, *names] if swept else names
    name = st.selectbox("Data set", options, key="sweep_data", bind="query-params", width=240)
    return [group for group in view.groups if name in (group.data, ALL_DATA)]


def _of_methods(groups: Sequence[Group]) -> list[Group]:
    methods = in_order(group.method for group in groups)
    if len(methods) < 2:
        return list(groups)
    chosen = st.multiselect(
        "Methods",
        methods,
        key="sweep_method",
        bind="query-params",
        format_func=method_label,
        placeholder="All",
        width=280,
    )
    return [group for group in groups if group.method in chosen or not chosen]


def choose_setting(label: str, key: str, settings: Sequence[Setting]) -> Setting:
    """One of the swept settings; where nobody chose, the one with most values, numbers before names."""
    by_path = {setting.path: setting for setting in settings}
    most = max(settings, key=lambda setting: (setting.is_number, len(setting.distinct())))
    path = st.selectbox(
        plain(label),
        list(by_path),
        list(by_path).index(most.path),
        key=key,
        bind="query-params",
        format_func=lambda path: by_path[path].words,
        width=260,
    )
    return by_path[path]
