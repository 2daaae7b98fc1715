"""The report of a study as one HTML file: it opens without a network, runs no script, and prints."""

from collections.abc import Sequence
from datetime import UTC

from app.comparison.answer import Answer
from app.comparison.frames import show_reported
from app.comparison.sentences import sentences
from app.comparison.tables import difference_table, grid, score_table
from app.report.content import Content
from app.report.figures import DIFFERENCES, ORDER, SCORES, Figure
from app.report.html_page import bullets, figure, page, paragraph, section, table, text
from app.report.methods import SOURCES, methods_paragraph
from app.report.provenance import (
    MOST_GROUPS,
    bit_rows,
    data_facts,
    differing_settings,
    equal_settings,
    method_settings,
    overview,
    run_rows,
)
from app.wording.figures import show_count, show_time

MOST_ROWS = 400
"""Rows of one table."""


def html_report(content: Content, drawn: Sequence[tuple[Figure, bytes]], left_out: Sequence[str]) -> str:
    """The document. drawn: charts with their SVG; left_out: sentences on charts that are not drawn."""
    view, said = content.view, list(left_out)
    name = view.name or "Study"
    question = view.study.question if view.study else ""
    note = view.study.note if view.study else ""
    runs, more = run_rows(content)
    if more:
        said.append(f"{show_count(more, 'run')} more stand in the exported tables, not in the table of runs.")
    parts = [
        f"<h1>{text(name)}</h1>",
        paragraph(question, kind="lead"),
        paragraph(note),
        paragraph(f"Report of {show_time(content.made_at, UTC)}, InfMasking Studio.", kind="quiet"),
        section("Answer", *_answer(content), anchor="answer"),
        section("Figures measured", *_scores(content.answer, said), anchor="figures-measured"),
        section("Charts", _charts(content.answer, drawn), anchor="charts"),
        section("Differences", *_differences(content.answer, said), anchor="differences"),
        section(
            "Information in bits",
            _bounded(bit_rows(content), said, "rows of bits"),
            paragraph(
                "Usable bits, with the probe and N of each row. Of synergy the lower limit is claimed; "
                "the other "
                "parts are point estimates.",
                kind="quiet",
            )
            if content.combined
            else "",
            anchor="bits",
        ),
        section(
            "How it was done", paragraph(*methods_paragraph(content)), bullets(SOURCES), anchor="methods"
        ),
        section("Settings that differ", *_differing(content, said), anchor="differing"),
        section("Settings of each method", table(method_settings(content)), anchor="of-methods"),
        section("Settings that are the same in all runs", table(equal_settings(content)), anchor="equal"),
        section("Data", table(data_facts(content)), anchor="data"),
        section("Versions and machines", table(overview(content)), anchor="versions"),
        section("Runs", f'<div class="hashes">{table(runs)}</div>' if runs else "", anchor="runs"),
        section("Left out", bullets(said), anchor="left-out"),
    ]
    return page(name, "\n".join(filter(None, parts)))


def _answer(content: Content) -> list[str]:
    told = sentences(content.answer)
    several = len(told) > 1
    lines = [
        paragraph(f"{one.data}: {one}" if several else str(one), kind="lead" if not several else "")
        for one in told
    ]
    cautions = [
        paragraph(f"{data}: {line}" if several else line, kind="warning")
        for data, found in content.answer.cautions.items()
        for line in found
    ]
    return [*lines, *cautions] or [paragraph("No run has a result yet.")]


def _scores(answer: Answer, said: list[str]) -> list[str]:
    """Groups × questions, then every figure with its seeds, interval, chance and what is reported."""
    if not answer.questions:
        return []
    whole = grid(answer, ORDER)
    strong = {(place, name) for place, row in enumerate(whole.best) for name, best in row.items() if best}
    n = "" if whole.seeds is None else f" Every figure is of {show_count(whole.seeds, 'seed')}."
    words = (
        "Mean ± half of the 95 % interval; bold: the best, decided against every other one after Holm's "
        "correction."
        f"{n}"
    )
    reported = [
        f"{question.title}, {label}: {shown}"
        for question in answer.questions
        for label, cell in answer.cells[question.key].items()
        if (shown := show_reported(cell.reported, question.unit))
    ]
    return [
        _bounded(whole.rows, said, "rows of figures", strong),
        paragraph(words, kind="quiet"),
        "<h3>Every figure</h3>",
        _bounded([_texts(row) for row in score_table(answer)], said, "rows of figures"),
        paragraph(
            "The column “Reported” is reported elsewhere and was not measured here; chance is that of "
            "guessing.",
            kind="quiet",
        )
        if reported
        else "",
    ]


def _differences(answer: Answer, said: list[str]) -> list[str]:
    rows = [_texts(row) for row in difference_table(answer, ORDER)]
    if not rows:
        return []
    return [
        _bounded(rows, said, "rows of differences"),
        paragraph(
            f"To {answer.baseline}, paired by seed. Decided: the paired t-test after Holm's correction "
            f"over all that "
            "are compared. In brackets beside the sign-flip p the smallest value that so many pairs allow.",
            kind="quiet",
        ),
    ]


def _differing(content: Content, said: list[str]) -> list[str]:
    if len(content.view.groups) < 2:
        return []
    rows = differing_settings(content)
    if len(content.view.groups) > MOST_GROUPS:
        said.append(f"Settings stand side by side for {MOST_GROUPS} configurations of a data set at most.")
    return [table(rows)] if rows else [paragraph("Nothing but the method: all shared settings are equal.")]


def _charts(answer: Answer, drawn: Sequence[tuple[Figure, bytes]]) -> str:
    charts = [
        figure(svg.decode(), one.title, one.caption, number)
        for number, (one, svg) in enumerate(drawn, start=1)
    ]
    if not charts:
        return ""
    aid = paragraph(SCORES, DIFFERENCES if answer.differences else "", kind="quiet")
    return f'{aid}<div class="figures">{"".join(charts)}</div>'


def _texts(row: dict[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in row.items()}


def _bounded(
    rows: Sequence[dict[str, str]], said: list[str], what: str, strong: set[tuple[int, str]] | None = None
) -> str:
    if len(rows) > MOST_ROWS:
        said.append(f"{len(rows) - MOST_ROWS:,} {what} stand in the exported tables only.")
    return table(rows[:MOST_ROWS], strong or set())
