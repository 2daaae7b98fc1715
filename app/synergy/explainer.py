"""A short word on partial information decomposition, with the picture of XOR."""

import streamlit as st

from app.charts.decomposition_table import xor_chart

XOR = (
    "**XOR.** Two fair coins, and the label says whether they differ. Look at one coin alone: the label is "
    "still a fair guess, 0 bits. Look at both: you know it, 1 bit. That bit is *synergy*: it is in neither "
    "modality, only in the two together."
)
PARTS = (
    "What two modalities tell about a label splits into four parts (Bertschinger et al. 2014, arXiv "
    "1311.2852), "
    "**I(X1, X2; Y) = R + U1 + U2 + S**: *redundancy*, which either alone tells; what is *unique* to each; "
    "and *synergy*. "
    "A method that only aligns one modality with the other keeps R and loses the rest.\n\n"
    "In a trained representation we read what a **probe can use**: a regularised linear classifier, scored "
    "on samples it "
    "never saw. The union of what the single modalities tell is estimated from their own probes; what the "
    "fused "
    "representation tells beyond it is the **captured synergy**. It may be negative: then fusing lost "
    "something. A random "
    "layer already makes some synergy readable, so the *untrained* encoder stands beside every result: only "
    "the difference "
    "was learned.\n\n"
    "Claims are worded “**at least** … bits (usable with this probe, N = …)”, for a probe reads too little "
    "rather than too much. Synergy is not interaction: two unimodal codes side by side already carry AND's "
    "half bit; the *additive gain* G tells what fusing added to them."
)
SPOKEN = "XOR: in every row and column of the square the label is 0 once and 1 once; only the cell tells it"


def show_explainer() -> None:
    """The section."""
    left, right = st.columns([1, 2], gap="large", vertical_alignment="center")
    left.altair_chart(xor_chart(), width="content", alt=SPOKEN)
    right.markdown(XOR)
    st.markdown(PARTS)
