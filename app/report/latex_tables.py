"""The answer of a study as LaTeX tables, in the papers' style (booktabs): methods × questions, and the
differences to the baseline. No Streamlit here."""

from collections.abc import Iterable, Mapping, Sequence

from app.comparison.answer import Answer, Cell
from app.comparison.differences import Difference
from app.comparison.questions import Arm, Key, Question
from app.groups.readings import show_p
from app.report.latex_text import escape, figure
from app.report.methods import families
from app.report.rounding import rounded
from app.wording.names import show_seeds
from app.wording.units import PERCENT, Unit
from engine.presets.reported import Published

MOST_QUESTIONS = 6
"""Columns of one table; more are put into further tables."""
MOST_ROWS = 45
"""Rows of one table; a page has no more."""
REPORTED = "Wen, Dai et al. (NeurIPS 2025, arXiv 2509.25270)"
END = r" \\"


def score_tables(answer: Answer) -> list[str]:
    """Methods × questions: one table where all fit side by side, else one or several a data set."""
    if len(answer.questions) <= MOST_QUESTIONS:
        parts = [list(answer.questions)] if answer.questions else []
    else:
        parts = []
        for data in dict.fromkeys(question.data for question in answer.questions):
            mine = answer.of_data(data)
            parts += [mine[at : at + MOST_QUESTIONS] for at in range(0, len(mine), MOST_QUESTIONS)]
    return [_score_table(answer, part, number) for number, part in enumerate(parts, start=1)]


def _score_table(answer: Answer, questions: Sequence[Question], number: int) -> str:
    arms = [arm for arm in answer.arms if any(_cell(answer, one, arm) for one in questions)]
    shown = arms[:MOST_ROWS]
    reported = {one.key: any(c.reported for c in answer.cells[one.key].values()) for one in questions}
    competing = [arm for arm in shown if not arm.reference]
    supervised = [arm for arm in shown if arm.reference]
    lines = [*_head(questions, reported)]
    lines += [_row(answer, arm, questions, reported) for arm in competing]
    if supervised:
        lines += [r"\midrule", *(_row(answer, arm, questions, reported, mark=True) for arm in supervised)]
    below = [*_known(questions, reported)]
    lines += [r"\midrule", *below] if below else []
    columns = "l" + "".join("cc" if reported[one.key] else "c" for one in questions)
    caption = _caption(answer, questions, arms, shown, any(reported.values()), bool(supervised))
    return _table(columns, lines, caption, f"answer-{number}")


def _head(questions: Sequence[Question], reported: Mapping[Key, bool]) -> list[str]:
    """Three lines: the data sets over rules, the questions, and the units with what is measured and what is
    reported."""
    spans: list[tuple[str, int]] = []
    for one in questions:
        width = 1 + reported[one.key]
        if spans and spans[-1][0] == one.data:
            spans[-1] = (one.data, spans[-1][1] + width)
        else:
            spans.append((one.data, width))
    cells, rules, at = [""], [], 2
    for name, width in spans:
        cells.append(rf"\multicolumn{{{width}}}{{c}}{{{escape(name)}}}")
        rules.append(rf"\cmidrule(lr){{{at}-{at + width - 1}}}")
        at += width
    names = [
        rf"\multicolumn{{2}}{{c}}{{{escape(one.title)}}}" if reported[one.key] else escape(one.title)
        for one in questions
    ]
    units = []
    for one in questions:
        unit = _unit(one)
        units += [f"measured{unit}", rf"\emph{{reported}}{unit}"] if reported[one.key] else [unit.strip()]
    return [
        r"\toprule",
        " & ".join(cells) + END,
        " ".join(rules),
        " & ".join(["Method", *names]) + END,
        " & ".join(["", *units]) + END,
        r"\midrule",
    ]


def _unit(question: Question) -> str:
    arrow = r" $\downarrow$" if question.lower_is_better else ""
    if question.unit == PERCENT:
        return rf" (\%){arrow}"
    return f" (bits){arrow}" if question.kind == "bits" else arrow


def _row(
    answer: Answer,
    arm: Arm,
    questions: Sequence[Question],
    reported: Mapping[Key, bool],
    *,
    mark: bool = False,
) -> str:
    cells = [rf"{escape(arm.label)}{' (with labels)' if mark else ''}"]
    for one in questions:
        cell = _cell(answer, one, arm)
        cells.append("" if cell is None else figure(rounded(cell.estimate, one.unit), bold=cell.best))
        if reported[one.key]:
            cells.append("" if cell is None else _reported(cell.reported, one.unit))
    return " & ".join(cells) + END


def _cell(answer: Answer, question: Question, arm: Arm) -> Cell | None:
    return answer.cells[question.key].get(arm.label)


def _reported(paper: Published | None, unit: Unit) -> str:
    r"""What the paper reports, in italics so that it is not taken for ours; † where it quotes it itself."""
    if paper is None:
        return ""
    mean = unit.number(paper.value)
    spread = "" if paper.deviation is None else rf" \pm {unit.number(paper.deviation, paper.value)}"
    return rf"\emph{{${mean}{spread}$}}" + (r"$^{\dagger}$" if paper.quoted else "")


