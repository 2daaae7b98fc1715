"""What a comparison is made of, from stored runs and results: groups, and the questions that they answer. No
Streamlit here.

A group is one configuration (settings but for the seed) with its repetitions. A panel is one question:
redundancy, uniqueness (the mean of both unique tasks of a run, as the paper reports it), synergy, or a label
of the user's own.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from app.groups.naming import Axis, axes_with, data_name, group_name
from app.wording.fields import flatten
from app.wording.units import metric_label
from engine.metric import all_metrics
from engine.presets.preset import method_names
from engine.settings.base import members_of
from engine.settings.objective import ObjectiveSettings
from storage.run import Run

PANELS = ("redundancy", "uniqueness", "synergy")


class Group(NamedTuple):
    """One configuration: its runs, the newest of each seed, in the order of seeds; `repeats` counts older
    ones left out. label: its name among groups on the same data, which are called `data`."""

    digest: str
    method: str
    label: str
    runs: tuple[Run, ...]
    repeats: int = 0
    data: str = ""


class Panel(NamedTuple):
    """One question: its metric, chance (None where it has none), and its tasks with the facts stored beside
    their results."""

    name: str
    metric: str
    chance: float | None
    tasks: Mapping[str, Mapping[str, Any]]

    @property
    def title(self) -> str:
        """The name as a heading."""
        return self.name[:1].upper() + self.name[1:]


def group_runs(runs: Sequence[Run], axes: Sequence[Axis] | None = None) -> list[Group]:
    """Runs by configuration, in the order of methods, then of their first runs.

    axes: those of the study; by default what differs among these runs. Groups on one data set that are called
    alike are told apart by their digest.
    """
    named_by = axes_with((), (), runs) if axes is None else axes
    order = {name: position for position, name in enumerate(method_names())}
    by_digest: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.id):
        by_digest.setdefault(run.digest, []).append(run)
    groups = []
    for digest, members in by_digest.items():
        newest = {
            run.seed: run for run in sorted(members, key=lambda run: (run.status == "finished", run.id))
        }
        kept = tuple(newest[seed] for seed in sorted(newest))
        label, data = group_name(kept[0], named_by), data_name(kept[0], named_by)
        groups.append(Group(digest, members[0].method, label, kept, len(members) - len(kept), data))
    groups.sort(key=lambda group: (order.get(group.method, len(order)), group.runs[0].id))
    alike = Counter((group.data, group.label) for group in groups)
    return [
        group
        if alike[group.data, group.label] == 1
        else group._replace(label=f"{group.label} ({group.digest[:4]})")
        for group in groups
    ]


def settings_that_differ(groups: Sequence[Group]) -> dict[str, list[Any]]:
    """Dotted path → value in each group (None where it has no such setting), for the settings that are not
    all equal.

    Settings that a method has alone are left out unless all groups have them: another method is another
    objective.
    """
    flat = [
        {path: value for path, value in flatten(group.runs[0].settings).items() if path != "seed"}
        for group in groups
    ]
    several_methods = len({group.method for group in groups}) > 1
    paths = dict.fromkeys(path for settings in flat for path in settings)
    return {
        path: [settings.get(path) for settings in flat]
        for path in paths
        if any(settings.get(path) != flat[0].get(path) for settings in flat)
        and not (
            several_methods
            and path.startswith("objective.")
            and not all(path in settings for settings in flat)
        )
        and not (several_methods and path == "objective.name")
    }


def panels_of(results: Mapping[str, Sequence[Any]]) -> list[Panel]:
    """The questions that stored results answer: the three of partial information first, then each label.

    results: columns run_id, task, metric, value, facts, as storage gives them.
    """
    tasks: dict[str, dict[str, Mapping[str, Any]]] = {}
    metrics: dict[str, set[str]] = {}
    for task, metric, facts in zip(results["task"], results["metric"], results["facts"], strict=True):
        name = facts["measures"] if facts.get("measures") in PANELS else task
        tasks.setdefault(name, {})[task] = facts
        metrics.setdefault(name, set()).add(metric)
    found = []
    for name in sorted(tasks, key=lambda name: (PANELS.index(name) if name in PANELS else len(PANELS), name)):
        headline = [metric for metric in all_metrics() if metric in metrics[name]]
        own = {task: tasks[name][task] for task in sorted(tasks[name])}
        chances = {facts.get("chance") for facts in tasks[name].values()}
        chance = chances.pop() if len(chances) == 1 else None
        for metric in headline:
            shown = name if len(headline) == 1 else f"{name}, {metric_label(metric)}"
            found.append(Panel(shown, metric, chance if all_metrics()[metric].has_chance else None, own))
    return found


def headline(panels: Sequence[Panel]) -> Panel:
    """The question that the answer at the top is about: synergy, where that was measured."""
    return next((panel for panel in panels if panel.name == "synergy"), panels[0])


def competitors(groups: Sequence[Group]) -> list[Group]:
    """All groups but references: those whose method trains with the labels that the others are probed for, so
    that they are something to look up to and compared with nobody. All, where no other is there."""
    methods = members_of(ObjectiveSettings)
    able = [
        group for group in groups if group.method not in methods or not methods[group.method].NEEDS_LABELS
    ]
    return able or list(groups)


def usual_baseline(groups: Sequence[Group], answered: Collection[str]) -> Group:
    """The group that the others are compared with where nobody chose one: CoMM, else the last. Only groups
    that have results (`answered`, digests) are taken, as long as there is one."""
    competing = competitors(groups)
    able = [group for group in competing if group.digest in answered] or competing
    return next((group for group in able if group.method == "comm"), able[-1])
