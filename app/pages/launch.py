"""New study: where it starts from, its name and question, methods, seeds and data sets; settings with lists
and ranges; what it will cost; start.

The URL says where the form starts: `preset=NAME`, `dataset=NAME`, `table=NAME`, `clone=RUN` or `study=ID`;
for a file of one's own `dataset=paired_file`, with `path=FILE` and, as one likes, `modalities=A&modalities=B`
and `label=NAME`. `with=PRESET` adds the data set of a preset, `into=ID` brings the runs to a study that there
is, `draft=…` is what was filled in.
"""

import streamlit as st

from app import queries
from app.home import data_home
from app.launch.draft import Draft
from app.launch.form import draw_settings
from app.launch.heading import choose_draw, chosen_study, heading, taken_line
from app.launch.keeping import begin, keep, undo
from app.launch.plan import plan_from, shown_edits
from app.launch.start_controls import Start, choose_start
from app.launch.starting import offer_start
from app.launch.starts import Cell, cells_of, edits_of
from app.launch.summary import show_changes, show_cost, show_mistakes, show_runs
from engine.presets.expansion import PlannedRun, expand
from engine.settings.experiment import SettingsError

HOW = (
    "A number also takes a list (0.3, 0.5), a range (0.1…0.9 by 0.2 or 1e-4…1e-2 log 5), another setting "
    "(= learning rate: always equal to it), or a list that moves with one (1e-2, 1e-3 with learning rate)."
)


def render() -> None:
    """The page."""
    st.title("New study")
    key, draft = begin()
    start = choose_start(draft.file)
    if start is None:
        return
    left, right = st.columns([2, 1], gap="large")
    with left:
        head = heading(start.plan, draft, key)
        st.subheader("Settings")
        st.caption(HOW)
        combinations = st.container()  # filled when it is known what varies
        cells = cells_of(start.plan, head.methods or start.plan.methods)
        given = {**edits_of(start.plan), **draft.edits}
        form = draw_settings(cells, given, key)
        edited = head._replace(edits=form.edits, file=start.file)
        with combinations:
            filled = choose_draw(edited, start.plan, draft, key)
    with right.container(border=True):
        _summary(start, filled, cells, form.mistakes)
    keep(filled)


def _summary(start: Start, filled: Draft, cells: list[Cell], mistakes: list[str]) -> None:
    """Counts, cost and mistakes of what the form holds, and the button."""
    lines, plan, runs = list(mistakes), None, list[PlannedRun]()
    try:
        plan = plan_from(start.plan, filled, cells)
        runs = expand(plan)
        show_runs(runs)
        lines += [] if chosen_study() else taken_line(plan.name)
    except SettingsError as error:
        lines += error.lines
    show_mistakes(lines)
    tested = not filled.edits and not filled.file and all(run.preset for run in runs)
    offer_start(plan, runs, lines, tested=tested)
    if runs and not lines:
        show_cost(queries.database(), data_home(), runs)
    show_changes(shown_edits(filled.edits, cells))
    if filled.edits:
        st.button("Undo all changes", icon=":material/undo:", type="tertiary", on_click=undo)
