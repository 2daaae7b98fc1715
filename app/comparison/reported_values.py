"""What the paper reports of the same experiment, to stand beside what was measured here."""

from app.groups.grouping import Group, Panel
from engine.presets.preset import load_preset, preset_names
from engine.presets.reported import Published, published_value
from engine.settings.experiment import parse
from storage.runs import Run

SAME_QUESTION = ("name", "task", "modalities")
"""Settings of a data set that decide what is asked of it; the others decide how, or where the file is."""


def reported(group: Group, panel: Panel) -> Published | None:
    """What the paper reports for this method and question, as results are stored; None where it has no such
    experiment.

    A run of a preset whose data set, task or modalities were changed is another experiment. The paper trains
    on unbiased Trifeature pairs for redundancy and uniqueness, on biased ones for synergy; a figure is given
    only beside runs on such pairs.
    """
    run = group.runs[0]
    if run.preset not in preset_names():
        return None
    preset, data = load_preset(run.preset), run.settings["data"]
    if preset.published is None:
        return None
    intended = preset.experiment(group.method, 0).model_dump(mode="json")["data"]
    if any(data.get(name) != intended.get(name) for name in SAME_QUESTION):
        return None
    if preset.published == "trifeature" and data["biased"] != (panel.name == "synergy"):
        return None
    return published_value(preset.published, group.method, panel.name, panel.metric)


def as_reported(group: Group) -> bool:
    """Whether the group was trained with the very settings of its preset, which are those that the paper
    states."""
    run = group.runs[0]
    return (
        run.preset in preset_names()
        and _digest_of_settings(run) == load_preset(run.preset).experiment(group.method, 0).digest()
    )


def _digest_of_settings(run: Run) -> str:
    """The digest without what the data files held: a preset does not know that."""
    if not run.settings["data"].get("fingerprint"):
        return run.digest
    return parse({**run.settings, "data": {**run.settings["data"], "fingerprint": None}}).digest()
