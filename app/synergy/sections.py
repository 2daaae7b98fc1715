"""Sections of the synergy page: one question drawn and told, its growth over training, the table, the
controls."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.charts.atoms import ATOM_MEANING
from app.charts.decomposition import stack_chart, training_chart
from app.groups.grouping import Group
from app.groups.readings import INTERVAL, show_estimate
from app.groups.seed_tests import Decision
from app.reader import is_dark
from app.synergy import frames
from app.synergy.rows import Asked, Combined, Row, by_mean, claim, sentences
from app.synergy.schedule import skipped_line
from app.wording.exports import as_csv, markdown
from app.wording.figures import show_fixed
from app.wording.text import Markdown, plain
from app.wording.units import BITS, PERCENT

CHARTS_A_ROW = 2
MOST_CLAIMS, MOST_REMARKS, MOST_NAMED = 6, 4, 3
"""Groups whose claims stand beside a chart, remarks below them, and groups named in one."""
MOST_LINES = 8
"""Groups that are drawn over training; more lines cannot be told apart."""
OFTEN = 6
"""A phrase in more rows of a table than these stands once above it."""
HELP = {
    "Î(Z)": "Information about the label that a probe can use in the fused representation, in bits.",
    "S_Z [95 %]": "Captured synergy: what the fusion tells beyond the two modalities alone, mean over seeds "
    "with its interval, of which only the lower limit is a promise. Negative: a loss, of the fusion where G "
    "is negative too, else of reading.",
    "Interaction [95 %]": "The part of S_Z that only a joint look at both modalities tells; of its interval "
    "only the lower limit is a promise.",
    "Complementarity [95 %]": "The part of S_Z that combining the modalities' own forecasts already tells: "
    "no fusion of features is needed for it. Slightly negative from the probes' error.",
    "At least": "The lower end of the interval: what can be claimed.",
    "G [95 %]": "Additive gain: what the same probe reads in the fused representation beyond both "
    "single-modality ones side by side.",
    "Captured": "Share of the synergy there is that was captured; ≈ where what there is is itself an "
    "estimate.",
    "p(S>0)": "Below .05 exactly where a run's interval lies above zero; the largest over seeds; not "
    "corrected for the number of tasks.",
    "Holm": "The same, corrected by Holm's method over the tasks of a run.",
    "Remarks": "What is to be minded; it takes no claim back.",
}


def show_question(
    title: str,
    combined: Sequence[Combined],
    facts: Mapping[str, Any],
    decided: Mapping[Asked, Decision],
    baseline: str,
) -> None:
    """One task: the plain reading, the stacked bars, and what can be claimed of each group."""
    parts, whiskers = frames.bars(combined)
    truth = frames.truth(facts)
    with st.container(border=True):
        st.markdown(f"**{plain(title.capitalize())}**", help=_meaning())
        st.markdown(plain(" ".join(sentences(title, combined, decided, baseline))))
        entropy = (
            max(member.first_seed.entropy for member in combined)
            if combined[0].first_seed.kind != "regression"
            else None
        )
        left, right = st.columns([3, 2], gap="medium")
        left.altair_chart(stack_chart(parts, whiskers, truth, entropy), alt=_spoken(combined))
        right.markdown("\n".join(f"- {line}" for line in _claims(combined)))
        for remark in _remarks(combined):
            right.caption(plain(remark))
        if not truth.is_empty():
            st.caption("Dotted lines: where the true parts end, as the data set was made.")


def _claims(combined: Sequence[Combined]) -> list[Markdown]:
    """What can be claimed of the trained groups that captured most, or why nothing can."""
    lines, ranked = [], by_mean(combined)
    for member in ranked[:MOST_CLAIMS]:
        shown = show_estimate(member.over_seeds("synergy"), BITS)
        claimed = member.why_nothing or f"at least {BITS.show(member.at_least)}"
        told = plain(f"{shown}; {claimed}")
        lines.append(Markdown(f":small[**{plain(member.group.label)}**: {told}]"))
    if len(ranked) > MOST_CLAIMS:
        lines.append(Markdown(f":small[and {len(ranked) - MOST_CLAIMS:,} more, in the table below]"))
    return lines


def _remarks(combined: Sequence[Combined]) -> list[str]:
    """What is to be minded, each remark once, with the groups that it is about."""
    about: dict[str, list[str]] = {}
    ranked = by_mean(combined)
    for member in ranked:
        for remark in member.remarks:
            about.setdefault(remark, []).append(member.group.label)
    lines = []
    for remark, labels in list(about.items())[:MOST_REMARKS]:
        named = ", ".join(labels[:MOST_NAMED]) + (
            f" and {len(labels) - MOST_NAMED} more" if labels[MOST_NAMED:] else ""
        )
        everybody = len(labels) == len(ranked) > 1
        lines.append(f"{'All groups' if everybody else named}: {remark}")
    return lines


def _meaning() -> Markdown:
    return Markdown("\n\n".join(f"*{plain(name)}*: {plain(words)}." for name, words in ATOM_MEANING.items()))


def _spoken(combined: Sequence[Combined]) -> str:
    return "; ".join(f"{frames.bar_name(member)}: {claim(member)}" for member in combined[: 2 * MOST_LINES])


def _provenance(combined: Sequence[Combined]) -> str:
    """How the figures were read, once for all of them."""
    estimator = combined[0].first_seed
    seeds = max(len(each.rows) for each in combined)
    sizes = sorted({row.decomposition.n for each in combined for row in each.rows})
    words = [
        f"N = {', '.join(f'{size:,}' for size in sizes)} samples",
        f"{estimator.probe} probe, {estimator.folds} folds × {len(estimator.fold_seeds)} divisions",
        f"{seeds} seed{'s' if seeds > 1 else ''}",
        f"whiskers: {INTERVAL}",
        f"{estimator.draws} bootstrap draws; only the lower end is a promise, the other parts are point "
        "estimates",
        "dashed line: H(Y)",
    ]
    if any(each.encoder == "untrained" for each in combined):
        words.append("pale bars: the untrained encoder of the same shape")
    return "; ".join(words) + "."


def show_training(
    groups: Sequence[Group],
    rows: Sequence[Row],
    combined: Sequence[Combined],
    questions: Sequence[tuple[str, str]],
) -> None:
    """One chart a question: what each group captured after every epoch that was decomposed, over the bands of
    the controls."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.subheader("Over training", width="stretch")
        names = list(frames.CURVES)
        quantity = st.segmented_control(
            "Quantity",
            names,
            default=names[0],
            format_func=frames.CURVES.__getitem__,
            key="synergy_quantity",
            bind="query-params",
            required=True,
            label_visibility="collapsed",
        )
    words = frames.CURVES[quantity or names[0]]
    for start in range(0, len(questions), CHARTS_A_ROW):
        row = questions[start : start + CHARTS_A_ROW]
        for column, (task, sides) in zip(st.columns(CHARTS_A_ROW), row, strict=False):
            mine = [member for member in combined if (member.task, member.sides) == (task, sides)]
            drawn = [member.group for member in by_mean(mine)][:MOST_LINES]
            points = frames.over_training(drawn, rows, task, sides, quantity or names[0])
            with column.container(border=True):
                st.markdown(
                    f"**{plain(task.capitalize())}**"
                    + (f" ({plain(sides)})" if len({s for _, s in questions}) > 1 else "")
                )
                chart = training_chart(points, frames.bands(mine, quantity or names[0]), words)
                st.altair_chart(chart, alt=f"{words} of {task} ({sides}) over epochs")
    skipped = skipped_line((run for group in groups for run in group.runs), rows)
    if all(row.epoch in (0, max(other.epoch for other in rows)) for row in rows):
        st.caption(
            "Only the start and the end were decomposed. With *decomposition.every* in the settings of a run "
            "it is done every so many epochs, as long as that keeps to the stated share of the time."
        )
    if skipped:
        st.caption(f":material/timer_off: {plain(skipped)}")
    left_out = len(groups) - MOST_LINES
    most = (
        f" The {MOST_LINES} groups that captured most; {left_out:,} more in the table."
        if left_out > 0
        else ""
    )
    st.caption(f"Points: means over the seeds that have all of them; bars: {INTERVAL}.{most}")


