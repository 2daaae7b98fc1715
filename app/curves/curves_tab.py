"""The Curves tab of a study: what was recorded while its runs trained, training loss first."""

from collections.abc import Mapping, Sequence

import streamlit as st

from app import queries
from app.charts.group_curves import BANDS
from app.charts.panels import curve_axis, is_loss
from app.curves import controls
from app.curves.controls import Choice
from app.curves.frames import points_a_line, thin_lines
from app.curves.means import RunCurve, longest, run_curves
from app.curves.panels import Look, Panel, draw_panel, panels_of_curves
from app.curves.stored import stored_curves
from app.curves.words import how_to_read
from app.studies.view import StudyView
from app.wording.figures import show_count
from app.wording.text import plain
from engine.recorder import SYSTEM, TRAINING_LOSS

CHARTS_A_ROW = 2
MOST_CHARTS = 12
"""Charts that are drawn at once; the reader turns pages to the others."""
MOST_SINGLES = 60
"""Single runs that are drawn at once; more cannot be told apart."""


def draw(view: StudyView) -> None:
    """The tab."""
    recorded = queries.summaries(view.ids).select("key", "run_id")
    keys = in_reading_order(recorded["key"].unique().to_list())
    if not keys:
        st.info("Curves appear here as soon as the first run trains.", icon=":material/hourglass_top:")
        return
    choice = controls.choose(view, keys, first_curve(keys))
    if not choice.keys:
        st.caption("No loss has been recorded yet. Choose a curve above.")
        return
    groups = [group for group in view.groups if group.digest in choice.digests]
    panels = panels_of_curves(choice.keys, groups, set(recorded.iter_rows()))
    if not panels:
        st.caption("These configurations have not recorded these curves.")
        return
    _draw_panels(controls.turn_pages(panels, MOST_CHARTS), choice)


def in_reading_order(keys: Sequence[str]) -> list[str]:
    """The training loss, other curves of the training, then those of the machine."""
    return sorted(keys, key=lambda key: (key != TRAINING_LOSS, key.startswith(SYSTEM), key))


def first_curve(keys: Sequence[str]) -> list[str]:
    """What is drawn where nobody chose: the training loss; before there is one any curve of the training, but
    none of the machine. keys: in reading order."""
    return [key for key in keys if not key.startswith(SYSTEM)][:1]


def _draw_panels(panels: Sequence[Panel], choice: Choice) -> None:
    curves = _curves(panels, choice)
    every = [curve for found in curves.values() for curve in found.values()]
    if not every:
        st.caption("No point of these curves is a finite number.")
        return
    runs = {curve.run_id for curve in every}
    singles = choice.members and len(runs) <= MOST_SINGLES
    lines = sum(thin_lines(len(panel.groups)) for panel in panels) + (len(every) if singles else 0)
    look = Look(choice, choice.smoothing * longest(every), singles, points_a_line(lines))
    for row in rows_of(panels):
        width = CHARTS_A_ROW if len(panels) > 1 and not is_crowded(row[0]) else 1
        for column, panel in zip(st.columns(width), row, strict=False):
            with column.container(border=True):
                draw_panel(panel, curves.get(panel.key, {}), look)
    st.caption(plain(_how_to_read(panels, look)))
    if choice.members and not singles:
        st.caption(
            f"{show_count(len(runs), 'run')} are too many to be told apart: single runs are drawn of up to "
            f"{MOST_SINGLES}. Choose groups above."
        )


def is_crowded(panel: Panel) -> bool:
    """Whether a chart has so many lines that it takes a row of its own."""
    return len(panel.groups) > BANDS


def rows_of(panels: Sequence[Panel]) -> list[list[Panel]]:
    """The charts in rows of `CHARTS_A_ROW`, crowded ones alone."""
    rows: list[list[Panel]] = []
    for panel in panels:
        free = rows and len(rows[-1]) < CHARTS_A_ROW and not is_crowded(rows[-1][0])
        if free and not is_crowded(panel):
            rows[-1].append(panel)
        else:
            rows.append([panel])
    return rows


def _how_to_read(panels: Sequence[Panel], look: Look) -> str:
    groups = [group for panel in panels for group in panel.groups]
    return how_to_read(
        max(len(panel.groups) for panel in panels),
        max(len(group.runs) for group in groups),
        look.choice.axis,
        look.half_life,
        any(is_loss(panel.key) for panel in panels),
    )


def _curves(panels: Sequence[Panel], choice: Choice) -> Mapping[str, Mapping[int, RunCurve]]:
    """The runs' curves of these panels: key → run → curve."""
    runs = {run.id: run for panel in panels for group in panel.groups for run in group.runs}
    found = {}
    for key in dict.fromkeys(panel.key for panel in panels):
        ids = [run.id for panel in panels if panel.key == key for group in panel.groups for run in group.runs]
        found[key] = run_curves(stored_curves(ids, key), runs, choice.axis, curve_axis(key)[1])
    return found
