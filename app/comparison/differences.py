"""Differences to the baseline and the best group of each question, each decided within its family. No
Streamlit here.

The families of a page (`groups.seed_tests`), each corrected by itself: all differences to the baseline in
scores; all of them in bits; and the best group of each question against every other, in scores and in bits.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.comparison.questions import Arm, Key, Measured, Question
from app.groups.grouping import Group
from app.groups.readings import Reading, reading
from app.groups.scores import difference, seed_values
from app.groups.seed_statistics import PairedDifference
from app.groups.seed_tests import Decision, Verdict, decide
from app.synergy.rows import Combined, paired_bits

KINDS = ("score", "bits")


class Difference(NamedTuple):
    """A group minus the baseline in one question. missing: the label of the one that has no result yet, empty
    where both have."""

    question: Question
    label: str
    method: str
    baseline: str
    decision: Decision
    missing: str = ""

    @property
    def reading(self) -> Reading:
        """It in words."""
        if self.missing:
            return Reading(f"{self.label} − {self.baseline}", "", f"no result of {self.missing} yet")
        return reading(self.label, self.baseline, self.decision, self.question.unit)


def differences(
    measured: Sequence[Measured], arms: Sequence[Arm], baseline: str
) -> dict[tuple[Key, str], Difference]:
    """Every group but references minus the baseline, by question and label; groups that are not on a data set
    have none there."""
    compared: dict[tuple[Key, str], Difference] = {}
    for kind in KINDS:
        asked = [
            (item, arm, data)
            for item in measured
            if item.question.kind == kind
            for arm in arms
            if not arm.reference and arm.label != baseline and (data := item.question.data) in arm.groups
        ]
        base = next((arm for arm in arms if arm.label == baseline), None)
        pairs = [
            (item, arm, arm.groups[data], None if base is None else base.groups.get(data))
            for item, arm, data in asked
        ]
        decisions = decide([_minus(item, ours, other) for item, _, ours, other in pairs])
        for (item, arm, ours, other), decision in zip(pairs, decisions, strict=True):
            missing = baseline if not _has(item, other) else arm.label if not _has(item, ours) else ""
            outcome = Difference(item.question, arm.label, arm.method, baseline, decision, missing)
            compared[item.question.key, arm.label] = outcome
    return compared


def is_best(
    measured: Sequence[Measured],
    arms: Sequence[Arm],
    compared: Mapping[tuple[Key, str], Difference],
    baseline: str,
) -> dict[Key, str]:
    """Question → the label of its best group, where that is decided against every other one, and the
    differences to the baseline (`apart`) say no less."""
    best: dict[Key, str] = {}
    for kind in KINDS:
        contests = []
        for item in measured:
            if item.question.kind != kind:
                continue
            means = _means(item, arms)
            if len(means) > 1:
                sign = -1 if item.question.lower_is_better else 1
                first = max((sign * mean, label) for label, (_, mean) in means.items())[1]
                contests.append((item, first, [label for label in means if label != first], means))
        family = [
            _minus(item, means[first][0], means[other][0])
            for item, first, others, means in contests
            for other in others
        ]
        decisions = iter(decide(family))
        for item, first, others, _ in contests:
            verdicts = [next(decisions).verdict for _ in others]
            if all(verdict == "ahead" for verdict in verdicts) and _agreed(
                item, first, others, compared, baseline
            ):
                best[item.question.key] = first
    return best


def _agreed(
    measured: Measured,
    first: str,
    others: Sequence[str],
    compared: Mapping[tuple[Key, str], Difference],
    baseline: str,
) -> bool:
    """Whether the differences to the baseline say that it is ahead too."""
    key = measured.question.key
    wanted: Verdict = "behind" if first == baseline else "ahead"
    rivals = others if first == baseline else [first]
    verdicts = [compared[key, label].decision.verdict for label in rivals if (key, label) in compared]
    return all(verdict == wanted for verdict in verdicts)


def _means(measured: Measured, arms: Sequence[Arm]) -> dict[str, tuple[Group, float]]:
    """Label → group and mean, of the groups that compete and have measured it."""
    means = {}
    for arm in arms:
        group = arm.groups.get(measured.question.data)
        if group is None or arm.reference:
            continue
        values = _values(measured, group)
        if values:
            means[arm.label] = (group, sum(values) / len(values))
    return means


def _values(measured: Measured, group: Group) -> list[float]:
    if measured.question.kind == "score":
        return list(seed_values(measured.scores, measured.panel, group.digest).values())
    decomposition = _decomposition(measured, group)
    return [] if decomposition is None else list(decomposition.by_seed().values())


def _has(measured: Measured, group: Group | None) -> bool:
    return group is not None and bool(_values(measured, group))


def _minus(measured: Measured, ours: Group, baseline: Group | None) -> PairedDifference:
    if baseline is None:
        return PairedDifference(())
    if measured.question.kind == "score":
        return difference(measured.scores, measured.panel, ours.digest, baseline.digest)
    sides = (_decomposition(measured, ours), _decomposition(measured, baseline))
    return PairedDifference(()) if sides[0] is None or sides[1] is None else paired_bits(sides[0], sides[1])


def _decomposition(measured: Measured, group: Group) -> Combined | None:
    return measured.bits.get(group.digest)
