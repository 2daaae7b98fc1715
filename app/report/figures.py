"""The charts of a report, as many as a reader looks at; what is left out is said. No Streamlit here."""

from collections.abc import Iterator
from typing import NamedTuple

import altair as alt

from app.chart_files.look import WIDTH
from app.charts.comparison import Layers, difference_chart, score_chart
from app.charts.decomposition import stack_chart, training_chart
from app.comparison.frames import Sort, chart_frames, drawn, ordered
from app.comparison.questions import Question
from app.report.content import Content
from app.synergy import frames
from app.wording.figures import show_count

MOST_FIGURES = 24
MOST_ROWS = 30
"""Groups in one chart of scores (`comparison.frames.MOST_ROWS` are drawn), and in one of bits."""
ORDER: Sort = "As listed"
FEW = 8
"""Groups beside which untrained encoders are drawn too."""
BAR = 22
"""Pixels of a bar with the room around it."""
WIDE, NARROW = 300, 190
"""Pixels of scores and of the differences beside them."""
SCORES = (
    "Left: mean over seeds with its 95 % interval; small circles: seeds; hollow stars: reported "
    "elsewhere; dashed: "
    "chance; dotted: known truth; full line: trained with labels."
)
DIFFERENCES = (
    "Right: difference to the baseline, paired by seed, with its 95 % interval; full marks are decided "
    "after Holm's "
    "correction, hollow ones are not."
)


class Figure(NamedTuple):
    """A chart, its title, what it shows in words, and the file's name without its ending."""

    title: str
    chart: alt.TopLevelMixin
    caption: str
    stem: str


def figures_of(content: Content) -> tuple[list[Figure], list[str]]:
    """The first `MOST_FIGURES` charts, questions first, and sentences on what is not drawn."""
    shown: list[Figure] = []
    count = 0
    for figure in (*_of_questions(content), *_of_bits(content)):
        count += 1
        if count <= MOST_FIGURES:
            shown.append(figure)
    said = (
        [f"{show_count(count - MOST_FIGURES, 'further chart')} are not drawn."]
        if count > MOST_FIGURES
        else []
    )
    answer = content.answer
    most = max((len(ordered(answer, question, ORDER)) for question in answer.questions), default=0)
    if most > MOST_ROWS:
        said.append(f"Charts show the {MOST_ROWS} best of {most} configurations; the tables hold all.")
    return shown, said


def _of_questions(content: Content) -> Iterator[Figure]:
    answer = content.answer
    methods = [arm.method for arm in answer.arms]
    several = len({question.data for question in answer.questions}) > 1
    for number, question in enumerate(answer.questions, start=1):
        labels = drawn(answer, question, ORDER, False)
        if not labels:
            continue
        found, unit = chart_frames(answer, question, labels), question.unit
        title = f"{question.data}: {question.title}" if several else question.title
        scores = score_chart(found.rows, found.seeds, found.lines, methods, _axis(question), unit)
        if found.differences.is_empty():
            yield Figure(title, scores, "", f"question-{number}")
            continue
        percent = unit.scale == 100
        axis = (
            f"difference to {answer.baseline}, {'points' if percent else unit.suffix.strip() or 'as it is'}"
        )
        lines, least = len(found.lines), 1.0 if percent else 0.0
        apart = difference_chart(found.differences, labels, methods, axis, least, lines)
        both = alt.hconcat(_beside(scores, WIDE), _beside(apart, NARROW))
        yield Figure(title, both, "", f"question-{number}")


def _beside(chart: Layers, width: int) -> Layers:
    """The chart as one of two side by side, which have no padding of their own."""
    part = chart.properties(width=width)
    part["padding"] = alt.Undefined
    return part


def _axis(question: Question) -> str:
    axis = question.measure if question.kind == "bits" else f"probe {question.measure}"
    return axis + (
        ", %" if question.unit.scale == 100 else ", lower is better" if question.lower_is_better else ""
    )


def _of_bits(content: Content) -> Iterator[Figure]:
    """Of every decomposed question the stacked parts, and synergy over training where there are points."""
    data_of = {run.id: group.data for group in content.view.groups for run in group.runs}
    columns = (content.view.results[name] for name in ("run_id", "task", "facts"))
    facts = {(data_of[run_id], task): found for run_id, task, found in zip(*columns, strict=True)}
    asked = dict.fromkeys((one.group.data, one.task, one.sides) for one in content.combined)
    several = len({data for data, _, _ in asked}) > 1
    for number, (data, task, sides) in enumerate(asked, start=1):
        mine = [
            one for one in content.combined if (one.group.data, one.task, one.sides) == (data, task, sides)
        ]
        groups = list({one.group.digest: one.group for one in mine}.values())[:MOST_ROWS]
        mine = [one for one in mine if one.group in groups]
        name = f"{data}: {task}" if several else task
        stacked = mine if len(groups) <= FEW else [one for one in mine if one.encoder == "trained"]
        parts, whiskers = frames.bars(stacked)
        entropy = (
            None if mine[0].first_seed.kind == "regression" else max(one.first_seed.entropy for one in mine)
        )
        yield Figure(
            f"What is told of {name}, in bits",
            stack_chart(parts, whiskers, frames.truth(facts.get((data, task), {})), entropy).properties(
                width=max(WIDTH, BAR * parts["bar"].n_unique())
            ),
            f"Between {sides}. Whiskers: 95 % interval of captured synergy; dashed: H(Y); dotted: known "
            f"truth; pale: "
            "untrained encoder.",
            f"bits-{number}",
        )
        points = frames.over_training(groups, content.rows, task, sides, "synergy")
        if points["epoch"].n_unique() > 2:
            yield Figure(
                f"Captured synergy of {name} over training",
                training_chart(points, frames.bands(mine, "synergy"), frames.CURVES["synergy"]),
                "Means over seeds with 95 % intervals; bands: what is read where there is nothing.",
                f"training-{number}",
            )
