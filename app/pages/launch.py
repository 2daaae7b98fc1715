"""Launch: choose where to start from, methods and seeds; edit every setting; see what it costs; start.

The URL says where the form starts: `preset=NAME`, `dataset=NAME` or `clone=RUN`; for a file of one's own
`dataset=paired_file`, with `path=FILE` and, as one likes, `modalities=A&modalities=B` and `label=NAME`.
"""

from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import queries
from app.home import data_home
from app.launch.form import Edited, draw_settings
from app.launch.label_controls import SETTINGS
from app.launch.own_file import choose_file
from app.launch.plan import from_dataset, from_run, parse_seeds, plan
from app.launch.summary import show_changes, show_cost, show_mistakes, show_runs
from app.preview.requests import PreviewError, obtain
from app.state import number_parameter, open_page, write_runs
from app.studies.starting import start_runs
from app.training.configuring import Planned
from app.wording.names import dataset_label, method_label, show_seeds
from app.wording.text import plain
from engine.presets.layers import merge
from engine.presets.preset import StudyPlan, dataset_names, load_preset, method_names, preset_names
from engine.settings.experiment import SettingsError

FILE = "paired_file"
FILE_PRESET = "paired-file"
WAYS = {"preset": "A preset", "dataset": "A data set", "clone": "An earlier run"}


def render() -> None:
    """The page."""
    st.title("New runs")
    start = _start()
    if start is None:
        return
    version = st.session_state.setdefault("launch_version", 0)
    key = f"launch:{st.query_params.to_dict()}:{version}"
    left, right = st.columns([2, 1], gap="large")
    with left:
        name, methods, seeds = _grid(start, key)
        st.subheader("Settings")
        edited = draw_settings(start, methods, key)
    with right.container(border=True):
        _summary(start, name, methods, seeds, edited)


def _start() -> StudyPlan | None:
    """Where the form starts, by the URL; None while a file is still to be chosen."""
    if st.query_params.get("preset") == FILE_PRESET:
        st.query_params.from_dict({"dataset": FILE})
    way = next((name for name in ("clone", "dataset") if name in st.query_params), "preset")
    st.session_state["launch_way"] = way
    ways = [name for name in WAYS if name != "clone" or way == "clone"]
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    left.segmented_control(
        "Start from",
        ways,
        format_func=WAYS.__getitem__,
        key="launch_way",
        on_change=_change_way,
        required=True,
    )
    if way == "clone":
        return _chosen_run(right)
    return _chosen_preset(right) if way == "preset" else _chosen_dataset(right)


def _chosen_run(place: DeltaGenerator) -> StudyPlan | None:
    run = queries.get_run(number_parameter("clone") or 0)
    place.markdown(f"Run {run.id:d}: **{plain(run.title)}**")
    start = from_run(run)
    if run.dataset != FILE:
        return start
    data = choose_file(data_home(), run.settings["data"])
    return None if data is None else start.model_copy(update={"common": merge(start.common, {"data": data})})


def _chosen_preset(place: DeltaGenerator) -> StudyPlan:
    names = [name for name in preset_names() if name != FILE_PRESET]
    preset = load_preset(st.query_params.get("preset", names[0]))
    st.session_state["launch_preset"] = preset.name
    place.selectbox(
        "StudyPlan",
        names,
        format_func=lambda name: load_preset(name).title,
        key="launch_preset",
        on_change=_change_preset,
    )
    st.caption(plain(preset.description))
    return preset


def _chosen_dataset(place: DeltaGenerator) -> StudyPlan | None:
    names = dataset_names()
    name = st.query_params["dataset"]
    if name not in names:
        raise SettingsError(f"no data set '{name}'; choose from {', '.join(names)}")
    st.session_state["launch_dataset"] = name
    place.selectbox(
        "Data set",
        names,
        format_func=dataset_label,
        key="launch_dataset",
        on_change=_change_dataset,
    )
    if name != FILE:
        return from_dataset({"name": name}, dataset_label(name))
    asked: dict[str, Any] = {"label": st.query_params["label"]} if "label" in st.query_params else {}
    if names := st.query_params.get_all("modalities"):
        asked["modalities"] = names if len(names) > 1 else names[0].split(",")  # A,B: links of old
    asked |= {name: st.query_params[name] for name in SETTINGS if name in st.query_params}
    data = choose_file(data_home(), asked)
    preset = load_preset(FILE_PRESET)
    if data is None:
        return None
    return preset.model_copy(
        update={"title": Path(data["path"]).stem, "common": merge(preset.common, {"data": data})}
    )


