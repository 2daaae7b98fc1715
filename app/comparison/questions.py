"""What a study asks: one question a data set and measure, each answered by every group. No Streamlit here.

A question is asked in scores (a panel: redundancy, uniqueness, synergy, or a label, in one metric) or in bits
(captured synergy of a task that can hold some).
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from app.groups.grouping import Group, Panel, competitors, headline, usual_baseline
from app.groups.scores import Scores, scores
from app.studies.view import DataView
from app.synergy.rows import Combined, holding
from app.wording.units import BITS, Unit, lower_is_better, metric_label, unit_of

Kind = Literal["score", "bits"]
Key = tuple[str, str, Kind]
"""A question's data set, name and kind."""


class Question(NamedTuple):
    """One column of the answer. name: the panel's or the task's. chance: a score's, None where it has none.
    truth: bits of synergy that the data set states, None where it states nothing. tasks: with the facts that
    are stored beside their results."""

    data: str
    name: str
    kind: Kind
    metric: str
    chance: float | None
    truth: float | None
    tasks: Mapping[str, Mapping[str, Any]]

    @property
    def unit(self) -> Unit:
        """How its figures are shown."""
        return BITS if self.kind == "bits" else unit_of(self.metric)

    @property
    def lower_is_better(self) -> bool:
        """True for errors."""
        return self.kind == "score" and lower_is_better(self.metric)

    @property
    def measure(self) -> str:
        """ "accuracy", "bits": what it is asked in."""
        return "bits" if self.kind == "bits" else metric_label(self.metric)

    @property
    def title(self) -> str:
        """ "Synergy, accuracy": what is asked, and in what."""
        name = self.name[:1].upper() + self.name[1:]
        return name if name.endswith(self.measure) else f"{name}, {self.measure}"

    @property
    def key(self) -> Key:
        """What tells it from all other questions of a study."""
        return self.data, self.name, self.kind


class Measured(NamedTuple):
    """A question with what was measured for it: a panel's scores, or decompositions of trained encoders by
    the digest of their group."""

    question: Question
    groups: tuple[Group, ...]
    panel: Panel
    scores: Scores
    bits: Mapping[str, Combined]


def measured_questions(parts: Sequence[DataView], combined: Sequence[Combined]) -> list[Measured]:
    """Every question of a study, by data set: the main one, then the other panels in their order, each with
    what was measured of its tasks in bits behind it. combined: of trained encoders."""
    questions = []
    for part in parts:
        measured = scores(part.groups, part.panels, part.results)
        here = [member for member in combined if member.group.data == part.name]
        facts = {task: facts for panel in part.panels for task, facts in panel.tasks.items()}
        held = holding(here, {task: str(facts[task].get("measures", "label")) for task in facts})
        several = len({member.sides for member in held}) > 1
        taken: set[str] = set()
        main = headline(part.panels) if part.panels else None
        for panel in sorted(part.panels, key=lambda panel: panel != main):
            question = Question(part.name, panel.name, "score", panel.metric, panel.chance, None, panel.tasks)
            questions.append(Measured(question, part.groups, panel, measured, {}))
            tasks = [task for task in panel.tasks if task not in taken]
            taken.update(tasks)
            questions += [_in_bits(part, panel, member, several) for member in _by_sides(held, tasks)]
    return questions


def _by_sides(combined: Sequence[Combined], tasks: Sequence[str]) -> list[list[Combined]]:
    """Decompositions of these tasks, one list a task and pair of sides."""
    by_sides: dict[tuple[str, str], list[Combined]] = {}
    for member in combined:
        if member.task in tasks:
            by_sides.setdefault((member.task, member.sides), []).append(member)
    return list(by_sides.values())


def _in_bits(part: DataView, panel: Panel, combined: Sequence[Combined], several: bool) -> Measured:
    first = combined[0]
    facts = panel.tasks[first.task]
    truth = facts.get("true_synergy")
    question = Question(
        part.name,
        f"{first.task} ({first.sides})" if several else first.task,
        "bits",
        "bits",
        None,
        None if truth is None else float(truth),
        {first.task: facts},
    )
    return Measured(question, part.groups, panel, {}, {member.group.digest: member for member in combined})


class Arm(NamedTuple):
    """A row of the answer: the groups of one name, one a data set. reference: it trains with the labels that
    the others are probed for, so it is a line to look up to and no competitor."""

    label: str
    method: str
    reference: bool
    groups: Mapping[str, Group]


def arms_of(groups: Sequence[Group]) -> list[Arm]:
    """Groups by name, in their order."""
    labels = list(dict.fromkeys(group.label for group in groups))
    competing = {group.digest for group in competitors(groups)}
    arms = []
    for label in labels:
        by_data = {group.data: group for group in groups if group.label == label}
        first = next(iter(by_data.values()))
        arms.append(Arm(label, first.method, first.digest not in competing, by_data))
    return arms


def usual_label(arms: Sequence[Arm], measured: Sequence[Measured]) -> str:
    """The usual baseline: CoMM, else the last, among groups that answer their data set's main question."""
    answered = set()
    for data in dict.fromkeys(item.question.data for item in measured):
        scored = [item for item in measured if item.question.data == data and item.question.kind == "score"]
        main = headline([item.panel for item in scored])
        answered |= {digest for panel, digest in scored[0].scores if panel == main.name}
    groups = [group for arm in arms if not arm.reference for group in arm.groups.values()]
    return usual_baseline(groups, answered).label
