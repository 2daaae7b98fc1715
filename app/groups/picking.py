"""Which runs a page is about: chosen by the reader, kept in the URL.

`runs=1-9` exactly these runs, `digest=…,…` every run of these configurations; without either, the newest
comparison.
"""

from collections.abc import Sequence

import streamlit as st

from app.groups.grouping import Group, group_runs
from app.groups.links import Link, choose, data_labels, left_out, lines_about, read_link, runs_of
from app.state import write_runs
from app.wording.figures import show_age, show_count
from app.wording.names import data_label
from app.wording.text import plain
from storage.clock import now_ms
from storage.run import Run


def pick_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs that the URL or the widgets name, newest first; none when the reader took all away. runs: all,
    newest first."""
    link = read_link(st.query_params)
    for line in lines_about(link, runs):
        st.warning(plain(line), icon=":material/link_off:")
    chosen = choose(runs, link) or choose(runs, Link())
    emptied = "data" in st.query_params and link == Link()
    shown = [] if emptied else chosen
    if link.digests and not link.runs:
        # From here on the address names runs: else it would show more as soon as another seed is started.
        st.query_params.from_dict({"runs": write_runs(run.id for run in shown)})
    asked = st.query_params.get("data", "")
    _choose_groups(runs, shown, asked if asked in data_labels(runs) else data_label(chosen[0]))
    if not shown:
        st.info("Choose at least one group above.", icon=":material/arrow_upward:")
    return shown


def _choose_groups(runs: Sequence[Run], shown: Sequence[Run], data: str) -> None:
    """The widgets that choose what is compared; each change goes to the URL, from which the next drawing
    starts. Groups on other data than `data` are offered where the link shows them."""
    ids = {run.id for run in shown}
    available = group_runs([run for run in runs if data_label(run) == data or run.id in ids])
    st.session_state["compare_data"] = data
    st.session_state["compare_groups"] = [
        group.digest for group in available if any(run.digest == group.digest for run in shown)
    ]
    left, right = st.columns([1, 3])
    left.selectbox("Data", data_labels(runs), key="compare_data", on_change=_change_data, args=(runs,))
    labels = _labels(available, shown)
    right.multiselect(
        "Groups",
        list(labels),
        format_func=labels.__getitem__,
        key="compare_groups",
        on_change=_change_groups,
        args=(shown, runs),
        help="A group is one configuration; its runs differ only in the seed.",
        placeholder="Choose configurations to compare",
        wrap=True,
    )
    others = left_out(shown, runs)
    if others:
        verb = "is" if len(others) == 1 else "are"
        words = f"{show_count(len(others), 'more run')} of these configurations {verb} stored."
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"This link shows {show_count(len(shown), 'run')}; {words}", width="content")
            every = [*shown, *others]
            st.button("Include all", on_click=_show, args=(every,), type="tertiary", icon=":material/add:")


def _labels(available: Sequence[Group], shown: Sequence[Run]) -> dict[str, str]:
    """What the choice calls each group: with its comparison and data where these are not the same for all,
    and as many seeds as are shown or would be."""
    ids = {run.id for run in shown}
    named = len({_newest(group).study for group in available}) > 1
    several = len(data_labels([_newest(group) for group in available])) > 1
    labels = {}
    for group in available:
        words = [group.label]
        words += [_newest(group).study] if named else []
        words += [data_label(_newest(group))] if several else []
        seeds = {run.seed for run in group.runs if run.id in ids} or {run.seed for run in group.runs}
        age = show_age(max(run.created_at for run in group.runs), now_ms())
        labels[group.digest] = " · ".join([*words, show_count(len(seeds), "seed"), age])
    return labels


def _newest(group: Group) -> Run:
    return max(group.runs, key=lambda run: run.id)


def _change_groups(shown: Sequence[Run], stored: Sequence[Run]) -> None:
    _show(runs_of(st.session_state["compare_groups"], shown, stored))


def _change_data(runs: Sequence[Run]) -> None:
    of_data = [run for run in runs if data_label(run) == st.session_state["compare_data"]]
    _show(choose(of_data, Link()))


def _show(runs: Sequence[Run]) -> None:
    """Make the URL name exactly these runs."""
    ids = write_runs(run.id for run in runs)
    st.query_params.from_dict({"runs": ids} if ids else {"data": st.session_state["compare_data"]})
