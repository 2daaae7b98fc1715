"""Which runs a page is about: chosen by the reader, kept in the URL.

`study=ID` a study, `runs=1-9` exactly these runs, `digest=…,…` every run of these configurations; without
any, the newest study. From the first drawing on the URL names runs, so that a link never shows more or fewer
in silence.
"""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.groups.grouping import Group, group_runs
from app.groups.links import Link, choose, left_out, lines_about, read_link, runs_of
from app.groups.naming import axes_with, read_axes
from app.state import number_parameter, write_runs
from app.wording.figures import show_count
from app.wording.text import plain
from storage.run import Run
from storage.studies import Study

NOBODY = "0"
"""What stands in the URL for no run at all; no run has that number."""


def picked_study() -> Study | None:
    """The study that the URL names; of a link that names nothing the newest one, which it then names."""
    number = number_parameter("study")
    if number is None and read_link(st.query_params) == Link():
        number = next((study.id for study in queries.list_studies() if queries.members().get(study.id)), None)
        if number is not None:
            st.query_params["study"] = str(number)
    return None if number is None else queries.get_study(number)


def pick_runs(stored: Sequence[Run], study: Study | None) -> list[Run]:
    """The runs that the URL or the widgets name, newest first; none when the reader took all away. stored:
    all, newest first."""
    if st.query_params.get("runs") == NOBODY:
        return []
    link = read_link(st.query_params)
    for line in lines_about(link, stored):
        st.warning(plain(line), icon=":material/link_off:")
    named = choose(stored, link) if link != Link() else []
    shown = named or _scope(stored, Link(), study)
    if not link.runs:
        _show(shown)
    return shown


def choose_groups(stored: Sequence[Run], shown: Sequence[Run], study: Study | None) -> None:
    """The widgets that choose what is looked at, and the line that tells what is left out. Each change goes
    to the URL, from which the next drawing starts."""
    scope = _scope(stored, read_link(st.query_params), study)
    axes = axes_with(read_axes(study.axes if study else ()), (), scope)
    there, digests = {run.id for run in scope}, {run.digest for run in shown}
    available = group_runs([*scope, *(run for run in shown if run.id not in there)], axes)
    labels = _labels(available, shown)
    looked_at = [group for group in available if group.digest in digests]
    st.session_state["shown_groups"] = [group.digest for group in looked_at]
    names, seen = dict.fromkeys(group.data for group in available), {group.data for group in looked_at}
    st.session_state["shown_data"] = [name for name in names if name in seen]
    with st.popover("Choose runs", icon=":material/filter_list:"):
        st.multiselect(
            "Data sets",
            list(dict.fromkeys(group.data for group in available)),
            key="shown_data",
            on_change=_change_data,
            args=(available, shown, stored),
        )
        st.multiselect(
            "Configurations",
            list(labels),
            format_func=labels.__getitem__,
            key="shown_groups",
            on_change=_change_groups,
            args=(shown, scope),
            help="A configuration's runs differ only in the seed.",
            wrap=True,
        )
    ids = {run.id for run in shown}
    others = left_out(shown, scope) if study is None else [run for run in scope if run.id not in ids]
    if others:
        of = "in this study" if study else "of these configurations"
        words = f"{show_count(len(others), 'more run')} {of} not shown."
        st.caption(words, width="content")
        st.button(
            "Include all",
            on_click=_show,
            args=([*shown, *others],),
            type="tertiary",
            icon=":material/add:",
        )


def _scope(stored: Sequence[Run], link: Link, study: Study | None) -> list[Run]:
    """What may be chosen from: the study's runs, else all of the studies that the link's runs were started
    in."""
    if study is not None:
        ids = set(queries.members().get(study.id, []))
    else:
        homes = {run.study_id for run in choose(stored, link)}
        ids = {run.id for run in stored if run.study_id in homes}
    return [run for run in stored if run.id in ids]


def _labels(available: Sequence[Group], shown: Sequence[Run]) -> dict[str, str]:
    """What the choice calls each group: with its data where there are several, and as many seeds as are shown
    or would be."""
    ids = {run.id for run in shown}
    several = len({group.data for group in available}) > 1
    labels = {}
    for group in available:
        seeds = {run.seed for run in group.runs if run.id in ids} or {run.seed for run in group.runs}
        words = [group.label, *([group.data] if several else []), show_count(len(seeds), "seed")]
        labels[group.digest] = " · ".join(words)
    return labels


def _change_groups(shown: Sequence[Run], scope: Sequence[Run]) -> None:
    _show(runs_of(st.session_state["shown_groups"], shown, scope))


def _change_data(available: Sequence[Group], shown: Sequence[Run], scope: Sequence[Run]) -> None:
    wanted = [group.digest for group in available if group.data in st.session_state["shown_data"]]
    _show(runs_of(wanted, shown, scope))


def show_also(shown: Sequence[int], new: Sequence[int]) -> None:
    """Make the URL name these runs beside those that are shown."""
    st.query_params.pop("digest", None)
    st.query_params["runs"] = write_runs([*shown, *new]) or NOBODY


def _show(runs: Sequence[Run]) -> None:
    """Make the URL name exactly these runs."""
    st.query_params.pop("digest", None)
    st.query_params["runs"] = write_runs(run.id for run in runs) or NOBODY
