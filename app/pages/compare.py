"""Compare: which method captured how much, with seeds, intervals, chance and what the paper reports.

The URL is the truth about what is shown: `runs=1-9` exactly these runs, `digest=…,…` every run of these configurations.
"""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.charts.style import method_label
from app.comparison import details, sections
from app.comparison.groups import Group, choose, group_runs, panels_of, scores
from app.comparison.progress import Progress, progress
from app.runs.facts import data_label
from app.state import page, read_runs
from app.wording import show_age, show_count
from engine.settings.preset import method_names
from storage.clock import now_ms
from storage.run import Run

REFRESH_SECONDS = 2.0
NAMES = {name: method_label(name) for name in method_names()}


def render() -> None:
    """The page."""
    st.title("Compare")
    runs = queries.list_runs()
    if not runs:
        st.info("There is nothing to compare yet: a comparison is made of runs.", icon=":material/info:")
        st.page_link(page("launch"), label="Start a comparison", icon=":material/add_circle:")
        return
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
        return
    ids = [run.id for run in chosen]
    active = progress(chosen, now_ms()).active
    st.fragment(_body, run_every=REFRESH_SECONDS if active else None)(ids, active)


def _pick(runs: Sequence[Run], chosen: Sequence[Run], mine: str) -> list[Run]:
    """The widgets that choose what is compared; each change goes to the URL, from which the next drawing starts."""
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
            f"{show_count(len(others), 'more run')} of these configurations " + ("is" if len(others) == 1 else "are") + " stored."
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
    st.query_params.from_dict({"digest": ",".join(digests)} if digests else {"data": st.session_state["compare_data"]})


def _change_data(runs: Sequence[Run]) -> None:
    of_data = [run for run in runs if data_label(run) == st.session_state["compare_data"]]
    st.query_params.from_dict({"digest": ",".join(dict.fromkeys(run.digest for run in choose(of_data, [], [])))})


def _body(ids: Sequence[int], was_active: bool) -> None:
    """Everything below the choice; drawn again every few seconds while something runs."""
    runs = queries.list_runs(ids)
    if not runs:
        st.info("These runs have been deleted.")
        return
    state: Progress = progress(runs, now_ms())
    if was_active and not state.active:
        st.rerun()
    groups = group_runs(runs, NAMES)
    results = queries.results([run.id for group in groups for run in group.runs])
    panels = panels_of(results)
    frame = scores(groups, panels, results)
    sections.show_progress(runs, state)
    if frame.is_empty():
        st.info(
            "Results appear here when the first run has been probed; the curves below are live.", icon=":material/hourglass_top:"
        )
    else:
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        with right:
            baseline = _baseline(groups)
        with left:
            sections.show_verdict(groups, panels, frame, baseline, final=not state.active)
        sections.show_scores(groups, panels, frame)
        sections.show_differences(groups, panels, frame, baseline)
        sections.show_table(groups, panels, frame)
    details.show_curves(groups)
    details.show_settings(groups)


def _baseline(groups: Sequence[Group]) -> Group:
    """The group that the others are compared with: CoMM unless the reader chooses another."""
    labels = [group.label for group in groups]
    if len(groups) == 1:
        return groups[0]
    usual = next((position for position, group in enumerate(groups) if group.method == "comm"), len(groups) - 1)
    chosen = st.selectbox("Baseline", labels, usual, key="compare_baseline", help="What the others are compared with.")
    return groups[labels.index(chosen)]
