"""Overview: every run with its live state, and the way to all else. An empty studio says what it is for."""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.live import watch
from app.queue import section as queue
from app.runs.facts import STATES, UNSETTLED
from app.runs.list_view import show_runs
from app.runs.table import Filters, filtered
from app.state import open_page, page, write_runs
from app.studies.starting import start_plan
from app.training.devices import cores, gpus
from app.training.launching import ensure_supervisor
from app.wording.figures import show_count
from app.wording.names import data_label, in_order, method_label
from app.wording.text import plain
from engine.presets.expansion import expand
from engine.presets.preset import load_preset, preset_names
from storage.clock import now_ms
from storage.run import Run, live_state


def render() -> None:
    """The page."""
    runs = queries.list_runs()
    watch()
    if not runs:
        _welcome()
        return
    st.title("Runs")
    shown = _filters(runs)
    st.fragment(_body)(shown)
    st.fragment(queue.draw)()


def _body(filters: Filters) -> None:
    """Everything below the filters; a selection draws this again and not the whole page."""
    runs, now = queries.list_runs(), now_ms()
    _machine_line(runs, now)
    show_runs(filtered(runs, filters, now), now)


def _filters(runs: Sequence[Run]) -> Filters:
    """The widgets that narrow the list; each is bound to the URL, so that a view is a link."""
    tags = sorted({tag for run in runs for tag in run.tags})
    left, *others = st.columns([2, 1.4, 1.4, 1.2, 1.2] if tags else [2, 1.4, 1.4, 1.2])
    words = left.text_input(
        "Find",
        key="find",
        bind="query-params",
        placeholder="Title, note or tag",
        icon=":material/search:",
        live=True,
    )
    states = others[0].multiselect("State", list(STATES), key="state", bind="query-params", placeholder="Any")
    methods = others[1].multiselect(
        "Method",
        in_order(run.method for run in runs),
        key="method",
        bind="query-params",
        format_func=method_label,
        placeholder="Any",
    )
    data = others[2].multiselect(
        "Data", sorted({data_label(run) for run in runs}), key="data", bind="query-params", placeholder="Any"
    )
    chosen = (
        others[3].multiselect("Tag", tags, key="tag", bind="query-params", placeholder="Any") if tags else []
    )
    return Filters(words or "", states, methods, data, chosen)


def _machine_line(runs: Sequence[Run], now: int) -> None:
    """What this machine has, what is at work on it, and whether somebody is there to start what waits."""
    states = [live_state(run, now) for run in runs]
    waiting = states.count("queued")
    working = sum(state in UNSETTLED for state in states) - waiting
    supervisor = queries.supervisor()
    found = [gpu.name for gpu in gpus()]
    device = ", ".join(f"{found.count(name)} × {name}" for name in dict.fromkeys(found)) or "no GPU"
    parts = [device, show_count(cores(), "CPU core"), f"{working} at work", f"{waiting} waiting"]
    if supervisor is None and waiting:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"{show_count(waiting, 'run')} waiting, but no supervisor is there to start what waits.",
                width="stretch",
            )
            st.button("Start it", on_click=lambda: ensure_supervisor(queries.database()))
    parts.append("the supervisor starts with the next run" if supervisor is None else "supervisor is running")
    st.caption(plain(" · ".join(parts)))


def _welcome() -> None:
    """An empty studio: what it is for, and the one thing to do first."""
    preset = load_preset(preset_names()[0])
    names = [plain(method_label(name)) for name in preset.methods]
    count = len(preset.methods) * len(preset.seeds)
    _, middle, _ = st.columns([1, 3, 1])
    with middle:
        st.space("large")
        st.title("How much synergy did a method capture?")
        st.markdown(
            "Some information is in neither of two modalities alone, only in both together. InfMasking "
            "Studio trains multimodal contrastive methods side by side on the same data, probes what they "
            "learned, and shows how much of the **redundant**, **unique** and **synergistic** information "
            "each of them kept: over several seeds, with intervals, beside chance and beside what was "
            "published."
        )
        st.space("small")
        steps = (
            (
                ":material/play_circle:",
                "Run",
                "Choose data, methods and seeds. Runs go on when the browser is closed.",
            ),
            (
                ":material/compare_arrows:",
                "Compare",
                "Accuracy per method with intervals, and what is not decided yet.",
            ),
            (
                ":material/deployed_code:",
                "Export",
                "Every checkpoint as safetensors, every figure as a table.",
            ),
        )
        for column, (icon, head, text) in zip(st.columns(3), steps, strict=True):
            with column.container(border=True, height="stretch"):
                st.markdown(f"{icon} **{head}**\n\n{text}")
        st.space("small")
        if st.button("Run the quick comparison", type="primary", icon=":material/play_arrow:"):
            _start_quick_comparison()
        st.caption(
            f"{', '.join(names[:-1])} and {names[-1]}, {show_count(len(preset.seeds), 'seed')} each: "
            f"{count:d} short runs on "
            "synthetic data whose information is known exactly. About three minutes on two CPU cores; no "
            "download."
        )
        st.page_link(page("launch"), label="Or set up your own comparison", icon=":material/tune:")


def _start_quick_comparison() -> None:
    plan = load_preset(preset_names()[0])
    found = start_plan(queries.database(), plan, expand(plan))
    open_page("study", study=found.study, runs=write_runs([*found.there, *found.started]))
