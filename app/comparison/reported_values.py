"""What the paper reports of the same experiment, to stand beside what was measured here."""

from app.comparison.groups import Group, Panel
from engine.settings.preset import load_preset, preset_names
from engine.settings.published import Published, published_value


def reported(group: Group, panel: Panel) -> Published | None:
    """What the paper reports for this method and question, as stored fractions; None where it has no such experiment.

    The paper trains on unbiased Trifeature pairs for redundancy and uniqueness, on biased ones for synergy; a figure is given
    only beside runs on pairs of that kind.
    """
    run = group.runs[0]
    table = load_preset(run.preset).published if run.preset in preset_names() else None
    if table == "trifeature" and run.settings["data"].get("biased") != (panel.name == "synergy"):
        return None
    found = published_value(table, group.method, panel.name)
    if found is None or panel.metric != "accuracy":
        return None
    deviation = None if found.deviation is None else found.deviation / 100
    return Published(found.value / 100, deviation, found.quoted)


def as_reported(group: Group) -> bool:
    """Whether the group was trained with the very settings of its preset, which are those that the paper states."""
    run = group.runs[0]
    return run.preset in preset_names() and group.digest == load_preset(run.preset).experiment(group.method, 0).digest()
