"""The playground: a gate, or any table of one's own, and its exact decomposition with the proven gap."""

import numpy as np
import polars as pl
import streamlit as st
from numpy.typing import NDArray

from app.charts.decomposition_table import table_chart
from app.synergy.table_input import decode_table, read_table
from app.wording.text import plain
from engine.information.gates import GATES
from engine.information.results import InformationError, TableDecomposition
from engine.information.table import decompose

OWN = "A table of my own"
EXAMPLE = "0, 0, 0, 0.25\n0, 1, 1, 0.25\n1, 0, 1, 0.25\n1, 1, 0, 0.25\n"
LARGEST_UPLOAD_MB = 5
SHOWN_CELLS = 64


def show_playground() -> None:
    """The section."""
    names = {gate.title: key for key, gate in GATES.items()}
    left, right = st.columns([2, 3], gap="large")
    with left:
        chosen = st.selectbox("Distribution", [*names, OWN], key="gate", help="Exact: no samples, no probes.")
        try:
            table = _typed() if chosen == OWN else _gate(names[chosen])
            decomposition = None if table is None else decompose(table)
        except InformationError as error:
            st.error(plain(error), icon=":material/error:")
            return
    with right:
        if table is not None and decomposition is not None:
            _show(table, decomposition)


def _gate(key: str) -> NDArray[np.float64]:
    noise = st.slider("Labels replaced at random, share", 0.0, 0.5, 0.0, 0.01, key="gate_noise")
    st.caption(plain(GATES[key].says))
    return GATES[key].make(float(noise))


def _typed() -> NDArray[np.float64] | None:
    uploaded = st.file_uploader(
        "A CSV or text file", ["csv", "txt", "tsv"], key="gate_file", max_upload_size=LARGEST_UPLOAD_MB
    )
    if uploaded is not None:
        text = decode_table(uploaded.getvalue())
    else:
        text = st.text_area(
            "Or rows of x1, x2, y and a probability, a count, or nothing (then each row is a sample)",
            EXAMPLE,
            200,
            key="gate_rows",
        )
    written = read_table(text)
    if written.counted:
        st.caption(
            "Counts were divided by their sum. From few samples such a table has more information than the "
            "truth: see “Measured”."
        )
    return written.table


def _show(table: NDArray[np.float64], decomposition: TableDecomposition) -> None:
    values = {
        "Redundancy": decomposition.redundancy,
        "Unique 1": decomposition.unique1,
        "Unique 2": decomposition.unique2,
        "Synergy": decomposition.synergy,
    }
    st.altair_chart(
        table_chart(decomposition),
        alt="; ".join(f"{name} {value:.4f} bits" for name, value in values.items()),
    )
    for column, (name, value) in zip(st.columns(4), values.items(), strict=True):
        column.metric(plain(name), f"{value:.4f}")
    st.markdown(
        f"I(X1;Y) = {decomposition.information1:.4f}, I(X2;Y) = {decomposition.information2:.4f}, "
        f"I(X1,X2;Y) = {decomposition.information:.4f}, "
        f"H(Y) = {decomposition.entropy:.4f} bits."
    )
    if decomposition.converged:
        gap = max(decomposition.gap, 1e-12)  # below that, rounding speaks
        st.caption(
            f"Every part is within {gap:.0e} bit of its true value, proven by weak duality "
            f"({decomposition.iterations:d} iterations)."
        )
    else:
        st.warning(
            f"Not converged: the parts are only known to within {decomposition.gap:.2e} bit.",
            icon=":material/warning:",
        )
    if table.size <= SHOWN_CELLS:
        with st.expander("The table"):
            rows = [
                {"x1": a, "x2": b, "y": c, "p": float(table[a, b, c])}
                for a, b, c in np.argwhere(table > 0).tolist()
            ]
            st.dataframe(pl.DataFrame(rows), hide_index=True, height="content")
