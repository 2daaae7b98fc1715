"""Sections of the data page, drawn from the facts and pictures of a preview."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from app.charts.style import INK
from app.preview.requests import Preview
from app.wording.fields import fields_of, show_list, summary
from app.wording.figures import show_bytes
from app.wording.text import Markdown, plain
from app.wording.truth import truth_words
from engine.files.presence import Presence
from engine.settings.base import Settings

SAMPLES_A_ROW = 4
TASKS_A_ROW = 4
MEASURES = {
    "redundancy": "redundancy: either modality alone tells it",
    "uniqueness": "uniqueness: one modality alone tells it",
    "synergy": "synergy: only both together tell it",
    "label": "a label of your own",
}


def about(data: Settings) -> Markdown:
    """The data set in a sentence, with its settings."""
    content = data.model_dump()
    shown = [
        plain(f"{field.label} {_plain(content[field.name])}")
        for field in fields_of(type(data))
        if content[field.name] is not None
    ]
    return Markdown(f"{summary(type(data))}\n\n:small[{' · '.join(shown)}]")


def show_presence(presence: Presence) -> None:
    """Which files of a published data set are there, where they are expected, what is wrong with one, and how
    one gets them."""
    rows = [
        {
            "File": str(file.path),
            "Holds": file.holds,
            "Here": "no" if not file.is_present else file.problem or "yes",
            "Size": "" if file.size is None else show_bytes(file.size),
        }
        for file in presence.files
    ]
    st.subheader("Files")
    st.dataframe(pl.DataFrame(rows), hide_index=True, width="stretch")
    if not presence.is_ready:
        st.info(f"Nothing is downloaded for you. {plain(presence.source)}", icon=":material/folder_open:")


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return show_list(value)
    return (
        f"{value:,}" if isinstance(value, int) else f"{value:g}" if isinstance(value, float) else str(value)
    )


def show_notes(notes: Sequence[str]) -> None:
    """What the data were taken for, and what is odd about them, before anything is trained on them."""
    if notes:
        with st.container(border=True):
            for note in notes:
                st.markdown(f":material/info: {plain(note)}")


def show_sizes(facts: Mapping[str, Any]) -> None:
    """Modalities and splits as figures."""
    with st.container(horizontal=True):
        for modality in facts["modalities"]:
            shape = plain(" × ".join(map(str, modality["shape"])))
            st.metric(
                plain(f"{modality['name']} · {modality['kind']}"),
                shape,
                border=True,
                help=_recommended(modality),
            )
        names = {
            "train": "Training",
            "validation": "Validation",
            "probe_train": "Probe fit",
            "probe_test": "Test",
        }
        for name, words in names.items():
            st.metric(
                f"{words} samples", f"{facts['splits'][name]:,}", border=True, help=plain(_split_help(name))
            )


def _recommended(modality: Mapping[str, Any]) -> Markdown:
    return plain(f"Recommended: encoder {modality['encoder']}, augmentation {modality['augmentation']}.")


def _split_help(name: str) -> str:
    return {
        "train": "What methods train on, without labels.",
        "validation": "For early stopping and for choosing the checkpoint; never the test samples.",
        "probe_train": "Labelled samples that the linear probe is fitted on; a share of them chooses its "
        "regularisation.",
        "probe_test": "Opened once, for the figures that are shown.",
    }[name]


def show_tasks(tasks: Sequence[Mapping[str, Any]]) -> None:
    """Every task with what it measures, chance, what is known of it in bits, and how often each class
    occurs."""
    st.subheader("Tasks")
    rows = [
        {
            "Task": task["name"],
            "Measures": MEASURES[task["measures"]],
            "Kind": task["kind"],
            "Classes": task["classes"] or None,
            "Chance": "–" if task["chance"] is None else f"{100 * task['chance']:.1f} %",
            "Samples with a label": sum(task["labelled"].values()),
            "Known information": _truth(task),
        }
        for task in tasks
    ]
    st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
    for start in range(0, len(tasks), TASKS_A_ROW):
        for column, task in zip(st.columns(TASKS_A_ROW), tasks[start : start + TASKS_A_ROW], strict=False):
            column.markdown(f"**{plain(task['name'])}**")
            if task["kind"] == "regression":
                facts = task["splits"]["probe_test"]
                column.caption(
                    f"{facts['least']:.3g} to {facts['most']:.3g}, mean {facts['mean']:.3g}, SD "
                    f"{facts['sd']:.3g}"
                )
            else:
                column.altair_chart(_count_chart(task), alt=f"Test samples of each class of {task['name']}")
    st.caption(
        "Bars: samples of each class in the test split. Accuracy is macro-averaged, so chance is 1/classes "
        "for any balance."
    )


def _truth(task: Mapping[str, Any]) -> str:
    if task["information"] is None:
        return "not known"
    return truth_words({f"true_{name}": value for name, value in task["information"].items()}) or "not known"


def _count_chart(task: Mapping[str, Any]) -> alt.Chart:
    """Samples of each class, in the order of the classes."""
    counts = task["splits"]["probe_test"]["counts"]
    names = task["class_names"] or [str(number) for number in range(len(counts))]
    frame = pl.DataFrame({"class": names[: len(counts)], "samples": counts})
    chart: alt.Chart = (
        alt.Chart(frame, height=170)
        .mark_bar(color=INK, cornerRadiusEnd=2)
        .encode(
            x=alt.X("class:N", sort=None, title=None, axis=_class_axis(names)),
            y=alt.Y("samples:Q", title=None, axis=alt.Axis(tickCount=3)),
            tooltip=[alt.Tooltip("class:N"), alt.Tooltip("samples:Q", format=",")],
        )
    )
    return chart


def _class_axis(names: Sequence[str]) -> alt.Axis:
    """Every class named where there is room for it, upright where the names are short."""
    angle = -60 if len(names) > 4 and max(map(len, names)) > 2 else 0
    return alt.Axis(labelAngle=angle, labelLimit=70, labelFontSize=10, labelOverlap=len(names) > 24)


def show_samples(shown: Preview) -> None:
    """Test samples with their labels."""
    st.subheader("Samples")
    samples = shown.facts["samples"]
    for start in range(0, len(samples), SAMPLES_A_ROW):
        for column, sample in zip(
            st.columns(SAMPLES_A_ROW), samples[start : start + SAMPLES_A_ROW], strict=False
        ):
            with column.container(border=True):
                for place, (name, file) in zip(
                    st.columns(len(sample["pictures"])), sample["pictures"].items(), strict=True
                ):
                    place.image(
                        str(shown.folder / file),
                        caption=plain(name),
                        width="stretch",
                        alt=f"{name} of a test sample",
                    )
                st.markdown(
                    "  \n".join(
                        f":small[{plain(task)}: **{plain(label)}**]"
                        for task, label in sample["labels"].items()
                    )
                )
    kinds = {modality["kind"] for modality in shown.facts["modalities"]}
    if kinds - {"image"}:
        st.caption(
            "Heat maps: blue is below zero, orange above. Vectors are folded row by row; sequences run from "
            "left to right."
        )


def show_sheet(shown: Preview) -> None:
    """The contact sheet, where there is one."""
    if shown.facts["sheet"]:
        with st.expander("Contact sheet: every shape with every texture", icon=":material/grid_on:"):
            st.image(
                str(shown.folder / shown.facts["sheet"]),
                alt="Ten shapes by ten textures, the colours along the diagonals",
            )


def show_views(shown: Preview) -> None:
    """Stored, augmented and masked versions of a few training samples, a tab a modality."""
    facts = shown.facts
    st.subheader("Views in training")
    names = [modality["name"] for modality in facts["modalities"]]
    for tab, modality in zip(st.tabs([plain(name) for name in names]), facts["modalities"], strict=True):
        with tab:
            for sample in modality["samples"]:
                pictures = [("as stored", sample["stored"])]
                pictures += [
                    (f"augmented view {number}", file) for number, file in enumerate(sample["views"], 1)
                ]
                pictures += [
                    (f"view 1, mask {number}", file) for number, file in enumerate(sample["masked"], 1)
                ]
                for column, (words, file) in zip(st.columns(len(pictures)), pictures, strict=True):
                    column.image(
                        str(shown.folder / file),
                        caption=plain(words),
                        width="stretch",
                        alt=f"{modality['name']}, {words}",
                    )
            st.caption(plain(_mask_words(modality, facts)))


def _mask_words(modality: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    drawn = {
        "image": "Covered patches, or dark cells below, are hidden tokens of the encoder.",
        "vector": "A token stands for no single feature: in the strip below, hidden tokens are dark, kept "
        "ones orange.",
        "sequence": "Covered steps are hidden tokens.",
        "text": "A cell is a word's token, coloured by its number; in the strip below, hidden tokens are "
        "dark, kept ones orange.",
    }[modality["kind"]]
    return (
        f"{facts['masks']} masked versions of each view, each hides {modality['hidden']} of "
        f"{modality['tokens']} tokens "
        f"(ρ = {facts['mask_ratio']:g}), drawn anew every step; every hidden token is replaced by one "
        f"learned vector. {drawn}"
    )
