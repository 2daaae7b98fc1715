"""The queue on the overview: what waits, in order, with its actions; the devices, and what is paused."""

import streamlit as st

from app import queries
from app.live import dialog
from app.queue.list_section import SAID, draw_list
from app.queue.notices import draw_notices
from app.queue.pausing import pause_scopes, resume_scope
from app.queue.view import QueueView, queue_view, summary
from app.training.fleet import this_machine
from app.training.processes import host_name
from app.training.scheduling import Machine
from app.wording.figures import show_count, show_duration
from app.wording.names import run_name
from app.wording.text import plain
from storage.clock import now_ms
from storage.pauses import ALL, device_scope, study_scope
from storage.queue import empty_queue


def draw() -> None:
    """The section; one line where nothing waits, works or is paused."""
    machine = this_machine()
    view = queue_view(
        queries.queued_jobs(),
        queries.active_jobs(),
        queries.list_runs(),
        queries.pauses(),
        machine,
        host_name(),
        now_ms(),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader("Queue", width="stretch", anchor=False)
        _whole_queue(view)
    st.caption(plain(summary(view)))
    said = st.session_state.pop(SAID, "")
    if said:
        st.warning(plain(said), icon=":material/info:")
    _devices(view, machine)
    if view.waiting:
        draw_list(view)


def _whole_queue(view: QueueView) -> None:
    """Pause and go on, and empty."""
    if ALL in view.pauses:
        st.button(
            "Go on",
            key="queue_go_on",
            icon=":material/play_arrow:",
            type="primary",
            on_click=resume_scope,
            args=(ALL,),
        )
    else:
        st.button(
            "Pause",
            key="queue_pause",
            icon=":material/pause:",
            on_click=pause_scopes,
            args=(ALL,),
            help="Starts nothing more; what works goes on.",
        )
    draw_notices()
    if st.button("Empty", key="queue_empty", icon=":material/clear_all:", disabled=not view.waiting):
        dialog(plain("Empty the queue?"), icon=":material/clear_all:")(_ask_to_empty)(len(view.waiting))


def _ask_to_empty(count: int) -> None:
    st.markdown(f"{show_count(count, 'run')} will no longer wait. They stay, and can be resumed.")
    if st.button("Empty the queue", type="primary", icon=":material/clear_all:", on_click=_empty):
        st.rerun()


def _empty() -> None:
    empty_queue(queries.database())


def _devices(view: QueueView, machine: Machine) -> None:
    """One line a device: what works on it and until when, and its pause."""
    names = [*(f"cuda:{number}" for number in sorted(machine.gpus)), "cpu"]
    paused = {scope.removeprefix("device:") for scope in view.pauses if scope.startswith("device:")}
    for name in dict.fromkeys([*names, *sorted(paused)]):
        running = [one for one in view.at_work if _is_on(name, one.device)]
        told = "; ".join(
            f"{run_name(one.run)}, "
            + ("time left not known yet" if one.left is None else f"about {show_duration(one.left)} left")
            for one in running
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            state = " · paused" if name in paused else ""
            st.caption(plain(f"{name}{state} · {told or 'nothing at work'}"), width="stretch")
            _pause_button(device_scope(name), name in paused, f"device {name}")
    studies = {study_scope(study.id): study.name for study in queries.list_studies()}
    for scope in sorted(view.pauses & studies.keys()):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(plain(f"Study {studies[scope]} · paused"), width="stretch")
            _pause_button(scope, True, f"study {studies[scope]}")


def _is_on(name: str, device: str) -> bool:
    """Whether a place such as "cuda:0,1" or "cpu:4" is on a device."""
    kind, _, numbers = device.partition(":")
    return kind == name or (kind == "cuda" and name.removeprefix("cuda:") in numbers.split(","))


def _pause_button(scope: str, is_paused: bool, what: str) -> None:
    label, icon = ("Go on", ":material/play_arrow:") if is_paused else ("Pause", ":material/pause:")
    st.button(
        label,
        key=f"queue_{scope}",
        icon=icon,
        type="tertiary",
        on_click=resume_scope if is_paused else pause_scopes,
        args=(scope,),
        help=plain(f"{label}: {what}"),
    )
