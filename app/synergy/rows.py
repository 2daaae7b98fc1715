"""Stored decompositions as typed rows, and what several seeds of one configuration say together. No Streamlit
here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from app.groups.grouping import Group
from app.groups.seed_statistics import half_width
from engine.information.results import SampleDecomposition

ENCODERS = ("trained", "untrained", "raw")
ATOMS = ("redundancy", "unique1", "unique2", "synergy")
NOTHING = 0.005
"""Bits that round to 0.00 or 0.01: below, nothing is claimed."""


class Row(NamedTuple):
    """One decomposition of one run."""

    run_id: int
    task: str
    sides: str
    encoder: str
    epoch: int
    found: SampleDecomposition


class Together(NamedTuple):
    """A quantity over seeds, in bits: the mean, and the interval that is claimed for it."""

    value: float
    low: float
    high: float


class Combined(NamedTuple):
    """One task of one configuration and encoder, over its seeds; `rows` by seed."""

    group: Group
    task: str
    sides: str
    encoder: str
    rows: tuple[Row, ...]

    def over_seeds(self, name: str) -> Together:
        """Mean over seeds with an interval that holds both kinds of doubt.

        Each run's own interval tells how sure its reading is; the t-interval over seeds tells how much runs
        differ. Of the two lower limits the lower is claimed, of the upper ones the higher.
        """
        estimates = [getattr(row.found, name) for row in self.rows]
        values = np.array([one.value for one in estimates])
        low, high = (
            float(np.mean([one.low for one in estimates])),
            float(np.mean([one.high for one in estimates])),
        )
        mean = float(values.mean())
        if len(values) > 1:
            half = half_width(len(values)) * float(values.std(ddof=1))
            low, high = min(low, mean - half), max(high, mean + half)
        return Together(mean, low, high)

    @property
    def at_least(self) -> float:
        """Bits of synergy that are claimed: the lower limit, not below zero."""
        return max(self.over_seeds("synergy").low, 0.0)

    @property
    def one(self) -> SampleDecomposition:
        """Any seed's result, for what all share: n, probe, kind, ceiling."""
        return self.rows[0].found

    @property
    def warnings(self) -> list[str]:
        """What was warned of in any seed, each once."""
        return list(dict.fromkeys(warning for row in self.rows for warning in row.found.warnings))

    @property
    def why_nothing(self) -> str:
        """Why no synergy can be claimed; empty where it can."""
        synergy = self.over_seeds("synergy")
        if synergy.high < 0:
            return (
                "fusion loss: less than the modalities alone tell"
                if self.over_seeds("gain").high < 0
                else "reading loss: the probe reads less than from the modalities alone"
            )
        if synergy.low <= 0:
            return (
                "not traced to both modalities: one alone may be read less well than the fusion reads it"
                if any(row.found.withheld for row in self.rows)
                else "the interval holds zero"
            )
        if any(row.found.probe_limited for row in self.rows):
            return "probe-limited: more samples would move what is read"
        return ""


def read_rows(columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Rows from columns run_id, task, sides, encoder, epoch, content, as storage gives them."""
    names = ("run_id", "task", "sides", "encoder", "epoch", "content")
    rows = [
        dict(zip(names, row, strict=True)) for row in zip(*(columns[name] for name in names), strict=True)
    ]
    return [
        Row(
            found=SampleDecomposition.model_validate(row["content"]),
            **{name: row[name] for name in names[:5]},
        )
        for row in rows
    ]


def latest(rows: Sequence[Row]) -> list[Row]:
    """Of every run, task, sides and encoder the one after the most epochs."""
    newest: dict[tuple[int, str, str, str], Row] = {}
    for row in rows:
        key = (row.run_id, row.task, row.sides, row.encoder)
        if key not in newest or row.epoch >= newest[key].epoch:
            newest[key] = row
    return list(newest.values())


def combine(groups: Sequence[Group], rows: Sequence[Row]) -> list[Combined]:
    """By task, then sides, group and encoder; only the latest of each run."""
    found = []
    newest = latest(rows)
    for task, sides in dict.fromkeys((row.task, row.sides) for row in newest):
        for group in groups:
            order = [run.id for run in group.runs]
            for encoder in ENCODERS:
                members = [
                    row
                    for row in newest
                    if (row.task, row.sides, row.encoder) == (task, sides, encoder) and row.run_id in order
                ]
                if members:
                    members.sort(key=lambda row: order.index(row.run_id))
                    found.append(Combined(group, task, sides, encoder, tuple(members)))
    return found


def claim(combined: Combined) -> str:
    """ "at least 0.31 bits (usable with this probe, N = 4,000)", or that there is nothing to claim."""
    many = f" over {len(combined.rows)} seeds" if len(combined.rows) > 1 else ""
    usable = f"(usable with this probe, N = {combined.one.n:,}{many})"
    return (
        f"at least {combined.at_least:.2f} bits {usable}"
        if combined.at_least >= NOTHING
        else f"none that can be claimed {usable}"
    )


def sentence(task: str, combined: Sequence[Combined]) -> str:
    """The plain reading of one task: who captured at least how much of what there is, and what untrained
    encoders read."""
    trained = sorted((one for one in combined if one.encoder == "trained"), key=lambda one: -one.at_least)
    if not trained:
        return f"{task}: no trained encoder has been decomposed."
    ceiling = trained[0].one.ceiling
    about = "an estimated " if trained[0].one.ceiling_kind == "estimate" else ""
    parts: list[str] = []
    for one in trained:
        if one.at_least >= NOTHING:
            of = f" of {about}{ceiling:.2f}" if ceiling is not None and not parts else ""
            parts.append(f"{one.group.label} captured at least {one.at_least:.2f}{of} bits of synergy")
        else:
            parts.append(
                f"{one.group.label} none"
                if parts
                else f"{one.group.label} captured no synergy that can be claimed"
            )
    nothing_there = trained[0].one.ceiling_kind == "exact" and ceiling is not None and ceiling < NOTHING
    if nothing_there and trained[0].at_least < NOTHING:
        return "There is no synergy in this task, and none was read."
    untrained = [one.over_seeds("synergy").value for one in combined if one.encoder == "untrained"]
    if untrained:
        low, high = min(untrained), max(untrained)
        parts.append(
            f"untrained {_plain(low)}"
            if high - low < NOTHING
            else f"untrained {_plain(low)} to {_plain(high)}"
        )
    return f"{'; '.join(parts)}."


def _plain(bits: float) -> str:
    """Two decimals, and no sign on what rounds to nothing."""
    return f"{bits:.2f}" if abs(bits) >= NOTHING else "0.00"
