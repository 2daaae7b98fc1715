"""One run, `?run=ID`: how it stands, live; what it found; its curves, settings, log and files; and what can
be done with it."""

import streamlit as st

from app import queries
from app.bundles.section import draw_export
from app.live import watch
from app.runs import sections
from app.runs.actions import show_actions, show_labels, show_trashed
from app.runs.facts import STATES, UNSETTLED, seconds_left, share_done, took, where_it_stands
from app.state import number_parameter, page
from app.training.joining import joining_lines
from app.wording.figures import show_age
from app.wording.names import data_label, experiment_label, run_name
from app.wording.text import plain
from engine.recorder import SPEED
from engine.settings.experiment import parse
from storage.clock import now_ms
from storage.run import ALIVE, LiveState, NoSuchRun, Run, live_state

RECENT_POINTS = 10
"""Points of the speed that the time left is told from; one alone jumps about."""


def render() -> None:
    """The page."""
    run_id = number_parameter("run")
    try:
        run = queries.get_run(run_id if run_id is not None else -1)
    except NoSuchRun:
        _show_missing(run_id)
        return
    state = live_state(run, now_ms())
    _header(run, state)
    watch([run.id])
    _show_now(run, state)
    with st.expander("Tags and note", icon=":material/label:", expanded=bool(run.tags or run.note)):
        show_labels(run)
    sections.show_details(run)


def _show_missing(run_id: int | None) -> None:
    st.title("Run")
    if run_id is None:
        st.info("No run is named in this address; choose one from the list.", icon=":material/info:")
    else:
        st.error(f"There is no run {run_id:d}; it may have been deleted.", icon=":material/error:")
    st.page_link(page("overview"), label="All runs", icon=":material/arrow_back:")


def _header(run: Run, state: LiveState) -> None:
    st.page_link(page("overview"), label="All runs", icon=":material/arrow_back:")
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    with left, st.container(horizontal=True, vertical_alignment="center"):
        st.title(plain(run_name(run)), width="content", anchor=False)
        style = STATES[state]
        st.badge(plain(state), icon=style.icon, color=style.colour, help=plain(f"The run {style.meaning}."))
    with right:
        if run.trashed_at is None:
            show_actions(run, state)
            with st.container(horizontal=True, horizontal_alignment="right"):
                draw_export([run.id])
    if run.trashed_at is not None:
        show_trashed(run)
    now = now_ms()
    parts = [experiment_label(run), data_label(run), f"created {show_age(run.created_at, now)}"]
    if run.started_at is not None and state not in ALIVE:
        parts.append(f"took {took(run, now)}")
    if run.host:
        parts.append(f"on {run.host}")
    st.caption(plain(" · ".join(parts)))


def _show_now(run: Run, state: LiveState) -> None:
    """How it stands and what it found so far."""
    _progress(run, state)
    if state in UNSETTLED and run.settings.get("training", {}).get("machines", 1) > 1:
        _show_other_machines(run)
    if run.error:
        st.error(plain(run.error), icon=":material/error:")
    sections.show_tiles(run)
    sections.show_results(run)
    sections.show_curves(run)


def _show_other_machines(run: Run) -> None:
    """What the other machines have to do, for this run waits for them."""
    settings = parse(run.settings)
    st.info(
        f"This run is of {settings.training.machines:d} machines and waits for the others. `infmasking join "
        f"{run.id:d}` writes its "
        "settings to run.json; copy that file to them and type there, with the same code and data:",
        icon=":material/lan:",
    )
    st.code("\n".join(joining_lines(settings, "run.json")), language="bash")


def _progress(run: Run, state: LiveState) -> None:
    if state == "finished":
        return
    recent = queries.curves([run.id], [SPEED])["value"].tail(RECENT_POINTS).mean()
    left = seconds_left(run, state, recent if isinstance(recent, float) else None)
    st.progress(share_done(run, state), text=plain(where_it_stands(run, state, left)))
