"""What stands beside the form: how many runs, what they cost as far as it was measured, the disk they need,
and mistakes."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl
import streamlit as st

from app import queries
from app.launch.cost import Cost, concurrency, disk_bytes, elapsed, kind_of, known_cost, measure_cost
from app.preview.requests import PreviewError
from app.training.fleet import this_machine
from app.training.scheduling import ImpossibleDemand
from app.wording.figures import show_bytes, show_count, show_duration
from app.wording.names import dataset_label, method_label
from app.wording.text import Markdown, plain
from engine.presets.expansion import PlannedRun
from engine.settings.experiment import ExperimentSettings
from storage.database import Database

MOST_LINES = 12
"""Changed settings that are listed; the rest are counted."""


def show_runs(runs: Sequence[PlannedRun]) -> None:
    """ "27 runs", what makes their number, and how many of each method."""
    st.markdown(f"#### {show_count(len(runs), 'run')}")
    counts = Counter(run.settings.objective.name for run in runs)
    factors = [
        (len({(run.dataset, run.settings.objective.name, str(run.values)) for run in runs}), "configuration"),
        (len({run.settings.seed for run in runs}), "seed"),
    ]
    words = " × ".join(show_count(count, word) for count, word in factors)
    datasets = len({run.dataset for run in runs})
    st.caption(words + (f" on {show_count(datasets, 'data set')}" if datasets > 1 else ""))
    if len(counts) > 1:
        st.caption(plain(" · ".join(f"{method_label(method)} {count}" for method, count in counts.items())))


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


def show_cost(db: Database, home: Path, runs: Sequence[PlannedRun]) -> None:
    """Time and disk of the planned runs, from measurements only, and a button that makes the missing ones."""
    kinds: dict[str, ExperimentSettings] = {}
    counts: Counter[str] = Counter()
    for run in runs:
        kind = kind_of(run.settings)
        kinds.setdefault(kind, run.settings)
        counts[kind] += 1
    stored = queries.list_runs()
    costs = {kind: known_cost(db, home, settings, stored) for kind, settings in kinds.items()}
    known = [(cost, counts[kind]) for kind, cost in costs.items() if cost is not None]
    measured = {kind for kind, cost in costs.items() if cost is not None and cost.after is not None}
    missing = [settings for kind, settings in kinds.items() if kind not in measured]
    st.markdown(
        "**Cost**",
        help="Training, probing and decomposing; loading the data comes on top where nothing ran yet. "
        "Measured on this machine, never guessed.",
    )
    if len(known) == len(kinds):
        try:
            st.markdown(_total(next(iter(kinds.values())), known, is_whole=not missing))
        except ImpossibleDemand as error:
            st.error(plain(error), icon=":material/error:")
        _disk(home, known, len(runs), next(iter(kinds.values())))
    if known:
        st.dataframe(pl.DataFrame(_rows(kinds, costs, counts)), hide_index=True, height="content")
        st.caption("From " + plain("; ".join(dict.fromkeys(cost.source for cost, _ in known))) + ".")
    if missing:
        names = ", ".join(dict.fromkeys(method_label(one.objective.name) for one in missing))
        st.caption(plain(f"Not measured yet on this machine for {names}."))
        _measure_button(home, missing)


def _measure_button(home: Path, missing: Sequence[ExperimentSettings]) -> None:
    label = "Measure now" if len(missing) == 1 else f"Measure now ({len(missing)} kinds of runs)"
    if not st.button(
        label,
        icon=":material/speed:",
        help="Times a few training steps, a probing and a decomposition of each, in processes of their own.",
    ):
        return
    for number, settings in enumerate(missing, 1):
        name = plain(method_label(settings.objective.name))
        with st.spinner(f"Timing {name}, {number:d} of {len(missing):d} …", show_time=True):
            try:
                measure_cost(home, settings)
            except PreviewError as error:
                st.error(plain(error), icon=":material/error:")
                return
    st.rerun()


def _rows(
    kinds: dict[str, ExperimentSettings], costs: dict[str, Cost | None], counts: Counter[str]
) -> list[dict[str, str]]:
    """One row a method on a data set: from the cheapest to the dearest of its runs."""
    cells: dict[tuple[str, str], list[tuple[Cost, int]]] = {}
    for kind, settings in kinds.items():
        if (cost := costs[kind]) is not None:
            cells.setdefault((settings.objective.name, settings.data.name), []).append((cost, counts[kind]))
    several = len({data for _, data in cells}) > 1
    return [
        {
            "Method": method_label(method),
            **({"Data": dataset_label(data)} if several else {}),
            "Runs": str(sum(count for _, count in found)),
            "A step": _span([f"{cost.seconds * 1000:.3g} ms" for cost, _ in _sorted(found)]),
            "A run": _span([show_duration(cost.total) for cost, _ in _sorted(found)]),
            "Of it probing": _span(
                ["–" if cost.after is None else show_duration(cost.after) for cost, _ in _sorted(found)]
            ),
        }
        for (method, data), found in cells.items()
    ]


def _sorted(costs: Sequence[tuple[Cost, int]]) -> list[tuple[Cost, int]]:
    return sorted(costs, key=lambda item: item[0].total)


def _span(words: Sequence[str]) -> str:
    return words[0] if words[0] == words[-1] else f"{words[0]} – {words[-1]}"


def _total(settings: ExperimentSettings, costs: Sequence[tuple[Cost, int]], *, is_whole: bool) -> Markdown:
    at_once = concurrency(settings, this_machine(), sum(count for _, count in costs))
    duration = show_duration(elapsed(costs, at_once))
    what = "" if is_whole else " of training; probing and decomposing come on top"
    return Markdown(f"About **{duration}**{what}, {show_count(at_once, 'run')} at a time.")


def _disk(home: Path, costs: Sequence[tuple[Cost, int]], runs: int, settings: ExperimentSettings) -> None:
    """The disk that the runs need, and whether it is there."""
    try:
        at_once = concurrency(settings, this_machine(), runs)
    except ImpossibleDemand:
        return
    needed = disk_bytes(costs, at_once)
    if needed is None:
        return
    free = shutil.disk_usage(home if home.is_dir() else home.parent).free
    st.markdown(
        f"Up to **{show_bytes(needed)}** of disk; {show_bytes(free)} are free.",
        help="Best and last weights of every run, and a training state of each while it works.",
    )
    if needed > free:
        st.error("The disk has no room for these runs.", icon=":material/hard_drive:")