def show_table(
    groups: Sequence[Group],
    combined: Sequence[Combined],
    results: Mapping[str, Sequence[Any]],
    decided: Mapping[Asked, Decision],
    baseline: str,
) -> None:
    """Every figure, grey where nothing can be claimed, and its export."""
    st.subheader("Figures")
    accurate = accuracies(groups, results)
    rows = frames.table(combined, accurate, baseline, decided)
    st.caption(plain(_provenance(combined)))
    for line in frames.said_above(rows, OFTEN):
        st.caption(plain(line))
    grey = "color: #93A3A7" if is_dark() else "color: #5B6B6F"
    frame = pl.DataFrame(rows)
    short = pl.DataFrame(frames.shortened(rows, OFTEN))
    styled = short.to_pandas().style.apply(
        lambda row: [grey if row["Nothing claimed because"] else "" for _ in row], axis=1
    )
    st.dataframe(
        styled,
        hide_index=True,
        height="content",
        column_config={name: st.column_config.Column(help=text) for name, text in HELP.items()},
    )
    with st.container(horizontal=True):
        for label, content, name, kind in (
            ("Table (Markdown)", markdown(rows), "synergy.md", "text/markdown"),
            ("Table (CSV)", as_csv(frame), "synergy.csv", "text/csv"),
        ):
            st.download_button(
                plain(label), content, name, kind, on_click="ignore", icon=":material/download:"
            )
    versions = sorted({run.code_version for group in groups for run in group.runs if run.code_version})
    st.caption(
        "All values in bits, usable with the probe and N of each row. Code "
        f"{plain(', '.join(versions) or 'version not recorded')}. "
        "Of S_Z and G the lower limit is claimed, as “at least”; upper limits promise nothing, for the probe "
        "may read too little. The other figures are point estimates. "
        f"Differences in captured synergy are paired by seed and corrected (Holm) for the {len(decided):,} "
        "that are shown, of tasks that can hold synergy."
    )


