"""An empty studio: what it is for, and what to do first."""

import streamlit as st

from app import queries
from app.overview.example import load_example
from app.state import open_page, page, write_runs
from app.studies.starting import start_plan
from app.wording.figures import show_count
from app.wording.names import method_label
from app.wording.text import plain
from engine.presets.expansion import expand
from engine.presets.preset import load_preset, preset_names

STEPS = (
    (":material/help:", "Ask", "A study is a question. Choose data, methods, settings and seeds."),
    (
        ":material/play_circle:",
        "Run",
        "Trainings go on when the browser is closed; the queue can be ordered.",
    ),
    (
        ":material/compare_arrows:",
        "Answer",
        "Accuracy and bits per method, with intervals, and what is not decided yet.",
    ),
    (":material/description:", "Publish", "A report, tables for a paper, every checkpoint as safetensors."),
)


def draw_welcome() -> None:
    """The page."""
    preset = load_preset(preset_names()[0])
    names = [plain(method_label(name)) for name in preset.methods]
    count = len(preset.methods) * len(preset.seeds)
    _, middle, _ = st.columns([1, 6, 1])
    with middle:
        st.title("How much synergy did a method capture?")
        st.markdown(
            "Some information is in neither of two modalities alone, only in both together. InfMasking "
            "Studio trains multimodal contrastive methods side by side on the same data, probes what they "
            "learned, and shows how much of the **redundant**, **unique** and **synergistic** information "
            "each of them kept: over several seeds, with intervals, beside chance and beside what was "
            "published."
        )
        for column, (icon, head, text) in zip(st.columns(len(STEPS)), STEPS, strict=True):
            with column.container(border=True, height="stretch"):
                st.markdown(f"{icon} **{head}**\n\n{text}")
        st.space("small")
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Run the quick comparison", type="primary", icon=":material/play_arrow:"):
                _start_quick_comparison()
            if st.button("Look around in an example", icon=":material/science:"):
                open_page("study", study=load_example())
            st.page_link(page("launch"), label="Set up your own study", icon=":material/tune:")
        st.caption(
            f"The quick comparison: {', '.join(names[:-1])} and {names[-1]}, "
            f"{show_count(len(preset.seeds), 'seed')} each: {count:d} short runs on synthetic data whose "
            "information is known exactly. About four minutes on two CPU cores; no download. The example is "
            "such a comparison as it was trained elsewhere: its figures, no weights."
        )


def _start_quick_comparison() -> None:
    plan = load_preset(preset_names()[0])
    found = start_plan(queries.database(), plan, expand(plan))
    open_page("study", study=found.study, runs=write_runs([*found.there, *found.started]))
