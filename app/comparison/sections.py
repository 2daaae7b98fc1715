"""Sections of the Answer tab, top to bottom. Each draws one thing from an `Answer`."""

from collections.abc import Sequence

import polars as pl
import streamlit as st

from app.charts.comparison import difference_chart, score_chart
from app.comparison import tables
from app.comparison.answer import Answer
from app.comparison.frames import MOST_ROWS, Frames, Sort, chart_frames, drawn, ordered
from app.comparison.progress import Progress
from app.comparison.questions import Question
from app.comparison.sentences import sentences
from app.groups.grouping import Group
from app.groups.readings import INTERVAL
from app.state import page
from app.wording.exports import as_csv, markdown
from app.wording.figures import show_count
from app.wording.names import show_seeds
from app.wording.text import Markdown, plain
from app.wording.truth import truth_line
from storage.clock import now_ms
from storage.run import Run, live_state

MOST_CHARTS = 12
"""Charts that are drawn before the reader asks for more."""
MOST_SENTENCES = 8
LONG_NAME = 36
"""Characters of a name from which on it needs more of a chart's width."""
MOST_SPOKEN = 12
"""Groups that the words for a chart name."""
MEANING = {
    "redundancy": "What either modality alone would tell: linear-probe accuracy on the shared label.",
    "uniqueness": "What one modality alone tells: the mean of the probes' accuracies on each modality's own "
    "label.",
    "synergy": "What only both modalities together tell: linear-probe accuracy on the label that needs the "
    "pair.",
}
BITS_MEANING = (
    "Captured synergy: bits about the label that a linear probe can use in the fused representation, beyond "
    "what the two modalities alone tell."
)


def show_progress(runs: Sequence[Run], state: Progress) -> None:
    """The bar while something runs, and a line for every run that ended badly."""
    if state.active:
        st.progress(min(state.share, 1.0), text=plain(state.words()))
    elif set(state.counts) != {"finished"}:
        st.caption(plain(state.words()))
    now = now_ms()
    for run in runs:
        how = live_state(run, now)
        if how in {"failed", "lost"}:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.error(
                    plain(f"Run {run.id} ({run.title}) {how}" + (f": {run.error}" if run.error else "")),
                    width="stretch",
                )
                st.page_link(page("run"), label="Open", query_params={"run": str(run.id)})


def show_sentences(answer: Answer, *, final: bool) -> None:
    """The answer in words, a data set a sentence, and what stands against reading it as one of methods."""
    answers = sentences(answer)
    for sentence in answers[:MOST_SENTENCES]:
        head = f"**{plain(sentence.data)}** · " if len(answers) > 1 else ""
        so_far = "" if final else "So far: "
        st.markdown(
            f"##### {head}{so_far}{plain(sentence.text)}"
            if len(answers) < 3
            else f"{head}{so_far}{plain(sentence.text)}"
        )
        if sentence.more:
            st.markdown(plain(" ".join(sentence.more)))
    if len(answers) > MOST_SENTENCES:
        st.caption(f"{len(answers) - MOST_SENTENCES} more data sets are in the table.")
    for data, lines in answer.cautions.items():
        for line in lines:
            st.warning(plain(f"{data}: {line}" if len(answers) > 1 else line), icon=":material/balance:")


def show_grid(answer: Answer, sort: Sort) -> None:
    """Groups × questions, the best bold where it is decided."""
    table = tables.grid(answer, sort)
    measure = tables.common_measure(answer)
    figures = f"Probe {measure.replace(', %', ' in %')}: mean" if measure else "Mean"
    unless = " where a cell says nothing else" if table.differing else " in every cell"
    counted = f"n = {show_count(table.seeds, 'seed')}{unless}"
    told = plain(f"{figures} ± half the 95 % interval, {counted}.")
    st.caption(Markdown(f"{told} Bold: the best, where decided against all others."))
    frame = pl.DataFrame(table.rows).to_pandas()
    bold = pl.DataFrame(table.best).to_pandas()
    styled = frame.style.apply(
        lambda column: ["font-weight: 700" if best else "" for best in bold[column.name]],
        subset=list(bold.columns),
    )
    st.dataframe(styled, hide_index=True, height="content" if len(frame) <= MOST_ROWS else 740)