def _known(questions: Sequence[Question], reported: Mapping[Key, bool]) -> list[str]:
    """Rows that nobody measured: chance, and the bits that the data set states."""
    rows = []
    for name, values in (
        ("Chance", [one.chance for one in questions]),
        ("Known truth", [one.truth for one in questions]),
    ):
        if any(value is not None for value in values):
            cells = [rf"\emph{{{name}}}"]
            for one, value in zip(questions, values, strict=True):
                shown = "" if value is None else rf"\emph{{${one.unit.number(value).replace('−', '-')}$}}"
                cells += [shown, ""] if reported[one.key] else [shown]
            rows.append(" & ".join(cells) + END)
    return rows


def _caption(
    answer: Answer,
    questions: Sequence[Question],
    arms: Sequence[Arm],
    shown: Sequence[Arm],
    with_reported: bool,
    with_supervised: bool,
) -> str:
    cells = [cell for one in questions for cell in answer.cells[one.key].values()]
    seeds = sorted({seed for cell in cells for seed in cell.seeds})
    counts = sorted({cell.estimate.n for cell in cells})
    n = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}" if counts else "0"
    words = [
        rf"Mean over $n = {n}$ {'seed' if counts == [1] else 'seeds'} ({escape(show_seeds(seeds))}) "
        rf"$\pm$ half of "
        r"the 95\,\% interval, which holds the spread over seeds and the error of the test samples; both "
        r"sides "
        "where it is uneven, none where a single seed shows no spread."
    ]
    words.append(
        "Bold: the best, decided against every other one by paired $t$-tests over seeds, corrected by Holm's "
        rf"method for all that are compared in this study ($\alpha = .05$; differences to "
        rf"{escape(answer.baseline)}: "
        f"{families(answer) or 'none'})."
    )
    if with_reported:
        words.append(
            rf"Italic columns are reported by {REPORTED}, not measured here ($\pm$ standard deviation; "
            rf"$\dagger$: quoted "
            "there from another paper)."
        )
    if any(one.chance is not None or one.truth is not None for one in questions):
        words.append("Italic rows are not measured: guessing, and what the data set states.")
    if with_supervised:
        words.append("Methods trained with the labels are references and compete with none.")
    if any(one.kind == "bits" for one in questions):
        words.append("Bits: captured synergy, usable with the probe of the study.")
    if len(shown) < len(arms):
        words.append(
            f"{len(arms) - len(shown):,} further rows are left out; they stand in the exported tables."
        )
    return " ".join(words)


def difference_table(answer: Answer) -> str | None:
    """Every other group minus the baseline in every question, with the tests; None where nothing is
    compared."""
    every = [one for one in answer.differences.values() if one.decision.difference.estimate is not None]
    if not every:
        return None
    order = {question.key: place for place, question in enumerate(answer.questions)}
    every.sort(key=lambda one: order[one.question.key])
    shown = every[:MOST_ROWS]
    several = len({question.data for question in answer.questions}) > 1
    lines = [
        r"\toprule",
        r"Question & Method & Difference & $n$ & $p$ & $p_{\mathrm{Holm}}$ & $p_{\mathrm{flip}}$ & \\",
        r"\midrule",
    ]
    last = None
    for one in shown:
        name = f"{one.question.data}: {one.question.title}" if several else one.question.title
        lines.append(_difference_row(one, "" if one.question.key == last else name))
        last = one.question.key
    caption = (
        f"Differences to {escape(answer.baseline)}, paired by seed, with half of their 95\\,\\% interval; "
        "$p$: paired $t$-test with the error of the test samples; $p_{\\mathrm{Holm}}$: corrected for "
        f"{families(answer) or 'none'}; $p_{{\\mathrm{{flip}}}}$: exact sign-flip test (in brackets the "
        f"smallest "
        f"value that it "
        "can take). Percentages are compared in points."
    )
    if len(shown) < len(every):
        caption += (
            f" {len(every) - len(shown):,} further rows are left out; they stand in the exported tables."
        )
    return _table("lllrrrrl", lines, caption, "differences")


def _difference_row(one: Difference, name: str) -> str:
    decision, value = one.decision, one.decision.difference.estimate
    assert value is not None
    flip = show_p(decision.p_flip)
    least = decision.least_p_flip
    cells = [
        escape(name),
        escape(one.label),
        figure(rounded(value, one.question.unit, signed=True), bold=decision.decided),
        str(value.n),
        _p(show_p(decision.p_samples)),
        _p(show_p(decision.p_samples_holm)),
        _p(flip) + ("" if least is None else f" ({_p(show_p(least))})"),
        escape(decision.verdict if decision.decided else "not decided"),
    ]
    return " & ".join(cells) + END


def _p(shown: str) -> str:
    return "--" if shown == "–" else f"${shown}$"


def _table(columns: str, lines: Iterable[str], caption: str, label: str) -> str:
    return "\n".join(
        [
            r"\begin{table}[t]",
            r"\centering",
            rf"\caption{{{caption}}}",
            rf"\label{{tab:{label}}}",
            r"\small",
            rf"\begin{{tabular}}{{{columns}}}",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )
