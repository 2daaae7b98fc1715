"""The head of the form: where the runs go, name and question, methods and seeds, and below the settings which
combinations are trained."""

import streamlit as st

from app import queries
from app.launch.draft import Draft
from app.state import number_parameter
from app.wording.names import method_label, show_seeds
from engine.presets.preset import LONGEST_NAME, MOST_RUNS, StudyPlan, method_names
from engine.presets.ranges import is_several

NEW = 0
"""The choice of a new study."""


def heading(start: StudyPlan, draft: Draft, key: str) -> Draft:
    """Name, question, methods and seeds as they are filled in; None where they are as the form starts."""
    into = _into()
    named = free_name(start.name)
    name, question = None, None
    if into == NEW:
        name = st.text_input(
            "Name",
            draft.name if draft.name is not None else named,
            key=f"{key}:name",
            max_chars=LONGEST_NAME,
            persist_state="session",
        )
        question = st.text_area(
            "Question",
            draft.question if draft.question is not None else start.question,
            key=f"{key}:question",
            max_chars=2000,
            height=68,
            placeholder="What is this study to answer?",
            persist_state="session",
        )
    left, right = st.columns([2, 1])
    methods = left.multiselect(
        "Methods",
        method_names(),
        list(draft.methods if draft.methods is not None else start.methods),
        format_func=method_label,
        key=f"{key}:methods",
        placeholder="Choose methods",
        persist_state="session",
    )
    usual = show_seeds(start.seeds)
    seeds = right.text_input(
        "Seeds",
        draft.seeds if draft.seeds is not None else usual,
        key=f"{key}:seeds",
        help="Every configuration is trained once with each: 0-2, 7. Three or more give an interval.",
        persist_state="session",
    )
    return Draft(
        name=None if name in (None, start.name) else name,
        question=None if question in (None, start.question) else question,
        methods=None if tuple(methods) == start.methods else tuple(methods),
        seeds=None if seeds == usual else seeds,
    )


def choose_draw(filled: Draft, start: StudyPlan, draft: Draft, key: str) -> Draft:
    """Whether all combinations are trained, or some that are drawn; asked where two settings vary."""
    several = [edit for edit in filled.edits.values() if isinstance(edit, str) and is_several(edit)]
    if len(several) < 2:
        return filled
    begun = draft.drawn if draft.drawn is not None else start.drawn
    left, middle, right = st.columns(3, vertical_alignment="bottom")
    way = left.segmented_control(
        "Combinations",
        ["All", "Drawn"],
        default="All" if begun is None else "Drawn",
        key=f"{key}:combinations",
        required=True,
        persist_state="session",
    )
    if way != "Drawn":
        return filled
    number = middle.number_input(
        "How many",
        1,
        MOST_RUNS,
        begun or 16,
        key=f"{key}:drawn",
        help="Of all combinations, by a Sobol sequence: every value comes about equally often. The same for "
        "all methods.",
        persist_state="session",
    )
    seed = right.number_input(
        "Seed of the draw",
        0,
        2**31 - 1,
        draft.draw_seed or start.draw_seed,
        key=f"{key}:draw_seed",
        persist_state="session",
    )
    return filled._replace(drawn=int(number), draw_seed=int(seed))


def chosen_study() -> int | None:
    """The number of the study that the runs come to; None: a new one."""
    return number_parameter("into") or None


def taken_line(name: str) -> list[str]:
    """The line about a name that another study has; none where it is free."""
    taken = any(study.name == name for study in queries.list_studies())
    return [f"name: there is a study '{name}' already; choose another name"] if taken else []


def free_name(name: str) -> str:
    """The name, or with a number behind it where a study is called so."""
    taken = {study.name for study in queries.list_studies()}
    if name not in taken:
        return name
    numbered = (f"{name[: LONGEST_NAME - 6]} {number}" for number in range(2, len(taken) + 3))
    return next(one for one in numbered if one not in taken)


def _into() -> int:
    """Where the runs go: a new study, or the one that the start is of."""
    home = None
    if "clone" in st.query_params:
        home = queries.get_run(number_parameter("clone") or 0).study_id
    elif "study" in st.query_params:
        home = number_parameter("study")
    named = number_parameter("into")
    options = list(dict.fromkeys(number for number in (named, home) if number))
    if not options:
        return NEW
    if "into" not in st.query_params and home:
        st.query_params["into"] = str(home)
        named = home
    names = {number: queries.get_study(number).name for number in options}
    st.session_state["launch_into"] = named or NEW
    st.selectbox(
        "The runs go to",
        [*options, NEW],
        format_func=lambda number: f"Study '{names[number]}'" if number else "A new study",
        key="launch_into",
        on_change=_change_into,
        help="Runs that the study has already, with the same settings and seed, are not started again.",
    )
    return named or NEW


def _change_into() -> None:
    st.query_params["into"] = str(st.session_state["launch_into"])
