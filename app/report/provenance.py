"""Where the figures of a report come from: settings that differ and those that do not, data, runs with their
hashes, versions. Rows of texts; no Streamlit here."""

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from app.groups.grouping import settings_that_differ
from app.report.content import Content
from app.wording.fields import flatten, show_list
from app.wording.names import method_label, show_seeds
from app.wording.truth import truth_words

Rows = list[dict[str, str]]
MOST_RUNS = 600
"""Rows of the table of runs."""
MOST_GROUPS = 60
"""Configurations whose settings are set side by side."""
PACKAGES = ("infmasking-studio", "torch", "numpy", "scipy", "scikit-learn", "polars", "altair")
NOT_COMPARED = ("seed", "data.fingerprint")


def differing_settings(content: Content) -> Rows:
    """A row a configuration, a column a setting in which they differ; on each data set by itself."""
    rows: Rows = []
    for part in content.view.by_data():
        differing = settings_that_differ(part.groups)
        if not differing:
            continue
        for place, group in enumerate(part.groups[:MOST_GROUPS]):
            rows.append(
                {"Data": part.name, "Configuration": group.label}
                | {path: _value(values[place]) for path, values in differing.items()}
            )
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return [{name: row.get(name, "–") for name in columns} for row in rows]


def equal_settings(content: Content) -> Rows:
    """Setting and value of what is the same in all runs."""
    flat = [flatten(group.runs[0].settings) for group in content.view.groups]
    if not flat:
        return []
    return [
        {"Setting": path, "Value": _value(value)}
        for path, value in flat[0].items()
        if path not in NOT_COMPARED and all(path in other and other[path] == value for other in flat)
    ]


def method_settings(content: Content) -> Rows:
    """Method, setting and value of what is the same in all runs of a method and not in those of all."""
    everywhere = {row["Setting"] for row in equal_settings(content)}
    flat: dict[str, list[dict[str, Any]]] = {}
    for group in content.view.groups:
        flat.setdefault(method_label(group.method), []).append(flatten(group.runs[0].settings))
    return [
        {"Method": method, "Setting": path, "Value": _value(value)}
        for method, mine in flat.items()
        for path, value in mine[0].items()
        if path.startswith("objective.")
        and path not in everywhere
        and all(path in other and other[path] == value for other in mine)
    ]


def _value(value: object) -> str:
    if isinstance(value, list):
        return show_list(value)
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def data_facts(content: Content) -> Rows:
    """A row a data set and task: what was measured on, and what the data state of themselves."""
    rows: Rows = []
    for part in content.view.by_data():
        prints = sorted(
            {
                str(run.settings["data"].get("fingerprint") or "")
                for group in part.groups
                for run in group.runs
            }
            - {""}
        )
        facts: dict[str, list[Mapping[str, Any]]] = {}
        for task, found in zip(part.results["task"], part.results["facts"], strict=True):
            facts.setdefault(task, []).append(found)
        for task, mine in facts.items():
            chances = sorted({f"{one['chance']:g}" for one in mine if one.get("chance") is not None})
            rows.append(
                {
                    "Data": part.name,
                    "Task": task,
                    "Kind": str(mine[0].get("kind", "–")),
                    "Classes": _all(mine, "classes"),
                    "Probe samples": _all(mine, "n_train"),
                    "Test samples": _all(mine, "n_test"),
                    "Chance": ", ".join(chances) or "–",
                    "Known truth": truth_words(mine[0]) or "–",
                    "Fingerprint of the files": ", ".join(prints) or "made from the settings",
                }
            )
    return rows


def _all(facts: Sequence[Mapping[str, Any]], name: str) -> str:
    values = sorted({one[name] for one in facts if one.get(name) is not None})
    return ", ".join(f"{value:,}" for value in values) or "–"


def run_rows(content: Content) -> tuple[Rows, int]:
    """A row a run with its digests and the SHA-256 of its weights, and how many are left out."""
    kept: dict[int, list[str]] = {}
    for artifact in content.artifacts:
        kept.setdefault(artifact.run_id, []).append(f"{artifact.kind} {artifact.sha256}")
    rows: Rows = []
    for group in content.view.groups:
        for run in group.runs:
            rows.append(
                {
                    "Run": str(run.id),
                    "Data": group.data,
                    "Configuration": group.label,
                    "Seed": str(run.seed),
                    "Status": run.status,
                    "Steps": f"{run.step:,} of {run.steps:,}",
                    "Code": run.code_version or "–",
                    "Settings (digest without seed)": run.digest,
                    "Name in every studio": run.uid or "–",
                    "Weights (SHA-256)": "; ".join(kept.get(run.id, [])) or "–",
                }
            )
    return rows[:MOST_RUNS], max(0, len(rows) - MOST_RUNS)


def overview(content: Content) -> Rows:
    """Facts of the whole: counts, seeds, versions, machines."""
    groups = content.view.groups
    runs = [run for group in groups for run in group.runs]
    seeds = {show_seeds([run.seed for run in group.runs]) for group in groups}
    machines = {_machine(run.machine) for run in runs if run.machine}
    facts = {
        "Configurations": f"{len(groups):,}",
        "Runs": f"{len(runs):,}, of which {sum(run.status == 'finished' for run in runs):,} finished",
        "Seeds": seeds.pop() if len(seeds) == 1 else "they differ between configurations",
        "Older runs of a seed, left out": str(sum(group.repeats for group in groups)),
        "Trained with code": ", ".join(sorted({run.code_version for run in runs if run.code_version})) or "–",
        "Trained on": "; ".join(sorted(machines))
        or ", ".join(sorted({run.host for run in runs if run.host}))
        or "–",
        "This report made with": ", ".join([f"Python {platform.python_version()}", *_versions()]),
    }
    return [{"Fact": name, "Value": value} for name, value in facts.items()]


def _machine(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in list(facts.items())[:12])


def _versions() -> list[str]:
    found = []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def bit_rows(content: Content) -> Rows:
    """A row a question in bits, configuration and encoder: every part and what is claimed."""
    from app.groups.readings import show_estimate
    from app.synergy.frames import bar_name
    from app.wording.units import BITS

    rows: Rows = []
    seen: set[tuple[str, str, str, str]] = set()
    for one in content.combined:
        name = bar_name(one)
        key = (one.group.data, one.task, one.sides, name)
        if key in seen:
            continue
        seen.add(key)
        parts = {
            title: BITS.number(one.over_seeds(part).mean)
            for title, part in (
                ("Redundant", "redundancy"),
                ("Unique 1", "unique1"),
                ("Unique 2", "unique2"),
            )
        }
        rows.append(
            {"Data": one.group.data, "Task": one.task, "Between": one.sides, "Encoder": name}
            | parts
            | {
                "Synergy [95 %]": show_estimate(one.over_seeds("synergy"), BITS),
                "Claimed": one.why_nothing or f"at least {BITS.show(one.at_least)}",
                "Seeds": str(len(one.rows)),
                "N": f"{one.first_seed.n:,}",
            }
        )
    return rows
