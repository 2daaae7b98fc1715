"""Sections of the synergy page: one question drawn and told, its growth over training, the table, the
controls."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.charts.atoms import ATOM_MEANING
from app.charts.decomposition import stack_chart, training_chart
from app.charts.style import method_style
from app.groups.grouping import Group
from app.synergy import frames
from app.synergy.rows import Combined, Row, claim, sentence
from app.wording.exports import markdown
from engine.information.results import FALLING, LOSSES, RISING, WITHHELD

SHOWN_OTHERWISE = (*LOSSES.values(), WITHHELD, RISING, FALLING)
"""Warnings that the reason why nothing is claimed repeats."""
HELP = {
    "Î(Z)": "Information about the label that a probe can use in the fused representation, in bits.",
    "S_Z [low, high]": "Captured synergy: what the fusion tells beyond the two modalities alone. Only the "
    "lower limit is a promise. Negative: a loss, of the fusion where G is negative too, else of reading.",
    "G": "Additive gain: what the same probe reads in the fused representation beyond both single-modality "
    "ones side by side.",
    "Captured": "Share of the synergy there is that was captured; ≈ where what there is is itself an "
    "estimate.",
    "p(S>0)": "Below .05 exactly where a run's interval lies above zero; the largest over seeds; not "
    "corrected for the number of tasks.",
    "Holm": "The same, corrected by Holm's method over the tasks of a run.",
}


def show_question(title: str, combined: Sequence[Combined], facts: Mapping[str, Any]) -> None:
    """One task: the plain reading, the stacked bars, and what can be claimed of each group."""
    parts, whiskers = frames.bars(combined)
    truth = frames.truth(facts)
    with st.container(border=True):
        st.markdown(f"**{title.capitalize()}**", help=_meaning())
        st.markdown(sentence(title, combined))
        entropy = max(one.one.entropy for one in combined) if combined[0].one.kind != "regression" else None
        left, right = st.columns([3, 2], gap="medium")
        left.altair_chart(stack_chart(parts, whiskers, truth, entropy), alt=_spoken(combined))
        right.markdown("\n".join(f"- {line}" for line in _claims(combined)))
        st.caption(_provenance(combined, not truth.is_empty()))


def _claims(combined: Sequence[Combined]) -> list[str]:
    """What can be claimed of each trained group, why nothing where nothing can, and what is to be minded."""
    lines = []
    for one in combined:
        if one.encoder != "trained":
            continue
        why = f" :gray[({one.why_nothing})]" if one.why_nothing else ""
        lines.append(f":small[**{one.group.label}**: {claim(one)}{why}]")
        minded = [text for text in one.warnings if text not in SHOWN_OTHERWISE]
        lines += [f":gray[:small[{one.group.label}: {text}]]" for text in minded]
    return lines


def _meaning() -> str:
    return "\n\n".join(f"*{name}*: {words}." for name, words in ATOM_MEANING.items())


def _spoken(combined: Sequence[Combined]) -> str:
    return "; ".join(f"{frames.bar_name(one)}: {claim(one)}" for one in combined)


def _provenance(combined: Sequence[Combined], known: bool) -> str:
    one = combined[0].one
    seeds = max(len(each.rows) for each in combined)
    sizes = sorted({row.found.n for each in combined for row in each.rows})
    words = [
        f"N = {', '.join(f'{size:,}' for size in sizes)} samples",
        f"{one.probe} probe, {one.folds} folds × {len(one.fold_seeds)} divisions",
        f"{seeds} seed{'s' if seeds > 1 else ''}",
        f"whiskers: the synergy's interval from {one.draws} bootstrap draws and over seeds, of which only "
        "the lower end is a promise; the other parts are point estimates",
        "dashed line: H(Y)",
    ]
    if known:
        words.append("dotted lines: where the true parts end, as the data set was made")
    if any(each.encoder == "untrained" for each in combined):
        words.append("pale bars: the untrained encoder of the same shape")
    return "; ".join(words) + "."


def show_training(
    groups: Sequence[Group],
    rows: Sequence[Row],
    combined: Sequence[Combined],
    questions: Sequence[tuple[str, str]],
) -> None:
    """The synergy's lower limit and G after every epoch that was decomposed, over the bands of the
    controls."""
    st.subheader("Over training")
    names = [f"{task} ({sides})" for task, sides in questions]
    chosen = st.selectbox("Task", names, key="synergy_task", label_visibility="collapsed")
    task, sides = questions[names.index(chosen)]
    mine = [one for one in combined if (one.task, one.sides) == (task, sides)]
    colours = {group.label: method_style(group.method).colour for group in groups}
    for column, (quantity, words) in zip(st.columns(2), frames.CURVES.items(), strict=True):
        points = frames.over_training(groups, rows, task, sides, quantity)
        with column.container(border=True):
            chart = training_chart(points, frames.bands(mine, quantity), colours, words)
            st.altair_chart(chart, alt=f"{words} of {chosen} over epochs")
    if all(row.epoch in (0, max(one.epoch for one in rows)) for row in rows):
        st.caption(
            "Only the start and the end were decomposed. With *decomposition.every* in the settings of a "
            "run it is done every so "
            "many epochs, and never takes more than the stated share of the training time."
        )


def show_table(
    groups: Sequence[Group], combined: Sequence[Combined], results: Mapping[str, Sequence[Any]]
) -> None:
    """Every figure, grey where nothing can be claimed, and its export."""
    st.subheader("Figures")
    rows = frames.table(combined, accuracies(groups, results))
    grey = "color: #7A8A8C"
    frame = pl.DataFrame(rows)
    styled = frame.to_pandas().style.apply(
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
            ("Table (CSV)", frame.write_csv(), "synergy.csv", "text/csv"),
        ):
            st.download_button(label, content, name, kind, on_click="ignore", icon=":material/download:")
    versions = sorted({run.code_version for group in groups for run in group.runs if run.code_version})
    st.caption(
        "All values in bits, usable with the probe and N of each row. Code "
        f"{', '.join(versions) or 'version not recorded'}. "
        "Of S_Z and G the lower limit is claimed, as “at least”; upper limits promise nothing, for the probe "
        "may read too little. The other figures are point estimates."
    )


def accuracies(groups: Sequence[Group], results: Mapping[str, Sequence[Any]]) -> dict[tuple[str, str], str]:
    """(digest, task) → mean probe accuracy over seeds as shown, where the task has one."""
    found = {}
    everything = list(zip(*(results[name] for name in ("run_id", "task", "metric", "value")), strict=True))
    for group in groups:
        ids = {run.id for run in group.runs}
        own = [row[1:] for row in everything if row[0] in ids]
        for task in dict.fromkeys(task for task, metric, _ in own if metric == "accuracy"):
            values = [value for name, metric, value in own if (name, metric) == (task, "accuracy")]
            found[group.digest, task] = f"{100 * sum(values) / len(values):.1f} %"
    return found


def show_controls(combined: Sequence[Combined]) -> None:
    """What the same estimator reads where there is nothing, and whether more samples would have told more."""
    with st.expander("Controls: permuted labels and learning curves", icon=":material/science:"):
        rows = []
        for one in combined:
            found = one.one
            control, curve = found.permuted, found.curve
            rows.append(
                {
                    "Task": one.task,
                    "Sides": one.sides,
                    "Encoder": frames.bar_name(one),
                    "Permuted labels: S mean (max)": "–"
                    if control is None
                    else f"{control.synergy:.3f} ({control.synergy_high:.3f})",
                    "Permuted labels: Î(Z)": "–" if control is None else f"{control.information:.3f}",
                    "S at n/4, n/2, n": " → ".join(f"{point.synergy:.3f}" for point in curve) or "–",
                    "Limited by n": "yes" if found.probe_limited else "no",
                    "p(Î>0)": "–" if found.p_information is None else f"{found.p_information:.3f}",
                    "p(pairing)": "–" if found.p_pairing is None else f"{found.p_pairing:.3f}",
                    "Solver gap": f"{found.gap:.1e}",
                }
            )
        st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
        st.caption(
            "First seed of each group. Refits on permuted labels show what is read from nothing; a curve "
            "that still rises by more than 0.02 bit means that more samples would read more synergy, one "
            "that falls by as much, that a single modality is still read less well than it could be. "
            "p(pairing): against pairs shuffled within each label."
        )
