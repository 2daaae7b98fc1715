"""Frames that the charts of the Answer tab draw, from an `Answer`: figures in shown units, texts for reading.
No Streamlit here."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import polars as pl

from app.charts.comparison import DIFFERENCES, LINES, ROWS, SEEDS
from app.comparison.answer import Answer
from app.comparison.questions import Question
from app.groups.readings import show_interval
from app.wording.names import method_label
from app.wording.units import Unit
from engine.presets.reported import Published

Sort = Literal["As listed", "Best first"]
SORTS: tuple[Sort, ...] = ("As listed", "Best first")
MOST_ROWS = 30
"""Groups that a chart draws unless all are asked for."""


class Frames(NamedTuple):
    """What the charts of one question draw: `ROWS`, `SEEDS`, `LINES` and `DIFFERENCES`."""

    rows: pl.DataFrame
    seeds: pl.DataFrame
    lines: pl.DataFrame
    differences: pl.DataFrame


def ordered(answer: Answer, question: Question, sort: Sort) -> list[str]:
    """Labels of the groups that compete and have measured a question, as listed or the best first."""
    cells = answer.cells[question.key]
    labels = [arm.label for arm in answer.arms if not arm.reference and arm.label in cells]
    if sort == "As listed":
        return labels
    sign = 1 if question.lower_is_better else -1
    return sorted(labels, key=lambda label: sign * cells[label].estimate.mean)


def drawn(answer: Answer, question: Question, sort: Sort, every: bool) -> list[str]:
    """The labels that a chart draws: all, or the `MOST_ROWS` best ones and the baseline."""
    labels = ordered(answer, question, sort)
    if every or len(labels) <= MOST_ROWS:
        return labels
    kept = {*ordered(answer, question, "Best first")[:MOST_ROWS], answer.baseline}
    return [label for label in labels if label in kept]


def chart_frames(answer: Answer, question: Question, labels: Sequence[str]) -> Frames:
    """The frames of one question with these groups."""
    cells, unit = answer.cells[question.key], question.unit
    methods = {arm.label: method_label(arm.method) for arm in answer.arms}
    rows, seeds, differences = [], [], []
    for label in labels:
        cell, method = cells[label], methods[label]
        value, paper = cell.estimate, cell.reported
        low, high = _scaled(unit, value.low), _scaled(unit, value.high)
        star = None if paper is None else paper.value * unit.scale
        words = (unit.show(value.mean), show_interval(value, unit), star, show_reported(paper, unit))
        rows.append((label, method, value.n, value.mean * unit.scale, low, high, *words))
        seeds += [(label, method, seed, figure * unit.scale) for seed, figure in cell.seeds.items()]
        difference = answer.differences.get((question.key, label))
        estimate = None if difference is None else difference.decision.difference.estimate
        if difference is not None and estimate is not None:
            ends = (_scaled(unit, estimate.low), _scaled(unit, estimate.high))
            verdict = (difference.decision.decided, str(difference.reading))
            differences.append((label, method, estimate.mean * unit.scale, *ends, *verdict))
    return Frames(
        pl.DataFrame(rows, schema=ROWS, orient="row"),
        pl.DataFrame(seeds, schema=SEEDS, orient="row"),
        _lines(answer, question),
        pl.DataFrame(differences, schema=DIFFERENCES, orient="row"),
    )


def _scaled(unit: Unit, value: float | None) -> float | None:
    return None if value is None else value * unit.scale


def _lines(answer: Answer, question: Question) -> pl.DataFrame:
    """Chance, what the data set states, and the methods that train with the labels."""
    unit, cells, lines = question.unit, answer.cells[question.key], []
    if question.chance is not None:
        lines.append((question.chance * unit.scale, f"chance {unit.number(question.chance)}", "chance"))
    if question.truth is not None:
        lines.append((question.truth * unit.scale, f"in the data {unit.number(question.truth)}", "truth"))
    for arm in answer.arms:
        if arm.reference and arm.label in cells:
            mean = cells[arm.label].estimate.mean
            lines.append((mean * unit.scale, f"{arm.label} {unit.number(mean)}", "supervised"))
    return pl.DataFrame(lines, schema=LINES, orient="row")


def show_reported(paper: Published | None, unit: Unit) -> str | None:
    """ "77.0 ± 4.2 %", with the word that the paper quotes it from elsewhere; None where nothing is
    reported."""
    if paper is None:
        return None
    spread = "" if paper.deviation is None else f" ± {unit.number(paper.deviation, paper.value)}"
    return f"{unit.number(paper.value)}{spread}{unit.suffix}" + (" (quoted there)" if paper.quoted else "")
