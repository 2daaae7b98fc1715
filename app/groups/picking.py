"""Which runs a page is about: chosen by the reader, kept in the URL.

`runs=1-9` exactly these runs, `digest=…,…` every run of these configurations; without either, the newest
comparison.
"""

from collections.abc import Sequence

import streamlit as st

from app.groups.grouping import Group, choose, group_runs
from app.state import read_runs
from app.wording.figures import show_age, show_count
from app.wording.names import data_label, method_label
from engine.presets.preset import method_names
from storage.clock import now_ms
from storage.run import Run

NAMES = {name: method_label(name) for name in method_names()}


def pick_runs(runs: Sequence[Run]) -> list[Run]:
    """The runs that the URL or the widgets name, newest first; none when the reader took all away. runs: all,
    newest first."""
    wanted = read_runs(st.query_params.get("runs", ""))
    digests = [word for word in st.query_params.get("digest", "").split(",") if word]
    emptied = "data" in st.query_params and not digests
    chosen = choose(runs, wanted, digests)
    if not chosen:
        st.warning("None of the runs in this link exist any more; the newest comparison is shown instead.")
        chosen = choose(runs, [], [])
    chosen = _pick(runs, [] if emptied else chosen, st.query_params.get("data") or data_label(chosen[0]))
    if not chosen:
        st.info("Choose at least one group above.", icon=":material/arrow_upward:")
    return chosen


def _pick(runs: Sequence[Run], chosen: Sequence[Run], mine: str) -> list[Run]:
    """The widgets that choose what is compared; each change goes to the URL, from which the next drawing
    starts."""
    labels_of_data = list(dict.fromkeys(data_label(run) for run in runs))
    available = group_runs([run for run in runs if data_label(run) == mine], NAMES)
    digests = {run.digest for run in chosen}
    st.session_state["compare_data"] = mine
    st.session_state["compare_groups"] = [group.digest for group in available if group.digest in digests]
    left, right = st.columns([1, 3])
    left.selectbox("Data", labels_of_data, key="compare_data", on_change=_change_data, args=(runs,))
    several = len({_name(group) for group in available}) > 1
    labels = {group.digest: _group_words(group, several) for group in available}
    right.multiselect(
        "Groups",
        list(labels),
        format_func=labels.__getitem__,
        key="compare_groups",
        on_change=_change_groups,
        help="A group is one configuration; its runs differ only in the seed.",
        placeholder="Choose configurations to compare",
        wrap=True,
    )
    if not st.session_state["compare_groups"]:
        return []
    others = [run for run in runs if run.digest in digests and run.id not in {one.id for one in chosen}]
    if others:
        words = (
            f"{show_count(len(others), 'more run')} of these configurations "
            + ("is" if len(others) == 1 else "are")
            + " stored."
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"This link shows {show_count(len(chosen), 'run')}; {words}", width="content")
            st.button("Include all", on_click=_change_groups, type="tertiary", icon=":material/add:")
    return list(chosen)


def _group_words(group: Group, named: bool) -> str:
    newest = max(run.created_at for run in group.runs)
    words = [group.label, _name(group)] if named else [group.label]
    return " · ".join([*words, show_count(len(group.runs), "seed"), show_age(newest, now_ms())])


def _name(group: Group) -> str:
    return max(group.runs, key=lambda run: run.id).title.split(" · ")[0]


def _change_groups() -> None:
    digests = st.session_state["compare_groups"]
    st.query_params.from_dict(
        {"digest": ",".join(digests)} if digests else {"data": st.session_state["compare_data"]}
    )


def _change_data(runs: Sequence[Run]) -> None:
    of_data = [run for run in runs if data_label(run) == st.session_state["compare_data"]]
    st.query_params.from_dict(
        {"digest": ",".join(dict.fromkeys(run.digest for run in choose(of_data, [], [])))}
    )
