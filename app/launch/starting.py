"""The button that starts a study: checked against the data, then stored whole or not at all."""

from collections.abc import Sequence

import streamlit as st

from app import queries
from app.home import data_home
from app.launch.heading import chosen_study
from app.launch.keeping import forget
from app.launch.summary import show_mistakes
from app.preview.requests import PreviewError, obtain
from app.state import open_page
from app.studies.starting import start_plan
from app.wording.figures import show_count
from engine.presets.expansion import PlannedRun
from engine.presets.plan_file import write_plan
from engine.presets.preset import StudyPlan
from storage.studies import NameTaken


def offer_start(
    plan: StudyPlan | None, runs: Sequence[PlannedRun], mistakes: Sequence[str], *, tested: bool
) -> None:
    """The button, and the plan as a file. tested: these are a preset's own settings, which need no check."""
    ready = plan is not None and not mistakes
    label = f"Start {show_count(len(runs), 'run')}" if ready else "Start"
    clicked = st.button(
        label, type="primary", icon=":material/play_arrow:", width="stretch", disabled=not ready
    )
    if plan is None or not ready:  # a click may arrive together with the value that was typed before it
        return
    if clicked:
        _start(plan, runs, tested=tested)
    st.download_button(
        "The plan as a file",
        lambda: write_plan(plan),
        f"{plan.name}.toml",
        "application/toml",
        icon=":material/description:",
        type="tertiary",
        on_click="ignore",
        help="`infmasking study run FILE` starts the same study.",
    )


def _start(plan: StudyPlan, runs: Sequence[PlannedRun], *, tested: bool) -> None:
    """Check everything against the data, then store study, plan and runs or nothing, and go to the study."""
    if not tested and not _fits_data(runs):
        return
    into = chosen_study()
    try:
        found = start_plan(queries.database(), plan, runs, into, fresh=into is None)
    except NameTaken as error:
        show_mistakes([str(error)])
        return
    if not found.started:
        show_mistakes([f"the study has all {len(runs)} runs already; change a setting or a seed"])
        return
    forget()
    open_page("study", study=found.study)


def _fits_data(runs: Sequence[PlannedRun]) -> bool:
    """Whether training can be set up on every data set with the first and the last settings of each method;
    the reasons against it are on the page."""
    mistakes: dict[str, None] = {}
    for name in dict.fromkeys(run.dataset for run in runs):
        ends: dict[str, dict[str, object]] = {}
        on_data = [run.settings for run in runs if run.dataset == name]
        for settings in on_data:
            ends.setdefault(settings.objective.name, settings.model_dump(mode="json"))
        for settings in on_data:
            ends[f"{settings.objective.name} last"] = settings.model_dump(mode="json")
        data = on_data[0].data.model_dump(mode="json")
        try:
            with st.spinner("Checking the settings against the data …", show_time=True):
                found = obtain("check", {"data": data, "runs": ends}, data_home())
            mistakes |= dict.fromkeys(found.facts["mistakes"])
        except PreviewError as error:
            mistakes[str(error)] = None
    show_mistakes(list(mistakes))
    return not mistakes
