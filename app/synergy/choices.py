"""What of a study's decompositions is looked at: data set, tasks, encoders and order; each choice is in the
URL."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st

from app.studies.view import DataView, StudyView
from app.synergy.rows import Combined, by_mean

Question = tuple[str, str]
"""A task and the sides that are set against each other."""
FEW_GROUPS = 8
"""Up to so many groups all tasks and encoders are drawn; with more, one task and the trained encoders are."""
MOST_QUESTIONS = 4
"""Drawn where nobody chose: two charts each."""
ENCODERS = {"trained": "Trained", "untrained": "Untrained", "raw": "Raw inputs"}
ORDERS = {"mean": "Most synergy first", "name": "By method"}


class Choice(NamedTuple):
    """What is drawn. order: a key of `ORDERS`."""

    questions: tuple[Question, ...]
    encoders: tuple[str, ...]
    order: str

    def ordered(self, combined: Sequence[Combined]) -> list[Combined]:
        """Task by task the groups in the order chosen, each group's encoders together."""
        if self.order == "name":
            return list(combined)
        tasks = dict.fromkeys((member.task, member.sides) for member in combined)
        sorted_all: list[Combined] = []
        for question in tasks:
            mine = [member for member in combined if (member.task, member.sides) == question]
            ranks = {member.group.digest: place for place, member in enumerate(by_mean(mine))}
            sorted_all += sorted(
                mine, key=lambda member: (member.encoder == "raw", ranks.get(member.group.digest, len(ranks)))
            )
        return sorted_all


def choose_data(view: StudyView) -> DataView:
    """The part of the study on one data set; where there are several, the one that the reader chose."""
    parts = {part.name: part for part in view.by_data()}
    names = list(parts)
    if len(names) == 1:
        return parts[names[0]]
    chosen = st.selectbox("Data set", names, key="synergy_data", bind="query-params", width=280)
    return parts.get(str(chosen), parts[names[0]])


def choose(questions: Sequence[Question], combined: Sequence[Combined]) -> Choice:
    """The widgets. questions: all there are, the most telling first."""
    titles = {question_title(question, questions): question for question in questions}
    few = len({member.group.digest for member in combined}) <= FEW_GROUPS
    there = [name for name in ENCODERS if any(member.encoder == name for member in combined)]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        tasks = st.multiselect(
            "Tasks",
            list(titles),
            default=list(titles)[: MOST_QUESTIONS if few else 1],
            key="synergy_task",
            bind="query-params",
        )
        encoders = st.pills(
            "Encoders",
            there,
            selection_mode="multi",
            default=there if few else there[:1],
            format_func=ENCODERS.__getitem__,
            key="synergy_encoder",
            bind="query-params",
        )
        order = st.segmented_control(
            "Order",
            list(ORDERS),
            default="mean",
            format_func=ORDERS.__getitem__,
            key="synergy_order",
            bind="query-params",
            required=True,
        )
    chosen = tuple(titles[title] for title in tasks if title in titles) or tuple(questions[:1])
    return Choice(chosen, tuple(encoders) or tuple(there[:1]), order or "mean")


def question_title(question: Question, questions: Sequence[Question]) -> str:
    """The task, with its sides where it is set against several."""
    task, sides = question
    return f"{task} ({sides})" if len({other for _, other in questions}) > 1 else task
