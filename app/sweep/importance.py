"""Which settings matter: what a forest is asked, in a process of its own, and what it answers. No Streamlit
here; the method stands in `preview.importance`."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from app.charts.importance import SHARES
from app.groups.grouping import Group
from app.groups.naming import value_words
from app.preview.requests import obtain
from app.sweep.axes import Setting
from app.sweep.questions import Question

FEWEST = 10
"""Configurations below which nothing is said: a forest that is grown on ten has some four to be tried on."""


class Shares(NamedTuple):
    """What was found: a frame of `SHARES`, and the share of the variance that the forest foretells of
    configurations it has not seen, with its interval."""

    frame: pl.DataFrame
    explained: tuple[float, float, float]


def refused(groups: Sequence[Group], question: Question, settings: Sequence[Setting]) -> str | None:
    """Why the importance of settings cannot be told; None where it can."""
    able = [group for group in groups if question.of_group(group)]
    if not settings:
        return "No setting differs between these configurations."
    if len(able) < FEWEST:
        return (
            f"The importance of settings needs {FEWEST} configurations with a figure, and here are "
            f"{len(able)}: of fewer, any setting can seem to matter by chance."
        )
    means = [question.over(list(question.of_group(group).values())).mean for group in able]
    if max(means) - min(means) < 1e-12:
        return "All configurations have the same figure: there is nothing that a setting could explain."
    return None


def shares(groups: Sequence[Group], question: Question, settings: Sequence[Setting], home: Path) -> Shares:
    """The shares of each setting (and of the method, where there are several), the largest first. Takes
    seconds the first time. Raises `PreviewError` where the process fails."""
    facts = obtain("importance", request(groups, question, settings), home).facts
    rows = []
    words = {setting.path: setting.words for setting in settings}
    for path, found in facts["settings"].items():
        share, low, high = (100 * value for value in found)
        rows.append((words.get(path, path), share, low, high, f"{share:.0f} % [{low:.0f}, {high:.0f}]"))
    rows.sort(key=lambda row: -row[1])
    return Shares(pl.DataFrame(rows, schema=SHARES, orient="row"), tuple(facts["explained"]))


def request(groups: Sequence[Group], question: Question, settings: Sequence[Setting]) -> dict[str, Any]:
    """Figures and settings of the configurations that have a figure, as numbers: of settings drawn by ratio
    the logarithm, of others with names a column for each name; a setting that a configuration lacks lies
    below all others."""
    able = [group for group in groups if question.of_group(group)]
    figures = [question.over(list(question.of_group(group).values())).mean for group in able]
    columns: dict[str, list[list[float]]] = {}
    methods = list(dict.fromkeys(group.method for group in able))
    if len(methods) > 1:
        columns["method"] = [[float(group.method == name) for group in able] for name in methods]
    for setting in settings:
        there = [group.digest for group in able if group.digest in setting.values]
        if len(setting.distinct(there)) > 1:
            columns[setting.path] = _numbers(setting, able)
    return {"figures": figures, "settings": columns}


def _numbers(setting: Setting, groups: Sequence[Group]) -> list[list[float]]:
    values: Mapping[str, Any] = setting.values
    if not setting.is_number:
        names = [value_words(value) for value in setting.distinct()]
        return [[float(setting.shown(group.digest) == name) for group in groups] for name in names]
    scale = math.log if setting.is_log else float
    there = [scale(values[group.digest]) for group in groups if group.digest in values]
    below = 2 * min(there) - max(there) - 1 if there else 0.0
    return [[scale(values[g.digest]) if g.digest in values else below for g in groups]]