def _change_way() -> None:
    starts = {"preset": {}, "dataset": {"dataset": dataset_names()[0]}}
    if st.session_state["launch_way"] in starts:
        st.query_params.from_dict(starts[st.session_state["launch_way"]])


def _change_preset() -> None:
    st.query_params.from_dict({"preset": st.session_state["launch_preset"]})


def _change_dataset() -> None:
    st.query_params.from_dict({"dataset": st.session_state["launch_dataset"]})


def _grid(start: StudyPlan, key: str) -> tuple[str, list[str], str]:
    """Name, methods and seeds as typed."""
    name = st.text_input(
        "Name",
        start.title if "clone" in st.query_params else start.name or start.title,
        key=f"{key}:name",
        max_chars=80,
        help="Runs of one name are compared.",
    )
    left, right = st.columns([2, 1])
    methods = left.multiselect(
        "Methods",
        method_names(),
        list(start.methods),
        format_func=method_label,
        key=f"{key}:methods",
        placeholder="Choose methods",
    )
    seeds = right.text_input(
        "Seeds",
        show_seeds(start.seeds),
        key=f"{key}:seeds",
        help="Every method is trained once with each: 0-2, 7. Three or more give an interval.",
    )
    return name, methods, seeds


def _summary(start: StudyPlan, name: str, methods: list[str], seeds_text: str, edited: Edited) -> None:
    """Counts, cost and mistakes of what the form holds, and the button."""
    planned: list[Planned] = []
    mistakes = list(edited.mistakes)
    try:
        seeds = parse_seeds(seeds_text)
        show_runs(methods, seeds)
        planned = plan(start, name, methods, seeds, edited.shared, edited.objectives)
    except SettingsError as error:
        mistakes += error.lines
    show_mistakes(mistakes)
    label = (
        f"Start {len(planned)} run{'' if len(planned) == 1 else 's'}" if planned and not mistakes else "Start"
    )
    if (
        st.button(
            label, type="primary", icon=":material/play_arrow:", width="stretch", disabled=bool(mistakes)
        )
        and not mistakes
    ):  # a click may arrive together with the value that was typed before it
        tested = not edited.changed and start.name in preset_names() and start is load_preset(start.name)
        _launch(planned, tested)
    if planned and not mistakes:
        show_cost(queries.database(), data_home(), planned)
    show_changes(edited.changed)
    if edited.changed and st.button("Undo all changes", icon=":material/undo:", type="tertiary"):
        st.session_state["launch_version"] += 1
        st.rerun()


def _launch(planned: list[Planned], tested: bool) -> None:
    """Check everything against the data, then store all runs or none, and go to the comparison.

    tested: these are a preset's own settings, which need no check.
    """
    if not tested and not _fits_data(planned):
        return
    run_ids = start_runs(queries.database(), planned)
    open_page("study", study=queries.get_run(run_ids[0]).study_id, runs=write_runs(run_ids))


def _fits_data(planned: list[Planned]) -> bool:
    """Whether training can be set up with every method's settings; the reasons against it are on the page."""
    distinct = {one.settings.objective.name: one.settings.model_dump(mode="json") for one in planned}
    try:
        with st.spinner("Checking the settings against the data …", show_time=True):
            found = obtain(
                "check",
                {"data": planned[0].settings.data.model_dump(mode="json"), "runs": distinct},
                data_home(),
            )
    except PreviewError as error:
        show_mistakes([str(error)])
        return False
    show_mistakes(found.facts["mistakes"])
    return not found.facts["mistakes"]
