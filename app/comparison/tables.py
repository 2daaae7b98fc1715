"""Tables of an `Answer`: for reading, and as numbers for the exports. No Streamlit here."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

import polars as pl

from app.comparison.answer import Answer, Cell
from app.comparison.differences import Difference
from app.comparison.frames import Sort, ordered, show_reported
from app.comparison.questions import Question
from app.groups.readings import (
    show_difference,
    show_flip,
    show_interval,
    show_p,
    show_plus_minus,
    show_verdict,
    takes_in_short,
)
from app.wording.exports import as_csv
from app.wording.names import show_seeds
from app.wording.units import Unit


def common_measure(answer: Answer) -> str | None:
    """ "accuracy, %", where all scores are in it; None where there are none, or in several metrics."""
    measures = {_measure(question) for question in answer.questions if question.kind == "score"}
    return measures.pop() if len(measures) == 1 else None


def _measure(question: Question) -> str:
    return question.measure + (", %" if question.unit.scale == 100 else "")


def column_title(answer: Answer, question: Question) -> str:
    """ "Synergy", with the measure where it is not that of all scores ("Synergy, bits"), and the data set in
    front where there are several."""
    several = len({other.data for other in answer.questions}) > 1
    title = question.title + (", %" if question.unit.scale == 100 else "")
    if _measure(question) == common_measure(answer):
        title = title.removesuffix(f", {_measure(question)}")
    return f"{question.data}: {title}" if several else title


class Grid(NamedTuple):
    """The table of groups × questions. rows: a group each, "Configuration" and a cell a question; best: the
    same, true for the cells that are best; seeds: how many a cell has unless it says so itself; differing:
    whether one does."""

    rows: list[dict[str, str]]
    best: list[dict[str, bool]]
    seeds: int
    differing: bool


def grid(answer: Answer, sort: Sort) -> Grid:
    """Mean ± half the interval of every group and question; references at the end."""
    counts = Counter(cell.estimate.n for cells in answer.cells.values() for cell in cells.values())
    usual = counts.most_common(1)[0][0] if counts else 0
    main = answer.questions[0]
    labels = ordered(answer, main, sort)
    rest = [arm for arm in answer.arms if arm.label not in labels]
    labels += [arm.label for arm in sorted(rest, key=lambda arm: arm.reference)]
    names = {arm.label: f"{arm.label} (trained with labels)" for arm in answer.arms if arm.reference}
    rows, best = [], []
    for label in labels:
        cells = {
            column_title(answer, question): answer.cells[question.key].get(label)
            for question in answer.questions
        }
        units = {column_title(answer, question): question.unit for question in answer.questions}
        rows.append(
            {"Configuration": names.get(label, label)}
            | {name: _short(cell, units[name], usual) for name, cell in cells.items()}
        )
        best.append({name: cell is not None and cell.best for name, cell in cells.items()})
    return Grid(rows, best, usual, len(counts) > 1)


def _short(cell: Cell | None, unit: Unit, usual: int) -> str:
    if cell is None:
        return "–"
    words = show_plus_minus(cell.estimate, unit)
    return words if cell.estimate.n == usual else f"{words} (n = {cell.estimate.n})"


def score_table(answer: Answer) -> list[dict[str, Any]]:
    """One row a question and group, with n, seeds, mean, deviation, interval, chance and the reported
    figure."""
    rows: list[dict[str, Any]] = []
    bits = any(question.kind == "bits" for question in answer.questions)
    several = len({other.data for other in answer.questions}) > 1
    for question in answer.questions:
        unit = question.unit
        for label, cell in answer.cells[question.key].items():
            value = cell.estimate
            rows.append(
                ({"Data set": question.data} if several else {})
                | {
                    "Question": question.name,
                    "Metric": question.measure,
                    "Group": label,
                    "n": value.n,
                    "Seeds": show_seeds(list(cell.seeds)),
                    "Mean": unit.show(value.mean),
                    "SD": "–" if value.deviation is None else unit.number(value.deviation, value.mean),
                    "95 % interval": show_interval(value, unit),
                    "Best": "best" if cell.best else "–",
                    **({"Claimed": cell.claim or "–"} if bits else {}),
                    "Chance": "–" if question.chance is None else unit.show(question.chance),
                    "Reported": show_reported(cell.reported, unit) or "–",
                }
            )
    return rows


def difference_table(answer: Answer, sort: Sort) -> list[dict[str, Any]]:
    """One row a question and group, for reading: the difference to the baseline, its tests, what is decided
    and what would be needed to."""
    several = len({other.data for other in answer.questions}) > 1
    return [
        ({"Data set": question.data} if several else {})
        | {"Question": question.title, "Group": label}
        | _tested(answer.differences[question.key, label])
        for question in answer.questions
        for label in _compared(answer, question, sort)
    ]


def _compared(answer: Answer, question: Question, sort: Sort) -> list[str]:
    order = {label: place for place, label in enumerate(ordered(answer, question, sort))}
    labels = [label for key, label in answer.differences if key == question.key]
    return sorted(labels, key=lambda label: order.get(label, len(order)))


def _tested(difference: Difference) -> dict[str, Any]:
    decision, value = difference.decision, difference.decision.difference.estimate
    return {
        "Difference [95 %]": "–" if value is None else show_difference(value, difference.question.unit),
        "Pairs": len(decision.difference.seeds),
        "p": show_p(decision.p),
        "p, Holm": show_p(decision.p_holm),
        "p, sign flips (least)": show_flip(decision),
        "Decided": difference.reading.verdict
        if difference.missing
        else show_verdict(difference.reading, decision),
        "It would take": "–" if difference.missing else takes_in_short(decision),
    }


def difference_frame(answer: Answer) -> pl.DataFrame:
    """One row a difference, as numbers: in stored units (fractions, bits), with every p-value."""
    rows = [_numbers(difference) for difference in answer.differences.values()]
    return pl.DataFrame(rows, infer_schema_length=None)


def _numbers(difference: Difference) -> Mapping[str, Any]:
    decision, value = difference.decision, difference.decision.difference.estimate
    return {
        "data": difference.question.data,
        "question": difference.question.name,
        "metric": difference.question.metric,
        "group": difference.label,
        "method": difference.method,
        "baseline": difference.baseline,
        "pairs": len(decision.difference.seeds),
        "difference": None if value is None else value.mean,
        "low": None if value is None else value.low,
        "high": None if value is None else value.high,
        "p": decision.p,
        "p_holm": decision.p_holm,
        "p_with_samples": decision.p_samples,
        "p_with_samples_holm": decision.p_samples_holm,
        "p_sign_flips": decision.p_flip,
        "least_p_sign_flips": decision.least_p_flip,
        "family": decision.family,
        "verdict": decision.verdict,
        "more_seeds": decision.more_seeds,
    }


SEED_COLUMNS = {
    "data": pl.String,
    "question": pl.String,
    "metric": pl.String,
    "group": pl.String,
    "method": pl.String,
    "seed": pl.Int64,
    "value": pl.Float64,
    "chance": pl.Float64,
    "truth": pl.Float64,
    "run_id": pl.Int64,
    "digest": pl.String,
    "code_version": pl.String,
}


def seed_frame(answer: Answer) -> pl.DataFrame:
    """Every figure as stored (fractions, bits), one row a run and question, for statistics elsewhere."""
    rows = []
    for question in answer.questions:
        for arm in answer.arms:
            cell, group = answer.cells[question.key].get(arm.label), arm.groups.get(question.data)
            if cell is None or group is None:
                continue
            runs = {run.seed: run for run in group.runs}
            for seed, value in cell.seeds.items():
                names = (question.data, question.name, question.metric, arm.label, arm.method)
                run = runs[seed]
                facts = (run.id, group.digest, run.code_version or "")
                rows.append((*names, seed, value, question.chance, question.truth, *facts))
    return pl.DataFrame(rows, schema=SEED_COLUMNS, orient="row")


def seed_csv(answer: Answer) -> str:
    """`seed_frame` as a file."""
    return as_csv(seed_frame(answer))
