"""The machine: what it has, what is at work on it, and whether somebody is there to start what waits."""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.runs.facts import UNSETTLED
from app.training.devices import cores, gpus
from app.training.launching import ensure_supervisor
from app.wording.figures import show_count
from app.wording.text import plain
from storage.run import Run, live_state


def draw_machine(runs: Sequence[Run], now: int) -> None:
    """One line, and a warning with a button where runs wait and nobody starts them."""
    states = [live_state(run, now) for run in runs]
    waiting = states.count("queued")
    working = sum(state in UNSETTLED for state in states) - waiting
    supervisor = queries.supervisor()
    found = [gpu.name for gpu in gpus()]
    device = ", ".join(f"{found.count(name)} × {name}" for name in dict.fromkeys(found)) or "no GPU"
    parts = [device, show_count(cores(), "CPU core"), f"{working} at work", f"{waiting} waiting"]
    startable = len(queries.startable_jobs())
    if supervisor is None and startable:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning(
                f"{show_count(startable, 'run')} waiting, but no supervisor is there to start what waits.",
                width="stretch",
            )
            st.button("Start it", on_click=lambda: ensure_supervisor(queries.database()))
    parts.append("the supervisor starts with the next run" if supervisor is None else "supervisor is running")
    st.caption(plain(" · ".join(parts)))
