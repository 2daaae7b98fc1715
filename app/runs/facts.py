"""What pages say of a run: its state in words and colour, how far it is, how long it still takes. Pure
functions."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from app.wording.figures import show_duration
from storage.run import ALIVE, LiveState, Run

Colour = Literal["red", "orange", "blue", "green", "violet", "gray"]


class StateStyle(NamedTuple):
    """How a state is shown: the theme's colour by name, its value for table cells, an icon, and what it
    means."""

    colour: Colour
    cell: str
    icon: str
    meaning: str


STATES: Mapping[LiveState, StateStyle] = {
    "queued": StateStyle("gray", "#93A3A766", ":material/schedule:", "waits for a device"),
    "starting": StateStyle("blue", "#2E8FA666", ":material/rocket_launch:", "its process is being started"),
    "running": StateStyle("blue", "#2E8FA680", ":material/play_circle:", "is at work"),
    "stopping": StateStyle(
        "violet", "#8F7BD666", ":material/stop_circle:", "was asked to stop and saves its state"
    ),
    "stale": StateStyle(
        "orange", "#E08A2E80", ":material/hourglass_bottom:", "has given no sign of life for 20 s"
    ),
    "lost": StateStyle("red", "#B0487A59", ":material/link_off:", "its process is gone; it can be resumed"),
    "finished": StateStyle("green", "#3FA46C66", ":material/check_circle:", "is trained and probed"),
    "stopped": StateStyle("violet", "#8F7BD64D", ":material/pause_circle:", "was stopped; it can be resumed"),
    "failed": StateStyle("red", "#D6453A59", ":material/error:", "ended with an error"),
}
"""Every state in the order of a run's life."""

UNSETTLED: frozenset[LiveState] = ALIVE | {"queued"}
"""States that change without anybody's doing: what shows them has to look again."""
RESUMABLE: frozenset[LiveState] = frozenset({"lost", "stopped", "failed"})


def share_done(run: Run, state: LiveState) -> float:
    """Share of the training steps that are done, 0 to 1."""
    if state == "finished":
        return 1.0
    return min(run.step / run.steps, 1.0) if run.steps else 0.0


def seconds_left(run: Run, state: LiveState, samples_per_second: float | None) -> float | None:
    """Seconds of training left at the speed last seen; None where there is none to tell."""
    batch = run.settings.get("training", {}).get("batch_size")
    if (
        state not in ("running", "stale")
        or run.phase != "training"
        or not run.steps
        or not samples_per_second
        or not batch
    ):
        return None
    return max(run.steps - run.step, 0) * float(batch) / samples_per_second


def took(run: Run, now: int) -> str:
    """How long the latest attempt has worked, or "" before it began. `now` in UTC milliseconds."""
    if run.started_at is None:
        return ""
    return show_duration(((run.ended_at or now) - run.started_at) / 1000)


def where_it_stands(run: Run, state: LiveState, left: float | None) -> str:
    """One line beside the progress bar: "Training · epoch 3 of 6 · step 380 of 840 · about 40 s left"."""
    if state in ("queued", "starting"):
        return STATES[state].meaning[0].upper() + STATES[state].meaning[1:]
    parts = [run.phase.capitalize()] if run.phase and state != "finished" else [state.capitalize()]
    if run.steps:
        current = min(run.epoch + (state in ALIVE and run.step < run.steps), run.epochs)
        parts += [f"epoch {current} of {run.epochs}", f"step {run.step:,} of {run.steps:,}"]
    if left is not None:
        parts.append(f"about {show_duration(left)} left")
    return " · ".join(parts)
