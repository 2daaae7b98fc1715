"""The settings part of the form: the most important ones first, the rest folded away, each fold with what was
changed in it."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import streamlit as st

from app.launch import label_controls
from app.launch.controls import Form, scope_of
from app.launch.draft import Edit
from app.launch.plan import words_of
from app.launch.starts import Cell
from app.wording.fields import Field, fields_of, summary
from app.wording.names import method_label
from app.wording.text import plain
from engine.settings.base import members_of
from engine.settings.dataset import DatasetSettings
from engine.settings.experiment import ExperimentSettings
from engine.settings.kinds import ModalityKind
from engine.settings.objective import ObjectiveSettings
from engine.settings.training import TrainingSettings

CHOSEN_ABOVE = ("path", "test_path", "modalities", "label", *label_controls.SETTINGS)
"""Settings of the user's own file, which has its own controls before the form."""
FIRST = ("epochs", "learning_rate", "batch_size")
"""Settings of the training that are not folded away."""
MOST_TOLD = 3
"""Changes that a fold tells of."""


def draw_settings(cells: Sequence[Cell], given: Mapping[str, Edit], key: str) -> Form:
    """Every setting of the chosen methods on their data sets; the form tells what was edited."""
    form = Form(key, cells, given)
    training = {item.name: item for item in fields_of(TrainingSettings)}
    form.row([(training[name], f"training.{name}") for name in FIRST])
    _methods(form)
    datasets = list(dict.fromkeys(cell.dataset for cell in cells))
    for dataset in datasets:
        _data(form, dataset, alone=len(datasets) == 1)
    for item in fields_of(ExperimentSettings):
        if item.kind == "group" and item.model is not None:
            with _fold(form, item.label, (f"{item.name}.",), ":material/tune:"):
                st.caption(plain(summary(item.model)))
                left_out = FIRST if item.name == "training" else ()
                form.group(item.model, item.name, leave_out=left_out)
    return form


def _methods(form: Form) -> None:
    """A tab a method, with the settings of its objective."""
    methods = list(dict.fromkeys(cell.method for cell in form.cells))
    if not methods:
        st.caption("No method is chosen.")
        return
    models = members_of(ObjectiveSettings)
    for tab, method in zip(st.tabs([plain(method_label(name)) for name in methods]), methods, strict=True):
        with tab:
            labels = " It trains with labels: a reference, not a competitor."
            st.caption(plain(summary(models[method]) + (labels if models[method].NEEDS_LABELS else "")))
            form.group(models[method], "objective", scope_of("method", method))


def _data(form: Form, dataset: str, *, alone: bool) -> None:
    """A data set's own settings, and encoder and augmentation of its modalities."""
    scope = "" if alone else scope_of("dataset", dataset)
    content = next(cell.content["data"] for cell in form.cells if cell.dataset == dataset)
    data = members_of(DatasetSettings)[content["name"]].model_validate(content)
    form.modalities = _modality_kinds(data)
    named = data.LABEL if alone or dataset == data.LABEL else f"{data.LABEL} ({dataset})"
    with _fold(form, f"Data: {named}", (f"{scope}data.",), ":material/dataset:"):
        st.caption(plain(summary(type(data))))
        left_out = CHOSEN_ABOVE if data.name == "paired_file" else ()
        form.group(type(data), "data", scope, left_out)
    ends = [item for item in fields_of(ExperimentSettings) if item.kind in {"named_kinds", "switch"}]
    prefixes = tuple(f"{scope}{item.name}" for item in ends)
    label = "Encoders and augmentation" + ("" if alone else f": {named}")
    with _fold(form, label, prefixes, ":material/layers:"):
        _by_modality(form, ends, scope)


def _by_modality(form: Form, items: Sequence[Field], scope: str) -> None:
    """Encoder and augmentation of each modality, and what concerns all of them."""
    for item in items:
        if item.kind == "named_kinds":
            form.by_modality(item, scope)
        else:
            form.control(item, item.name, scope)


@contextmanager
def _fold(form: Form, label: str, prefixes: tuple[str, ...], icon: str) -> Iterator[None]:
    """A fold, with what was changed in it below."""
    with st.expander(plain(label), icon=icon, key=f"{form.key}:fold:{label}"):
        yield
    changed = [
        f"{path.rpartition('.')[2].replace('_', ' ')} {words_of(edit)}"
        for path, edit in form.edits.items()
        if path.startswith(prefixes) and path.removeprefix("training.") not in FIRST
    ]
    if changed:
        more = f" and {len(changed) - MOST_TOLD} more" if changed[MOST_TOLD:] else ""
        st.caption(plain(f"Changed: {', '.join(changed[:MOST_TOLD])}{more}"))


def _modality_kinds(data: DatasetSettings) -> dict[str, ModalityKind | None]:
    """As the settings say, or the file that was chosen above."""
    in_file = st.session_state.get("own_file_kinds", {})
    return {name: kind or in_file.get(name) for name, kind in data.modality_kinds.items()}