def show_charts(answer: Answer, sort: Sort) -> None:
    """A card a question: every group's seeds, mean and interval, and beside it its difference to the
    baseline."""
    alone = len(answer.differences) == 0
    most = MOST_CHARTS if alone else MOST_CHARTS // 2
    widest = max(len(ordered(answer, question, sort)) for question in answer.questions)
    every_row = every_chart = False
    with st.container(horizontal=True):
        if widest > MOST_ROWS:
            every_row = st.toggle(
                f"All {widest:d} rows",
                key="rows",
                bind="query-params",
                help=f"Else the {MOST_ROWS} best of each.",
            )
        if len(answer.questions) > most:
            every_chart = st.toggle(
                f"All {len(answer.questions)} questions", key="charts", bind="query-params"
            )
    for question in answer.questions if every_chart else answer.questions[:most]:
        labels = drawn(answer, question, sort, every_row)
        with st.container(border=True):
            st.markdown(f"**{plain(_heading(answer, question))}**", help=_help(question))
            if not labels:
                st.caption("no result yet")
                continue
            _pair_of_charts(answer, question, chart_frames(answer, question, labels), labels)
    st.caption(_reading_aid(answer))


def _pair_of_charts(answer: Answer, question: Question, frames: Frames, labels: Sequence[str]) -> None:
    methods, unit = [arm.method for arm in answer.arms], question.unit
    percent = unit.scale == 100
    axis = question.measure if question.kind == "bits" else f"probe {question.measure}"
    axis += ", %" if percent else ", lower is better" if question.lower_is_better else ""
    scores = score_chart(frames.rows, frames.seeds, frames.lines, methods, axis, unit)
    rows = list(frames.rows.head(MOST_SPOKEN).iter_rows(named=True))
    spoken = "; ".join(f"{row['group']} {row['shown']}" for row in rows)
    words = f"{_heading(answer, question)}: {spoken}"
    if frames.differences.is_empty():
        st.altair_chart(scores, alt=words)
        return
    long_names = max(map(len, labels)) > LONG_NAME
    left, right = st.columns([7, 3] if long_names else [3, 2], gap="medium")
    left.altair_chart(scores, alt=words)
    axis = f"difference to {answer.baseline}" + (", points" if percent else unit.suffix and f",{unit.suffix}")
    lines = len(frames.lines)
    chart = difference_chart(frames.differences, labels, methods, axis, 1.0 if percent else 0.0, lines)
    readings = frames.differences["reading"].head(MOST_SPOKEN).to_list()
    right.altair_chart(chart, alt="; ".join(readings))


def _heading(answer: Answer, question: Question) -> str:
    several = len({other.data for other in answer.questions}) > 1
    return f"{question.data}: {question.title}" if several else question.title


def _help(question: Question) -> Markdown:
    words = (
        BITS_MEANING if question.kind == "bits" else MEANING.get(question.name, "Linear probe on this label.")
    )
    lines = [plain(line) for task, facts in question.tasks.items() if (line := truth_line(task, facts))]
    truth = f"\n\nKnown by construction: {'; '.join(lines)}." if lines else ""
    tested = sorted({facts["n_test"] for facts in question.tasks.values() if facts.get("n_test")})
    samples = f"\n\nTest samples: {tested[0]:,}." if tested and question.kind == "score" else ""
    return Markdown(plain(words) + truth + samples)


