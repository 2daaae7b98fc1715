"""Stored decompositions as typed rows, and what several seeds of one configuration say together. No Streamlit
here."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from app.groups.grouping import Group
from app.groups.readings import reading, show_estimate
from app.groups.seed_statistics import (
    UNBOUNDED,
    Estimate,
    Measured,
    PairedDifference,
    Range,
    estimate,
    paired_difference,
)
from app.groups.seed_tests import Decision, decide
from app.wording.figures import show_fixed
from app.wording.units import BITS
from engine.information.results import LOSSES, WITHHELD, SampleDecomposition

ENCODERS = ("trained", "untrained", "raw")
ATOMS = ("redundancy", "unique1", "unique2", "synergy")
SIGNED = ("synergy", "gain", "interaction", "complementarity")
"""Quantities that may be below zero."""
LOST = {
    "fusion": "fusion loss: less than the modalities alone tell",
    "reading": "reading loss: the probe reads less than from the modalities alone",
}
NOTHING = 0.005
"""Bits below which nothing is claimed."""


class Row(NamedTuple):
    """One decomposition of one run."""

    run_id: int
    task: str
    sides: str
    encoder: str
    epoch: int
    decomposition: SampleDecomposition


class Combined(NamedTuple):
    """One task of one configuration and encoder, over its seeds; `rows` by seed."""

    group: Group
    task: str
    sides: str
    encoder: str
    rows: tuple[Row, ...]

    def over_seeds(self, name: str) -> Estimate:
        """Mean over seeds of one quantity, with the interval that every page shows."""
        return figure(self.rows, name)

    def by_seed(self) -> dict[int, float]:
        """seed → bits of captured synergy."""
        return {seed: bits.value for seed, bits in _measured(self).items()}

    @property
    def at_least(self) -> float:
        """Bits of synergy that are claimed: the lower limit, not below zero; 0 where the claim is
        withheld."""
        return 0.0 if self._withheld else claimed(self.over_seeds("synergy"))

    @property
    def first_seed(self) -> SampleDecomposition:
        """Any seed's result, for what all share: n, probe, kind, ceiling."""
        return self.rows[0].decomposition

    @property
    def remarks(self) -> list[str]:
        """What is to be minded in any seed, each once: none of it takes a claim back, and what does is in
        `why_nothing`."""
        said = dict.fromkeys(warning for row in self.rows for warning in row.decomposition.warnings)
        return [warning for warning in said if warning not in (*LOSSES.values(), WITHHELD)]

    @property
    def why_nothing(self) -> str:
        """Why no synergy is claimed; empty exactly where some is."""
        synergy = self.over_seeds("synergy")
        if self.at_least >= NOTHING:
            return ""
        if self._withheld:
            return "not traced to both modalities: one alone may be read less well than the fusion reads it"
        if synergy.low is None:
            return "there is no interval"
        if synergy.high is not None and synergy.high < 0:
            gain = self.over_seeds("gain")
            fusion = gain.high is not None and gain.high < 0
            return LOST["fusion" if fusion else "reading"]
        return "the interval holds zero" if synergy.low <= 0 else f"less than {show_fixed(NOTHING, 3)} bits"

    @property
    def _withheld(self) -> bool:
        return any(row.decomposition.withheld for row in self.rows)


def figure(rows: Sequence[Row], name: str) -> Estimate:
    """One quantity of these runs' decompositions, in bits: mean and interval over seeds, whose measurement
    errors are the runs' own bootstrap intervals. It stays below H(Y), and above 0 where it has no sign."""
    known = [getattr(row.decomposition, name) for row in rows]
    runs: list[float | Measured] = [
        Measured(estimated.value, estimated.value - estimated.low, estimated.high - estimated.value)
        for estimated in known
    ]
    top = max(row.decomposition.entropy for row in rows)
    if rows[0].decomposition.kind == "regression" or any(abs(estimated.value) > top for estimated in known):
        return estimate(runs, within=UNBOUNDED)
    signed = name in SIGNED or any(estimated.value < 0 for estimated in known)
    return estimate(runs, within=Range(-top if signed else 0.0, top))


def tells_kinds(rows: Sequence[Row]) -> bool:
    """Whether all of these tell interaction and complementarity, which earlier versions did not."""
    return all(row.decomposition.interaction is not None for row in rows)


def claimed(synergy: Estimate) -> float:
    """ "At least" so many bits: the lower limit, not below zero; 0 where there is none."""
    return max(synergy.at_least or 0.0, 0.0)


def paired_bits(ours: Combined, baseline: Combined) -> PairedDifference:
    """Captured synergy of one group minus another's, paired by seed."""
    return paired_difference(_measured(ours), _measured(baseline), within=UNBOUNDED)


HELD = ("synergy", "label")
"""What a task measures whose captured synergy is of interest; of redundant and unique labels it is none."""


