"""From what a launch form holds to the runs it starts, and every mistake in it as one line. No Streamlit
here."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.training.configuring import Planned
from app.wording.fields import changes_between, flatten, show_list
from engine.presets.layers import BY_MODALITY, merge
from engine.presets.preset import StudyPlan, load_preset, method_names, preset_names
from engine.settings.experiment import SettingsError, parse
from storage.run import Run

MOST_RUNS = 500
"""Runs that one form may start; more are a typing mistake."""


def parse_seeds(text: str) -> tuple[int, ...]:
    """ "0-2, 7" as (0, 1, 2, 7), without repeats. Raises `SettingsError` for anything else, or more than
    `MOST_RUNS`."""
    seeds: dict[int, None] = {}
    for word in filter(None, (word.strip() for word in text.split(","))):
        match = re.fullmatch(r"([0-9]{1,10})(?:\s*[-–]\s*([0-9]{1,10}))?", word)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
        if last < first or last > 2**31 - 1:
            raise SettingsError(
                f"seeds: numbers and ranges from 0 to {2**31 - 1:,} with commas between, such as 0-2, 7; "
                f"got '{word}'"
            )
        if last - first >= MOST_RUNS:
            raise SettingsError(f"seeds: at most {MOST_RUNS} at once; got '{word}'")
        seeds |= dict.fromkeys(range(first, last + 1))
    if not seeds:
        raise SettingsError("seeds: at least one is needed, such as 0-2, 7")
    return tuple(seeds)


def from_dataset(content: Mapping[str, Any], title: str) -> StudyPlan:
    """A start from a data set alone: every other setting has its default, every method is offered."""
    return StudyPlan(
        name="",
        title=title,
        description="",
        methods=tuple(method_names()[:2]),
        seeds=(0, 1, 2),
        common={"data": dict(content)},
    )


def from_run(run: Run) -> StudyPlan:
    """A start from a stored run: its settings, with the other methods' own from the preset that it came
    from."""
    settings = {key: value for key, value in run.settings.items() if key not in {"seed", "objective"}}
    settings["data"] = {key: value for key, value in settings["data"].items() if key != "fingerprint"}
    others = load_preset(run.preset).method if run.preset in preset_names() else {}
    own = {
        name: {"objective": content["objective"]}
        for name, content in others.items()
        if "objective" in content
    }
    return StudyPlan(
        name=run.preset or "",
        title=run.study,
        description="",
        methods=(run.method,),
        seeds=(run.seed,),
        common=settings,
        method=own | {run.method: {"objective": run.settings["objective"]}},
    )


def shared_settings(start: StudyPlan) -> dict[str, Any]:
    """The settings that all methods of a start share, complete, without objective and seed. Raises
    `SettingsError`."""
    base = start.model_copy(update={"method": {}}).experiment(method_names()[0], 0).model_dump(mode="json")
    return {key: value for key, value in base.items() if key not in {"objective", "seed"}}


def objective_settings(start: StudyPlan, method: str) -> dict[str, Any]:
    """The complete objective settings of one method of a start. Raises `SettingsError`."""
    content: dict[str, Any] = start.experiment(method, 0).objective.model_dump(mode="json")
    return content


def plan(
    start: StudyPlan,
    title: str,
    methods: Sequence[str],
    seeds: Sequence[int],
    shared: Mapping[str, Any],
    objectives: Mapping[str, Mapping[str, Any]],
) -> list[Planned]:
    """Every method with every seed.

    shared: `shared_settings` as edited; objectives: each method's `objective_settings` as edited. What a
    start sets for one method alone stays, unless it was edited. Raises `SettingsError` whose `lines` name
    every mistake once.
    """
    planned: list[Planned] = []
    mistakes = dict.fromkeys(_mistakes_of_grid(title, methods, seeds))
    base = shared_settings(start)
    for method in () if mistakes else methods:
        content = start.experiment(method, 0).model_dump(mode="json")
        content = merge(content, changes_between(base, shared)) | {"objective": dict(objectives[method])}
        for (
            group
        ) in BY_MODALITY:  # a modality that is not named has the data set's own, so these are never merged
            content[group] = dict(shared[group])
        try:
            settings = parse(content)
        except SettingsError as error:
            mistakes |= dict.fromkeys(error.lines)
            continue
        planned += [
            Planned(title.strip(), settings.model_copy(update={"seed": seed}), start.name or None)
            for seed in seeds
        ]
    if mistakes:
        raise SettingsError(next(iter(mistakes)), tuple(mistakes))
    return planned


def _mistakes_of_grid(title: str, methods: Sequence[str], seeds: Sequence[int]) -> list[str]:
    lines = [] if title.strip() else ["name: give this comparison a name"]
    if not methods:
        lines.append("methods: choose at least one")
    if len(methods) * len(seeds) > MOST_RUNS:
        lines.append(
            f"{len(methods)} methods × {len(seeds)} seeds are {len(methods) * len(seeds)} runs; at most "
            f"{MOST_RUNS} at once"
        )
    return lines


def edited_lines(base: Mapping[str, Any], edited: Mapping[str, Any]) -> list[str]:
    """What was changed, one line a setting: "training.epochs: 6 → 3"."""
    before, after = flatten(base), flatten(edited)
    paths = [
        path
        for path in before | after
        if before.get(path) != after.get(path) and {} not in (before.get(path), after.get(path))
    ]
    return [f"{path}: {_show(before.get(path))} → {_show(after.get(path))}" for path in paths]


def _show(value: Any) -> str:
    if isinstance(value, list):
        return show_list(value) or "empty"
    words = {None: "default", True: "on", False: "off"}
    return (
        words[value]
        if value is None or isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
