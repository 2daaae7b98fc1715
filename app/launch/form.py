"""The settings part of the launch page: grouped expanders drawn from the models, and what was edited in
them."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import streamlit as st

from app.launch import label_controls
from app.launch.controls import Form
from app.launch.plan import edited_lines, objective_settings, shared_settings
from app.wording.fields import fields_of, summary
from app.wording.names import method_label
from app.wording.text import plain
from engine.presets.preset import StudyPlan
from engine.settings.base import members_of
from engine.settings.dataset import DatasetSettings
from engine.settings.experiment import ExperimentSettings
from engine.settings.kinds import ModalityKind
from engine.settings.objective import ObjectiveSettings

CHOSEN_ABOVE = ("path", "test_path", "modalities", "label", *label_controls.SETTINGS)
"""Settings of the user's own file, which has its own controls before the form."""


class Edited(NamedTuple):
    """What the form holds: settings of all methods, each method's own, lines on what was changed, and on
    unreadable text."""

    shared: dict[str, Any]
    objectives: dict[str, dict[str, Any]]
    changed: list[str]
    mistakes: list[str]


def draw_settings(start: StudyPlan, methods: Sequence[str], key: str) -> Edited:
    """Every setting of the chosen methods, prefilled from the start."""
    base = shared_settings(start)
    data = members_of(DatasetSettings)[base["data"]["name"]].model_validate(base["data"])
    form = Form(key, _modality_kinds(data))
    shared = dict(base)
    with st.expander(
        plain(f"Data: {data.LABEL}"),
        icon=":material/dataset:",
    ):
        st.caption(summary(type(data)))
        leave_out = CHOSEN_ABOVE if data.name == "paired_file" else ()
        shared["data"] = base["data"] | form.group(type(data), base["data"], "data", leave_out)
    with st.expander("Methods", icon=":material/science:"):
        objectives, changed = _methods(start, methods, form)
    with st.expander("Encoders and augmentation", icon=":material/layers:"):
        shared |= _by_modality(form, base)
    for item in fields_of(ExperimentSettings):
        if item.kind == "group" and item.model is not None:
            with st.expander(plain(item.label), icon=":material/tune:"):
                st.caption(summary(item.model))
                shared[item.name] = form.group(item.model, base[item.name], item.name)
    return Edited(shared, objectives, edited_lines(base, shared) + changed, form.mistakes)


def _modality_kinds(data: DatasetSettings) -> dict[str, ModalityKind | None]:
    """As the settings say, or the file that was chosen above."""
    in_file = st.session_state.get("own_file_kinds", {})
    return {name: kind or in_file.get(name) for name, kind in data.modality_kinds.items()}


def _methods(
    start: StudyPlan, methods: Sequence[str], form: Form
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """A tab a method, with the settings of its objective."""
    if not methods:
        st.caption("No method is chosen.")
        return {}, []
    models = members_of(ObjectiveSettings)
    edited, changed = {}, []
    for tab, method in zip(st.tabs([plain(method_label(name)) for name in methods]), methods, strict=True):
        with tab:
            labels = (
                " It trains with labels: a reference, not a competitor."
                if models[method].NEEDS_LABELS
                else ""
            )
            st.caption(summary(models[method]) + labels)
            base = objective_settings(start, method)
            edited[method] = form.group(models[method], base, f"objective.{method}")
            changed += [f"{method_label(method)}: {line}" for line in edited_lines(base, edited[method])]
    return edited, changed


def _by_modality(form: Form, base: Mapping[str, Any]) -> dict[str, Any]:
    """Encoder and augmentation of each modality, and what concerns all of them."""
    found: dict[str, Any] = {}
    for item in fields_of(ExperimentSettings):
        if item.kind == "named_kinds":
            found[item.name] = form.by_modality(item, base[item.name], item.name)
        elif item.kind == "switch":
            found[item.name] = form.control(item, base[item.name], item.name)
    return found
