"""The answer at the top of the compare page: who is ahead, in accuracy and in bits, what reconciles the two,
and what stands against reading a difference as one of methods."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl
import streamlit as st

from app.comparison import tables
from app.groups.fairness import cautions
from app.groups.grouping import Group, Panel, headline
from app.groups.seed_statistics import PairedDifference, Verdict
from app.synergy.frames import matching
from app.synergy.rows import Combined, bits_reading, paired_bits
from app.wording.text import plain

DECIDED: tuple[Verdict, ...] = ("ahead", "behind")
WHY = "accuracy counts right answers, bits also weigh how sure the probe is of each"


def show_verdict(
    groups: Sequence[Group],
    panels: Sequence[Panel],
    scores: pl.DataFrame,
    baseline: Group,
    combined: Sequence[Combined],
    results: Mapping[str, Sequence[Any]],
    *,
    final: bool,
) -> None:
    """The first other group against the baseline, on synergy where that was measured. combined:
    decompositions of trained encoders; results: as storage gives them."""
    asked = headline(panels)
    others = [group for group in groups if group.digest != baseline.digest]
    for row in tables.difference_rows(others[:1], [asked], scores, baseline):
        question = plain(asked.title + ("" if final else ", so far"))
        st.markdown(f"#### {question}: {plain(row['said'])}\n\n{plain(row['head'])}")
        ours, base = question_in_bits(asked, others[0], baseline, combined)
        if ours is not None and base is not None:
            words = bits_reading(ours, base)
            both = reconciled(row["verdict"], paired_bits(ours, base), asked.metric)
            st.markdown(plain(f"{words}. {both}"))
    for line in cautions(groups, results):
        st.warning(plain(line), icon=":material/balance:")


def question_in_bits(
    panel: Panel, group: Group, baseline: Group, combined: Sequence[Combined]
) -> tuple[Combined | None, Combined | None]:
    """Both groups' decompositions of the panel's question, where it is one task that has one pair of
    sides."""
    mine = [one for one in combined if one.group.digest == group.digest and one.task in panel.tasks]
    if len(panel.tasks) != 1 or len(mine) != 1:
        return None, None
    return mine[0], matching(combined, mine[0], baseline)


def reconciled(score: Verdict, bits: PairedDifference, metric: str) -> str:
    """One sentence on how the verdicts in scores and in bits go together."""
    name = metric.replace("_", " ")
    if score in DECIDED and bits.verdict in DECIDED:
        same = score == bits.verdict
        return (
            f"{name.capitalize()} and bits agree."
            if same
            else f"{name.capitalize()} and bits point apart: {WHY}."
        )
    if score in DECIDED:
        return f"Bits leave open what {name} decides: {WHY}, and their intervals hold more doubt."
    if bits.verdict in DECIDED:
        return f"Bits decide what {name} leaves open: {WHY}."
    return f"Neither {name} nor bits decide."
