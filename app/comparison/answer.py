"""The answer of a study in figures: what every group measured for every question, how it differs from the
baseline, what of that is decided, and which group is best where one is. No Streamlit here: the page, the
report and the exports read the same `Answer`.

References, that is methods that train with the labels, are compared with nobody.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from app.comparison.differences import Difference, differences, is_best
from app.comparison.questions import (
    Arm,
    Key,
    Kind,
    Measured,
    Question,
    arms_of,
    measured_questions,
    usual_label,
)
from app.comparison.reported_values import as_reported, reported
from app.groups.fairness import cautions
from app.groups.scores import group_estimate, seed_values
from app.groups.seed_statistics import Estimate
from app.studies.view import StudyView
from app.synergy.rows import Combined
from app.wording.units import BITS
from engine.presets.reported import Published


class Cell(NamedTuple):
    """What one group measured for one question. seeds: seed → figure. best: decided against all others.
    reported: what the paper has; as_reported: whether under the very settings. claim: of bits, what can be
    claimed."""

    estimate: Estimate
    seeds: Mapping[int, float]
    best: bool = False
    reported: Published | None = None
    as_reported: bool = False
    claim: str = ""


class Answer(NamedTuple):
    """All of it. baseline: a label. cells: by question's key, then label. differences: to the baseline, by
    question's key and label. cautions: by data set, why a difference may come from something else than the
    method."""

    questions: tuple[Question, ...]
    arms: tuple[Arm, ...]
    baseline: str
    cells: Mapping[Key, Mapping[str, Cell]]
    differences: Mapping[tuple[Key, str], Difference]
    cautions: Mapping[str, Sequence[str]]

    def family(self, kind: Kind) -> int:
        """How many differences to the baseline were tested together."""
        sizes = [
            difference.decision.family
            for difference in self.differences.values()
            if difference.question.kind == kind
        ]
        return max(sizes, default=0)

    def of_data(self, data: str) -> list[Question]:
        """The questions on one data set."""
        return [question for question in self.questions if question.data == data]

    def headline(self, data: str) -> Question | None:
        """What the sentence on a data set is about: synergy in scores where that was measured."""
        scored = [question for question in self.of_data(data) if question.kind == "score"]
        return next(
            (question for question in scored if question.name == "synergy"), scored[0] if scored else None
        )

    def in_bits(self, question: Question) -> Question | None:
        """The same question in bits, where it is of one task that has one pair of sides."""
        twins = [
            other
            for other in self.of_data(question.data)
            if other.kind == "bits" and other.tasks.keys() == question.tasks.keys()
        ]
        return twins[0] if len(twins) == 1 else None


def answer(
    view: StudyView,
    combined: Sequence[Combined] = (),
    *,
    baseline: str | None = None,
    asked: Collection[str] | None = None,
) -> Answer:
    """The answer of the runs that are looked at. combined: their trained encoders' decompositions. baseline:
    the label that the others are compared with, by default the usual one. asked: titles of the questions that
    are shown, by default all; what is not shown is in no family."""
    return answer_of(view, measured_questions(view.by_data(), combined), baseline=baseline, asked=asked)


def answer_of(
    view: StudyView,
    measured: Sequence[Measured],
    *,
    baseline: str | None = None,
    asked: Collection[str] | None = None,
) -> Answer:
    """`answer`, where the questions of this view have been measured already."""
    shown = [item for item in measured if asked is None or item.question.title in asked] or measured
    arms = arms_of(view.groups)
    able = [arm.label for arm in arms if not arm.reference]
    chosen = baseline if baseline in able else usual_label(arms, measured)
    compared = differences(shown, arms, chosen)
    best = is_best(shown, arms, compared, chosen)
    cells = {
        item.question.key: {
            label: cell._replace(best=label == best.get(item.question.key))
            for label, cell in _cells(item, arms)
        }
        for item in shown
    }
    warnings = {part.name: cautions(part.groups, part.results) for part in view.by_data()}
    return Answer(tuple(item.question for item in shown), tuple(arms), chosen, cells, compared, warnings)


def _cells(measured: Measured, arms: Sequence[Arm]) -> Iterator[tuple[str, Cell]]:
    """Label and cell of every group that has measured it."""
    for arm in arms:
        group = arm.groups.get(measured.question.data)
        if group is None:
            continue
        if measured.question.kind == "bits":
            decomposition = measured.bits.get(group.digest)
            if decomposition is not None:
                claim = decomposition.why_nothing or f"at least {BITS.show(decomposition.at_least)}"
                yield (
                    arm.label,
                    Cell(decomposition.over_seeds("synergy"), decomposition.by_seed(), claim=claim),
                )
            continue
        value = group_estimate(measured.scores, measured.panel, group.digest)
        if value is not None:
            seeds = seed_values(measured.scores, measured.panel, group.digest)
            paper = reported(group, measured.panel)
            yield (
                arm.label,
                Cell(value, seeds, reported=paper, as_reported=paper is not None and as_reported(group)),
            )