def _reading_aid(answer: Answer) -> Markdown:
    """What each mark is, of those that are drawn."""
    marks = ["Small circles: single seeds", "large mark: mean measured here", f"bar: {INTERVAL}"]
    if answer.differences:
        marks.append("of differences a full mark is decided, a hollow one is not")
    if any(question.chance is not None for question in answer.questions):
        marks.append("dashed line: chance (1/classes; accuracy is macro-averaged)")
    if any(question.truth is not None for question in answer.questions):
        marks.append("dotted line: synergy in the data, known by construction")
    if any(arm.reference for arm in answer.arms):
        marks.append("full line: a method that trains with the labels, as a reference, compared with nobody")
    beside_paper = [cell for cells in answer.cells.values() for cell in cells.values() if cell.reported]
    if beside_paper:
        same = (
            ""
            if all(cell.as_reported for cell in beside_paper)
            else " and with other settings than some of these runs"
        )
        marks.append(f"hollow star: reported in the paper (arXiv 2509.25270), not measured here{same}")
    return Markdown(f"{'; '.join(marks)}.")


def show_differences(answer: Answer, sort: Sort) -> None:
    """Every difference to the baseline with its tests, what is decided, and what a decision would take."""
    rows = tables.difference_table(answer, sort)
    if not rows:
        return
    st.subheader(f"Differences to {plain(answer.baseline)}, paired by seed")
    st.caption(_tested(answer))
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="content" if len(rows) <= MOST_ROWS else 740)


def _tested(answer: Answer) -> Markdown:
    """How the table is to be read, and how large the families are."""
    scores, bits = answer.family("score"), answer.family("bits")
    of = f"{show_count(scores, 'difference')} in scores" + (f" and the {bits:,} in bits" if bits else "")
    apart = ", each a family of its own" if bits else ""
    return Markdown(
        f"Corrected for the {of} that are shown (Holm){apart}: if nothing differed, at most 5 in 100 such "
        "tables would show anything as ahead. Intervals are of each difference alone. *p*: paired t-test "
        "over seeds. *Decided*: corrected p ≤ .05, with the error of the test samples too, so that the "
        "interval leaves zero out. *Sign flips*: the exact p without a law, and the least that so many pairs "
        "can have. *It would take*: if mean and spread of the differences stay as they are; chances are even "
        "that so many seeds suffice."
    )


def show_figures(answer: Answer, groups: Sequence[Group]) -> None:
    """The figures behind the charts, and their export."""
    rows = tables.score_table(answer)
    with st.expander("Every figure", icon=":material/table:"):
        st.dataframe(pl.DataFrame(rows), hide_index=True, height="content" if len(rows) <= MOST_ROWS else 740)
    files = (
        ("Table (Markdown)", markdown(rows), "comparison.md", "text/markdown"),
        ("Every seed (CSV)", tables.seed_csv(answer), "comparison.csv", "text/csv"),
        ("Differences (CSV)", as_csv(tables.difference_frame(answer)), "differences.csv", "text/csv"),
    )
    with st.container(horizontal=True):
        for label, content, name, kind in files if answer.differences else files[:2]:
            st.download_button(
                plain(label), content, name, kind, on_click="ignore", icon=":material/download:"
            )
    st.caption(plain(provenance(groups)))


def provenance(groups: Sequence[Group]) -> str:
    """Seeds, data seed and code version behind the figures, and what was left out."""
    runs = [run for group in groups for run in group.runs]
    seeds = {show_seeds([run.seed for run in group.runs]) for group in groups}
    parts = [f"seeds {seeds.pop()} in every group" if len(seeds) == 1 else "groups have different seeds"]
    data_seeds = sorted({run.settings["data"].get("seed", 0) for run in runs})
    parts.append(f"data seed {', '.join(map(str, data_seeds))}")
    versions = sorted({run.code_version for run in runs if run.code_version})
    parts.append(f"code {', '.join(versions)}" if versions else "code version not recorded")
    repeats = sum(group.repeats for group in groups)
    if repeats:
        parts.append(f"{show_count(repeats, 'older run')} of a seed that was run again left out")
    text = "; ".join(parts)
    return text[0].upper() + text[1:] + "."