def accuracies(groups: Sequence[Group], results: Mapping[str, Sequence[Any]]) -> dict[tuple[str, str], str]:
    """(digest, task) → mean probe accuracy over seeds as shown, where the task has one."""
    shown = {}
    everything = list(zip(*(results[name] for name in ("run_id", "task", "metric", "value")), strict=True))
    for group in groups:
        ids = {run.id for run in group.runs}
        results_of_group = [row[1:] for row in everything if row[0] in ids]
        for task in dict.fromkeys(task for task, metric, _ in results_of_group if metric == "accuracy"):
            values = [
                value for name, metric, value in results_of_group if (name, metric) == (task, "accuracy")
            ]
            shown[group.digest, task] = PERCENT.show(sum(values) / len(values))
    return shown


def show_controls(combined: Sequence[Combined]) -> None:
    """What the same estimator reads where there is nothing, and whether more samples would have told more."""
    with st.expander("Controls: permuted labels and learning curves", icon=":material/science:"):
        rows = []
        for member in combined:
            decomposition = member.first_seed
            control, curve = decomposition.permuted, decomposition.curve
            rows.append(
                {
                    "Task": member.task,
                    "Sides": member.sides,
                    "Encoder": frames.bar_name(member),
                    "Permuted labels: S mean (max)": "–"
                    if control is None
                    else f"{show_fixed(control.synergy, 3)} ({show_fixed(control.synergy_high, 3)})",
                    "Permuted labels: Î(Z)": "–" if control is None else show_fixed(control.information, 3),
                    "S at n/4, n/2, n": " → ".join(show_fixed(point.synergy, 3) for point in curve) or "–",
                    "Limited by n": "yes" if decomposition.probe_limited else "no",
                    "p(Î>0)": "–"
                    if decomposition.p_information is None
                    else show_fixed(decomposition.p_information, 3),
                    "p(pairing)": "–"
                    if decomposition.p_pairing is None
                    else show_fixed(decomposition.p_pairing, 3),
                    "Solver gap": f"{decomposition.gap:.1e}",
                }
            )
        st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
        st.caption(
            "First seed of each group. Refits on permuted labels show what is read from nothing; a curve "
            "that still rises by more than 0.02 bit means that more samples would read more synergy, one "
            "that falls by as much, that a single modality is still read less well than it could be. "
            "p(pairing): against pairs shuffled within each label."
        )