def holding(combined: Sequence[Combined], measures: Mapping[str, str]) -> list[Combined]:
    """The trained ones of tasks that can hold synergy, or all where no task can. measures: task → what it
    measures, "label" where that is not stated."""
    trained = [member for member in combined if member.encoder == "trained"]
    return [member for member in trained if measures.get(member.task, "label") in HELD] or trained


Asked = tuple[str, str, str]
"""Which difference: the digest of a group, a task and its sides."""


def decide_bits(combined: Sequence[Combined], baseline: str) -> dict[Asked, Decision]:
    """Captured synergy of every group minus the baseline's of the same task, sides and data set: one family.
    combined: what `holding` gives; baseline: a label."""
    bases = {
        (member.group.data, member.task, member.sides): member
        for member in combined
        if member.group.label == baseline
    }
    pairs = [
        (member, bases[key])
        for member in combined
        if member.group.label != baseline and (key := (member.group.data, member.task, member.sides)) in bases
    ]
    decisions = decide([paired_bits(*pair) for pair in pairs])
    return {asked_of(member): decision for (member, _), decision in zip(pairs, decisions, strict=True)}


def _measured(combined: Combined) -> dict[int, Measured]:
    seeds = {run.id: run.seed for run in combined.group.runs}
    synergies = {seeds[row.run_id]: row.decomposition.synergy for row in combined.rows}
    return {seed: Measured(s.value, s.value - s.low, s.high - s.value) for seed, s in synergies.items()}


def read_rows(columns: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Rows from columns run_id, task, sides, encoder, epoch, content, as storage gives them."""
    names = ("run_id", "task", "sides", "encoder", "epoch", "content")
    rows = [
        dict(zip(names, row, strict=True)) for row in zip(*(columns[name] for name in names), strict=True)
    ]
    return [
        Row(
            decomposition=SampleDecomposition.model_validate(row["content"]),
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
    combinations = []
    newest = {(row.task, row.sides, row.encoder, row.run_id): row for row in latest(rows)}
    for task, sides in dict.fromkeys((row.task, row.sides) for row in newest.values()):
        for group in groups:
            for encoder in ENCODERS:
                keys = [(task, sides, encoder, run.id) for run in group.runs]
                members = tuple(newest[key] for key in keys if key in newest)
                if members:
                    combinations.append(Combined(group, task, sides, encoder, members))
    return combinations


def claim(combined: Combined) -> str:
    """ "at least 0.310 bits (usable with this probe, N = 4,000)", or that there is nothing to claim, and
    why."""
    many = f" over {len(combined.rows)} seeds" if len(combined.rows) > 1 else ""
    usable = f"(usable with this probe, N = {combined.first_seed.n:,}{many})"
    why = combined.why_nothing
    return (
        f"none that can be claimed: {why} {usable}"
        if why
        else f"at least {BITS.show(combined.at_least)} {usable}"
    )


def by_mean(combined: Sequence[Combined]) -> list[Combined]:
    """The trained groups, the one with the most captured synergy on average first."""
    trained = [member for member in combined if member.encoder == "trained"]
    return sorted(trained, key=lambda member: -member.over_seeds("synergy").mean)


def sentences(
    task: str, combined: Sequence[Combined], decided: Mapping[Asked, Decision], baseline: str
) -> list[str]:
    """The plain reading of one task: who captured most on average, with its interval; what of it can be
    claimed; whether that is decided against the baseline (or the next against it, where it is the baseline);
    and what untrained encoders read. decided: as `decide_bits` gives it."""
    ranked = by_mean(combined)
    if not ranked:
        return [f"{task}: no trained encoder has been decomposed."]
    first, ceiling = ranked[0], ranked[0].first_seed.ceiling
    known = first.first_seed.ceiling_kind == "exact"
    if known and ceiling is not None and ceiling < NOTHING and all(member.why_nothing for member in ranked):
        return ["There is no synergy in this task, and none can be claimed."]
    of = (
        ""
        if ceiling is None or ceiling < NOTHING
        else f" of {'' if known else 'an estimated '}{BITS.number(ceiling)}"
    )
    most = "captures the most synergy on average" if len(ranked) > 1 else "captures synergy"
    shown = show_estimate(first.over_seeds("synergy"), BITS)
    said = [f"{first.group.label} {most}: {shown}{of}; {claim(first)}."]
    asked = [
        (member, decision) for member in ranked if (decision := decided.get(asked_of(member))) is not None
    ]
    said += [f"{reading(member.group.label, baseline, decision, BITS)}." for member, decision in asked[:1]]
    untrained = [member.over_seeds("synergy").mean for member in combined if member.encoder == "untrained"]
    if untrained:
        low, high = (BITS.number(value) for value in (min(untrained), max(untrained)))
        said.append(f"Untrained encoders: {low if low == high else f'{low} to {high}'} bits.")
    return said


def asked_of(member: Combined) -> Asked:
    """What tells its difference to the baseline from all others."""
    return member.group.digest, member.task, member.sides
