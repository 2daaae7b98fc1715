"""What every tab of a study page gets: the runs that are looked at, in groups, with their results. No
Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.groups.grouping import Group, Panel, group_runs, panels_of
from app.groups.naming import Axis, axes_with, read_axes
from storage.run import Run
from storage.studies import Study


class DataView(NamedTuple):
    """The part of a study on one data set: its groups, and the questions that their results answer."""

    name: str
    groups: tuple[Group, ...]
    panels: tuple[Panel, ...]
    results: Mapping[str, Sequence[Any]]


class StudyView(NamedTuple):
    """Runs looked at together. study: None where a link names runs alone. runs: newest first, every one that
    is looked at; groups leave out older runs of a seed. results: of the groups' runs, as storage gives them.
    """

    study: Study | None
    axes: tuple[Axis, ...]
    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    results: Mapping[str, Sequence[Any]]

    @property
    def name(self) -> str:
        """The study's name; of runs of several studies their names."""
        if self.study is not None:
            return self.study.name
        return ", ".join(dict.fromkeys(run.study for run in reversed(self.runs)))

    @property
    def ids(self) -> list[int]:
        """Numbers of the groups' runs."""
        return [run.id for group in self.groups for run in group.runs]

    @property
    def labels(self) -> dict[str, str]:
        """Digest → the group's name among all groups, with the data set where there are several."""
        several = len({group.data for group in self.groups}) > 1
        return {
            group.digest: f"{group.label} · {group.data}" if several else group.label for group in self.groups
        }

    def by_data(self) -> list[DataView]:
        """One part a data set, in the order in which the groups name them. Comparisons are made within a
        part."""
        parts = []
        for name in dict.fromkeys(group.data for group in self.groups):
            groups = tuple(group for group in self.groups if group.data == name)
            results = only_of(self.results, {run.id for group in groups for run in group.runs})
            parts.append(DataView(name, groups, tuple(panels_of(results)), results))
        return parts


def view_of(study: Study | None, runs: Sequence[Run], results: Mapping[str, Sequence[Any]]) -> StudyView:
    """The view of these runs, newest first. results: columns run_id, task, metric, value, facts, of at least
    these runs."""
    axes = axes_with(read_axes(study.axes if study else ()), (), runs)
    groups = tuple(group_runs(runs, axes))
    ids = {run.id for group in groups for run in group.runs}
    return StudyView(study, axes, tuple(runs), groups, only_of(results, ids))


def only_of(results: Mapping[str, Sequence[Any]], run_ids: set[int]) -> dict[str, list[Any]]:
    """The rows of these runs, of columns with `run_id`."""
    kept = [place for place, run_id in enumerate(results["run_id"]) if run_id in run_ids]
    return {name: [values[place] for place in kept] for name, values in results.items()}
