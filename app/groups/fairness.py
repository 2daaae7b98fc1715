"""What must be said beside a verdict: that groups differ in their data, or in more than the method. No
Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.groups.grouping import Group, settings_that_differ
from app.wording.names import data_label

MEASURED = {
    "n_train": "probe samples",
    "n_test": "test samples",
    "classes": "classes",
    "fingerprint": "content of the data",
}
"""Facts stored beside results that are the same for all runs on the same data."""
MOST = 4
"""Things that one sentence names."""


def cautions(groups: Sequence[Group], results: Mapping[str, Sequence[Any]]) -> list[str]:
    """Sentences on why a difference between these groups may come from something else than the method; none
    where all shared settings and data are equal. results: of these groups' runs, as storage gives them."""
    said = []
    differing = settings_that_differ(groups)
    data = [path.removeprefix("data.") for path in differing if path.startswith("data.")]
    data = ["content of the file" if name == "fingerprint" else name for name in data]
    labels = dict.fromkeys(data_label(run) for group in groups for run in group.runs)
    if len(labels) > 1:
        said.append(
            f"The groups are trained on different data ({_few(list(labels))}): they cannot be compared."
        )
    elif data:
        said.append(f"The groups differ in their data ({_few(data)}): a difference may come from that.")
    measured = _measured_on(groups, results)
    if measured and len(labels) == 1:
        said.append(
            f"Not all runs were measured on the same data ({_few(measured)}): a difference may come from "
            "that."
        )
    other = [path for path in differing if not path.startswith(("objective.", "data."))]
    if other:
        said.append(
            f"The groups differ in more than the method ({_few(other)}): a difference may come from that."
        )
    return said


def _measured_on(groups: Sequence[Group], results: Mapping[str, Sequence[Any]]) -> list[str]:
    """In what the runs' results of one task differ: "test samples of synergy: 60, 4,000"."""
    ids = {run.id for group in groups for run in group.runs}
    found: dict[tuple[str, str], dict[Any, None]] = {}
    for run_id, task, facts in zip(*(results[name] for name in ("run_id", "task", "facts")), strict=True):
        if run_id in ids:
            for name in MEASURED:
                if facts.get(name) is not None:
                    found.setdefault((task, name), {})[facts[name]] = None
    return [
        f"{MEASURED[name]} of {task}: {', '.join(map(_fact, values))}"
        for (task, name), values in found.items()
        if len(values) > 1
    ]


def _fact(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)[:8]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:MOST]) + (" …" if len(names) > MOST else "")
