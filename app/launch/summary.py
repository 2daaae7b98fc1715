"""The summary beside the launch form: how many runs, what they cost as far as it was measured, what was
changed, mistakes."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import streamlit as st

from app.launch.cost import Cost, concurrency, elapsed, known_cost, measure_cost
from app.preview.requests import PreviewError
from app.training.configuring import Planned
from app.training.fleet import this_machine
from app.training.scheduling import ImpossibleDemand
from app.wording.figures import show_bytes, show_count, show_duration
from app.wording.names import method_label
from app.wording.text import Markdown, plain
from engine.settings.experiment import ExperimentSettings
from storage.database import Database

MOST_LINES = 12
"""Changed settings that are listed; the rest are counted."""


def show_runs(methods: Sequence[str], seeds: Sequence[int]) -> None:
    """ "9 runs: 3 methods × 3 seeds"."""
    count = len(methods) * len(seeds)
    st.markdown(f"#### {show_count(count, 'run')}")
    st.caption(f"{show_count(len(methods), 'method')} × {show_count(len(seeds), 'seed')}")


def show_mistakes(lines: Sequence[str]) -> None:
    """One line a mistake."""
    for line in lines:
        st.error(plain(line), icon=":material/error:")


def show_changes(lines: Sequence[str]) -> None:
    """What was set otherwise than where the form started."""
    if not lines:
        st.caption("Nothing changed from where this form started.")
        return
    more = [f"- and {len(lines) - MOST_LINES:d} more"] if len(lines) > MOST_LINES else []
    st.markdown(
        f"**{show_count(len(lines), 'change')}**\n\n"
        + "\n".join([*(f"- {plain(line)}" for line in lines[:MOST_LINES]), *more])
    )


def show_cost(db: Database, home: Path, planned: Sequence[Planned]) -> None:
    """Time and space of the planned runs, from measurements only, and a button that makes the missing
    ones."""
    by_method: dict[str, ExperimentSettings] = {one.settings.objective.name: one.settings for one in planned}
    costs = {method: known_cost(db, home, settings) for method, settings in by_method.items()}
    missing = [method for method, cost in costs.items() if cost is None]
    st.markdown(
        "**Cost**", help="Training only; loading the data and probing come on top. Measured, never guessed."
    )
    seeds = len(planned) // len(by_method)
    known = [cost for cost in costs.values() if cost is not None]
    if missing:
        st.caption(
            "Not measured yet on this machine for "
            + ", ".join(plain(method_label(method)) for method in missing)
            + "."
        )
    else:
        try:
            st.markdown(_total(next(iter(by_method.values())), known, seeds))
        except ImpossibleDemand as error:
            st.error(plain(error), icon=":material/error:")
    if known:
        rows = [_row(method, cost) for method, cost in costs.items() if cost is not None]
        st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
        st.caption("From " + plain("; ".join(dict.fromkeys(cost.source for cost in known))) + ".")
    if missing and st.button(
        "Measure now",
        icon=":material/speed:",
        help="Times a few training steps of each in a process of its own.",
    ):
        for method in missing:
            with st.spinner(f"Timing {plain(method_label(method))} …", show_time=True):
                try:
                    measure_cost(home, by_method[method])
                except PreviewError as error:
                    st.error(plain(error), icon=":material/error:")
                    return
        st.rerun()


def _row(method: str, cost: Cost) -> dict[str, str]:
    return {
        "Method": method_label(method),
        "A step": f"{cost.seconds * 1000:.3g} ms",
        "Steps": f"{cost.steps:,}",
        "A run": show_duration(cost.total),
        "Checkpoint": "–" if cost.weights_bytes is None else show_bytes(cost.weights_bytes),
    }


def _total(settings: ExperimentSettings, costs: Sequence[Cost], seeds: int) -> Markdown:
    at_once = concurrency(settings, this_machine(), len(costs) * seeds)
    duration = show_duration(elapsed(costs, seeds, at_once))
    words = f"About **{duration}** of training, {show_count(at_once, 'run')} at a time."
    sizes = [cost.weights_bytes for cost in costs]
    if all(size is not None for size in sizes):
        total = show_bytes(sum(size or 0 for size in sizes) * seeds)
        words += f" Checkpoints: {total} of each kind kept (best, last)."
    return Markdown(words)
