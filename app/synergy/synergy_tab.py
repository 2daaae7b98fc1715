"""The Synergy tab of a study: what each method's representation tells of every task, redundant, unique and
synergistic, in bits."""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.groups.grouping import Group, competitors, usual_baseline
from app.state import write_runs
from app.studies.view import StudyView
from app.synergy import sections
from app.synergy.choices import choose, choose_data, question_title
from app.synergy.rows import combine, decide_bits, holding, read_rows
from app.wording.text import plain


def draw(view: StudyView) -> None:
    """The tab: one data set at a time, over training first, then the end, then every figure."""
    rows = read_rows(queries.decompositions(view.ids))
    if not rows:
        _nothing(view.groups)
        return
    part = choose_data(view)
    groups, results = part.groups, part.results
    ids = {run.id for group in groups for run in group.runs}
    rows = [row for row in rows if row.run_id in ids]
    if not rows:
        st.info("No run on this data set has been decomposed.", icon=":material/info:")
        return
    facts = dict(zip(results["task"], results["facts"], strict=True))
    combined = combine(groups, rows)
    baseline = usual_baseline(groups, {one.group.digest for one in combined}).label
    measures = {task: str(found.get("measures", "label")) for task, found in facts.items()}
    competing = {group.digest for group in competitors(groups)}
    compared = [member for member in holding(combined, measures) if member.group.digest in competing]
    decided = decide_bits(compared, baseline)
    order = {"synergy": 0, "redundancy": 1, "uniqueness": 2, "label": 3}
    questions = list(dict.fromkeys((member.task, member.sides) for member in combined))
    questions.sort(key=lambda question: order.get(measures.get(question[0], "label"), 3))
    choice = choose(questions, combined)
    shown = [member for member in combined if member.encoder in choice.encoders]
    sections.show_training(groups, rows, combined, choice.questions)
    for question in choice.questions:
        mine = choice.ordered([member for member in shown if (member.task, member.sides) == question])
        if mine:
            sections.show_question(
                question_title(question, questions), mine, facts.get(question[0], {}), decided, baseline
            )
    sections.show_table(groups, choice.ordered(shown), results, decided, baseline)
    sections.show_controls(combined)
    undone = [run.id for group in groups for run in group.runs if run.id not in {row.run_id for row in rows}]
    if undone:
        st.caption(f"Not decomposed: {plain(_named(undone))}; `infmasking decompose RUN` does it.")


def _nothing(groups: Sequence[Group]) -> None:
    runs = [run for group in groups for run in group.runs]
    if any(run.status in ("queued", "running", "starting") for run in runs):
        st.info(
            "Bits appear here when the first run has ended and was decomposed.",
            icon=":material/hourglass_top:",
        )
        return
    st.info(
        "These runs have not been decomposed. On the command line `infmasking decompose RUN` does it for a "
        "run that has ended, "
        "from its checkpoint; new runs are decomposed at their end unless their settings say otherwise.",
        icon=":material/info:",
    )
    st.code("\n".join(f"infmasking decompose {run.id}" for run in runs[:12]), language="bash")


def _named(ids: list[int]) -> str:
    return f"run{'s' if len(ids) > 1 else ''} {write_runs(ids)}"
