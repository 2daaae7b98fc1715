"""Where the form starts: the controls that choose it, and what the address says."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import queries
from app.home import data_home
from app.launch.label_controls import SETTINGS
from app.launch.own_file import choose_file
from app.launch.starts import (
    from_dataset,
    from_presets,
    from_run,
    from_study,
    with_file,
    with_presets,
)
from app.state import number_parameter
from app.wording.names import dataset_label
from app.wording.text import plain
from engine.presets.preset import (
    StudyPlan,
    check_choice,
    dataset_names,
    load_preset,
    load_table,
    preset_names,
    table_names,
)

FILE = "paired_file"
FILE_PRESET = "paired-file"
WAYS = {
    "preset": "A preset",
    "table": "A published table",
    "dataset": "A data set",
    "clone": "An earlier run",
    "study": "A study",
}
ALWAYS = ("preset", "table", "dataset")
NAMES = [name for name in preset_names() if name != FILE_PRESET]


class Start(NamedTuple):
    """The plan that the form starts from, and what was chosen of the user's own file."""

    plan: StudyPlan
    file: dict[str, Any]


def choose_start(file: Mapping[str, Any]) -> Start | None:
    """Where the form starts, by the URL; None while a file is still to be chosen. file: settings of the
    user's own file to begin with."""
    if st.query_params.get("preset") == FILE_PRESET:
        st.query_params.from_dict({"dataset": FILE})
    way = next((name for name in ("clone", "study", "dataset", "table") if name in st.query_params), "preset")
    st.session_state["launch_way"] = way
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    left.segmented_control(
        "Start from",
        [name for name in WAYS if name in ALWAYS or name == way],
        format_func=WAYS.__getitem__,
        key="launch_way",
        on_change=_change_way,
        required=True,
    )
    start = _chosen(way, right, file)
    if start is None:
        return None
    return start._replace(plan=_with_more(start.plan))


def _chosen(way: str, place: DeltaGenerator, file: Mapping[str, Any]) -> Start | None:
    if way == "clone":
        return _chosen_run(place, file)
    if way == "study":
        study = queries.get_study(number_parameter("study") or 0)
        place.markdown(f"Study {study.id:d}: **{plain(study.name)}**")
        return Start(from_study(study), {})
    if way == "dataset":
        return _chosen_dataset(place, file)
    if way == "table":
        name = st.query_params["table"]
        table = load_table(name)
        _select(
            place, "Published table", list(table_names()), name, "table", lambda one: load_table(one).title
        )
        st.caption(plain(table.description))
        return Start(table, {})
    name = st.query_params.get("preset", NAMES[0])
    preset = load_preset(name)
    _select(place, "Preset", NAMES, name, "preset", lambda one: load_preset(one).title)
    st.caption(plain(preset.description))
    return Start(from_presets([name]), {})


def _chosen_run(place: DeltaGenerator, file: Mapping[str, Any]) -> Start | None:
    run = queries.get_run(number_parameter("clone") or 0)
    place.markdown(f"Run {run.id:d}: **{plain(run.title)}**")
    start = from_run(run)
    if run.dataset != FILE:
        return Start(start, {})
    data = choose_file(data_home(), {**run.settings["data"], **file})
    return None if data is None else Start(with_file(start, data), data)


def _chosen_dataset(place: DeltaGenerator, file: Mapping[str, Any]) -> Start | None:
    names = dataset_names()
    name = st.query_params["dataset"]
    check_choice("data set", name, names)
    _select(place, "Data set", names, name, "dataset", dataset_label)
    if name != FILE:
        return Start(from_dataset({"name": name}, dataset_label(name)), {})
    asked: dict[str, Any] = {"label": st.query_params["label"]} if "label" in st.query_params else {}
    if modalities := st.query_params.get_all("modalities"):
        asked["modalities"] = modalities if len(modalities) > 1 else modalities[0].split(",")  # links of old
    asked |= {name: st.query_params[name] for name in SETTINGS if name in st.query_params}
    data = choose_file(data_home(), {**asked, **file})
    if data is None:
        return None
    named = Path(data["path"]).stem[:60]
    preset = from_presets([FILE_PRESET]).model_copy(update={"name": named, "title": named})
    return Start(with_file(preset, data), data)


def _with_more(start: StudyPlan) -> StudyPlan:
    """The start, with the data sets of presets beside its own."""
    there = {start.preset, *start.dataset}
    names = [name for name in NAMES if name not in there]
    chosen = [name for name in st.query_params.get_all("with") if name in names]
    st.session_state["launch_with"] = chosen
    st.multiselect(
        "More data sets",
        names,
        format_func=lambda name: load_preset(name).title,
        key="launch_with",
        on_change=_change_more,
        placeholder="Presets whose data are trained on too",
    )
    return with_presets(start, chosen)


def _select(place: DeltaGenerator, label: str, names: list[str], name: str, kind: str, words: Any) -> None:
    """A choice that is in the URL as `kind=NAME`."""
    st.session_state[f"launch_{kind}"] = name
    place.selectbox(
        plain(label), names, format_func=words, key=f"launch_{kind}", on_change=_change, args=(kind,)
    )


def _change_way() -> None:
    starts = {"preset": {}, "dataset": {"dataset": dataset_names()[0]}, "table": {"table": table_names()[0]}}
    if st.session_state["launch_way"] in starts:
        _go(starts[st.session_state["launch_way"]] or {"preset": NAMES[0]})


def _change(kind: str) -> None:
    _go({kind: st.session_state[f"launch_{kind}"]})


def _change_more() -> None:
    st.query_params["with"] = st.session_state["launch_with"]


def _go(parameters: dict[str, str]) -> None:
    """Another start; what was filled in for the former one is gone."""
    st.query_params.from_dict(parameters)
