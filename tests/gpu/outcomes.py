"""What a part of the device check finds, as lines of JSON while it runs, and the one table at the end."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

COLUMNS = {
    "step_ms": ("step, ms", "{:,.1f}"),
    "cpu_ms": ("CPU, ms", "{:,.1f}"),
    "samples_per_second": ("samples/s", "{:,.0f}"),
    "peak_gib": ("peak, GiB", "{:.2f}"),
    "busy": ("busy", "{:.0%}"),
    "times_comm": ("× CoMM", "{:.2f}"),
    "host_waits": ("host waits", "{:.0f}"),
}
"""Figures of a timed step: key in the JSON → heading and format.

busy: share of the step in which the device computes (on a CPU: CPU time over wall time × threads); host
waits: places in one step where the host waits for the device; CPU: of a step on a CPU, its time in all
threads, which neighbours on the machine disturb less, and by which steps are then compared.
"""


@dataclass(frozen=True)
class Outcome:
    """What became of one case. verdict: ok, FAILED, measured, not here (this machine cannot) or no time."""

    verdict: str
    note: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One case of a part, and its outcome."""

    part: str
    case: str
    outcome: Outcome


def write_line(file: Path, content: Mapping[str, object]) -> None:
    """Add a line to the file that a part reports through; what stands there survives the part's end."""
    with file.open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(content) + "\n")


def read_rows(file: Path, part: str, verdict: str, why: str) -> list[Row]:
    """The rows a part reported, and one with this verdict and reason for each case that it planned and
    left."""
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    planned = next((line["planned"] for line in lines if "planned" in line), ["everything"])
    found = {line["case"]: Outcome(**line["outcome"]) for line in lines if "case" in line}
    return [Row(part, case, found.get(case, Outcome(verdict, why))) for case in planned]


def beside_comm(rows: Sequence[Row]) -> list[Row]:
    """The rows with each timed step over that of CoMM in the same part and mode; a case is "method, mode"."""
    taken = {(row.part, row.case): row.outcome.figures for row in rows}
    steps = {key: own.get("cpu_ms", own.get("step_ms")) for key, own in taken.items()}

    def related(row: Row) -> Row:
        _, _, mode = row.case.partition(", ")
        own, comm = steps[row.part, row.case], steps.get((row.part, f"comm, {mode}"))
        if not own or not comm:
            return row
        figures = {**row.outcome.figures, "times_comm": own / comm}
        return Row(row.part, row.case, Outcome(row.outcome.verdict, row.outcome.note, figures))

    return [related(row) for row in rows]


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    headings = ["part", "case", *(heading for heading, _ in COLUMNS.values()), "verdict"]
    lines = [headings, ["---"] * len(headings)]
    for row in rows:
        figures = [
            form.format(row.outcome.figures[key]) if key in row.outcome.figures else ""
            for key, (_, form) in COLUMNS.items()
        ]
        told = dict.fromkeys((row.outcome.verdict, row.outcome.note))
        verdict = ": ".join(text for text in told if text)
        lines.append([row.part, row.case, *figures, verdict.replace("|", "/")])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def as_json(rows: Sequence[Row], facts: Mapping[str, object]) -> str:
    """The rows and the facts of the machine as JSON."""
    content = [{"part": row.part, "case": row.case, **asdict(row.outcome)} for row in rows]
    return json.dumps({"machine": dict(facts), "rows": content}, indent=1)
