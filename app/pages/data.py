"""Data: what a data set is, its labels and their counts, samples as pictures, and the views that training
makes of them.

The URL says what is shown: `preset=NAME`, or `path=FILE` for a file of one's own. Pictures are made by a
process that has torch, once for each settings.
"""

import streamlit as st

from app.home import data_home
from app.launch.label_controls import SETTINGS
from app.launch.own_file import choose_file
from app.preview import sections
from app.preview.requests import PreviewError, obtain
from app.state import page
from app.wording.text import plain
from engine.files.presence import presence_of
from engine.presets.layers import merge
from engine.presets.preset import StudyPlan, load_preset, method_names, preset_names
from engine.settings.base import Settings
from engine.settings.experiment import ExperimentSettings
from engine.settings.published_dataset import PublishedSettings

FILE_PRESET = "paired-file"


def render() -> None:
    """The page."""
    st.title("Data")
    left, right = st.columns([5, 1], vertical_alignment="bottom")
    with left:
        preset: StudyPlan | None = _chosen_preset()
    if preset is not None and preset.name == FILE_PRESET:
        preset = _with_file(preset)
    if preset is None:
        return
    experiment = preset.experiment(method_names()[0], 0)
    with right:
        _launch_link(preset, experiment)
    st.markdown(sections.about(experiment.data))
    home = data_home()
    if isinstance(experiment.data, PublishedSettings):
        presence = presence_of(experiment.data, home)
        sections.show_presence(presence)
        if not presence.is_ready:
            return
    try:
        with st.spinner("Preparing the data and drawing samples …", show_time=True):
            shown = obtain("data", experiment.data.model_dump(mode="json"), home)
        sections.show_notes(shown.facts["notes"])
        sections.show_sizes(shown.facts)
        sections.show_tasks(shown.facts["tasks"])
        sections.show_samples(shown)
        sections.show_sheet(shown)
        with st.spinner("Drawing augmented and masked views …", show_time=True):
            views = obtain("views", experiment.model_dump(mode="json"), home)
        sections.show_views(views)
    except PreviewError as error:
        st.error(plain(error), icon=":material/error:")


def _chosen_preset() -> StudyPlan:
    """The preset whose data are shown."""
    names = [*(name for name in preset_names() if name != FILE_PRESET), FILE_PRESET]
    preset = load_preset(
        FILE_PRESET if "path" in st.query_params else st.query_params.get("preset", names[0])
    )
    st.session_state["data_preset"] = preset.name
    st.selectbox(
        "Data", names, format_func=lambda name: load_preset(name).title, key="data_preset", on_change=_change
    )
    return preset


def _with_file(preset: StudyPlan) -> StudyPlan | None:
    """The preset with the user's file as its data; None while that is still to be chosen."""
    data = choose_file(data_home(), {})
    return (
        None if data is None else preset.model_copy(update={"common": merge(preset.common, {"data": data})})
    )


def _change() -> None:
    st.query_params.from_dict({"preset": st.session_state["data_preset"]})


def _launch_link(preset: StudyPlan, experiment: ExperimentSettings) -> None:
    st.page_link(
        page("launch"),
        label="Start runs on this",
        icon=":material/play_arrow:",
        query_params=form_query(preset.name, experiment.data),
    )


def form_query(preset: str, data: Settings) -> dict[str, str | list[str]]:
    """What the address of the form says, so that it starts from these data; each modality's name has a
    parameter to itself, for it may hold a comma."""
    if preset != FILE_PRESET:
        return {"preset": preset}
    content = data.model_dump()
    chosen = {"path": content["path"], "label": content["label"], "modalities": list(content["modalities"])}
    said = {name: content[name] for name in SETTINGS if content[name] not in (None, "guess")}
    return {"dataset": "paired_file", **chosen, **said}
