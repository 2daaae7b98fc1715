"""What a study measured that can be drawn against its settings: synergy in bits and probes' scores, a figure
a run with its own measurement error. No Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from app.groups.grouping import Group
from app.groups.scores import scores
from app.groups.seed_statistics import SHARE, UNBOUNDED, Estimate, Measured, Range, estimate, share_of
from app.studies.view import DataView
from app.synergy.rows import Row, latest
from app.wording.units import BITS, PERCENT, Unit, metric_label, unit_of


class Question(NamedTuple):
    """One quantity. values: by run; step: least difference that the metric can tell; within: its range.

    name: unchanging, for links; label: for choices; axis: with its unit, for charts.
    """

    name: str
    label: str
    axis: str
    unit: Unit
    values: Mapping[int, Measured]
    step: float = 0.0
    within: Range = UNBOUNDED

    def over(self, figures: Sequence[Measured]) -> Estimate:
        """Mean and interval of one figure a seed."""
        return estimate(list(figures), step=self.step, within=self.within)

    def of_group(self, group: Group) -> dict[int, Measured]:
        """seed → figure, for the runs of the group that have one."""
        return {run.seed: self.values[run.id] for run in group.runs if run.id in self.values}


def questions(parts: Sequence[DataView], rows: Sequence[Row]) -> list[Question]:
    """All that can be asked of these data sets together: captured synergy of each task in bits, then each
    probe's score. A task of the same name on several data sets is one question. rows: decompositions."""
    found = [*_in_bits(rows), *(question for part in parts for question in _scored(part))]
    merged: dict[str, Question] = {}
    for question in found:
        known = merged.get(question.name)
        merged[question.name] = question if known is None else _joined(known, question)
    return list(merged.values())


def _joined(one: Question, other: Question) -> Question:
    """One question on two data sets: both ranges hold, and the coarser of both steps."""
    within = Range(min(one.within.low, other.within.low), max(one.within.high, other.within.high))
    values = {**one.values, **other.values}
    return one._replace(values=values, step=max(one.step, other.step), within=within)


def _in_bits(rows: Sequence[Row]) -> list[Question]:
    trained = [row for row in latest(rows) if row.encoder == "trained"]
    several = len({(row.task, row.sides) for row in trained}) > len({row.task for row in trained})
    found = []
    for task, sides in dict.fromkeys((row.task, row.sides) for row in trained):
        mine = [row for row in trained if (row.task, row.sides) == (task, sides)]
        known = {row.run_id: row.decomposition.synergy for row in mine}
        values = {run: Measured(s.value, s.value - s.low, s.high - s.value) for run, s in known.items()}
        top = max(row.decomposition.entropy for row in mine)
        bounded = all(row.decomposition.kind != "regression" for row in mine) and all(
            abs(one.value) <= top for one in values.values()
        )
        name = f"{task}, {sides}" if several else task
        found.append(
            Question(
                f"bits:{name}",
                f"Captured synergy in bits (task “{name}”)",
                "captured synergy, bits",
                BITS,
                values,
                within=Range(-top, top) if bounded else UNBOUNDED,
            )
        )
    return sorted(found, key=lambda question: question.name != "bits:synergy")


def _scored(part: DataView) -> list[Question]:
    measured = scores(part.groups, part.panels, part.results)
    found = []
    for panel in part.panels:
        mine = [
            score for group in part.groups for score in measured.get((panel.name, group.digest), {}).values()
        ]
        if not mine:
            continue
        unit, sizes = unit_of(panel.metric), [score.samples for score in mine if score.samples]
        shares = unit == PERCENT and all(0 <= score.value <= 1 for score in mine)
        known = shares and len(sizes) == len(mine)
        values = {
            score.run_id: share_of(score.samples, score.value)
            if known and score.samples
            else Measured(score.value)
            for score in mine
        }
        metric = metric_label(panel.metric)
        found.append(
            Question(
                f"probe:{panel.name}",
                f"{panel.title}: {metric}" if metric not in panel.name else panel.title,
                f"probe {metric}" + (", %" if unit.scale == 100 else ""),
                unit,
                values,
                step=1 / min(sizes) if known else 0.0,
                within=SHARE if shares else UNBOUNDED,
            )
        )
    return found
