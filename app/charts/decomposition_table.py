"""One exact decomposition as a bar, and the picture of XOR. Plain values in, charts out."""

import altair as alt
import polars as pl

from app.charts.atoms import ATOM_COLOURS, ATOM_MEANING
from app.charts.comparison import Layers
from app.charts.style import INK, PADDING
from engine.information.results import TableDecomposition


def table_chart(decomposition: TableDecomposition) -> Layers:
    """R | U1 | U2 | S from left to right, up to H(Y)."""
    values = (decomposition.redundancy, decomposition.unique1, decomposition.unique2, decomposition.synergy)
    rows = [
        {"atom": atom, "bits": max(value, 0.0), "order": number, "meaning": ATOM_MEANING[atom]}
        for number, (atom, value) in enumerate(zip(ATOM_COLOURS, values, strict=False))
    ]
    scale = alt.Scale(domain=list(ATOM_COLOURS)[:4], range=list(ATOM_COLOURS.values())[:4])
    bars = (
        alt.Chart(pl.DataFrame(rows))
        .mark_bar(size=44, stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X("bits:Q", title="bits", stack="zero"),
            color=alt.Color(
                "atom:N", scale=scale, legend=alt.Legend(orient="top", title=None, labelFontSize=12)
            ),
            order=alt.Order("order:Q"),
            tooltip=[alt.Tooltip("atom:N"), alt.Tooltip("bits:Q", format=".6f"), alt.Tooltip("meaning:N")],
        )
    )
    end = pl.DataFrame({"bits": [decomposition.entropy], "label": [f"H(Y) = {decomposition.entropy:.3f}"]})
    rule = (
        alt.Chart(end)
        .mark_rule(strokeDash=[6, 4], color=INK, strokeWidth=1.5)
        .encode(x=alt.X("bits:Q"), tooltip=alt.Tooltip("label:N"))
    )
    return alt.layer(bars, rule, height=130, padding=PADDING)


def xor_chart() -> Layers:
    """The four equally likely cases of XOR: no row and no column of the square tells the label, the cell
    does."""
    cells = [
        {"x1": f"x1 = {a}", "x2": f"x2 = {b}", "y": str(a ^ b), "label": f"y = {a ^ b}"}
        for a in (0, 1)
        for b in (0, 1)
    ]
    base = alt.Chart(pl.DataFrame(cells)).encode(
        x=alt.X(
            "x1:N",
            title=None,
            axis=alt.Axis(orient="top", labelAngle=0, ticks=False, domain=False, labelFontSize=13),
        ),
        y=alt.Y("x2:N", title=None, axis=alt.Axis(ticks=False, domain=False, labelFontSize=13)),
    )
    colours = alt.Scale(domain=["0", "1"], range=[ATOM_COLOURS["Redundancy"], ATOM_COLOURS["Synergy"]])
    square = base.mark_rect(stroke="white", strokeWidth=3).encode(
        color=alt.Color("y:N", scale=colours, legend=None)
    )
    text = base.mark_text(color="white", fontSize=17, fontWeight="bold").encode(text=alt.Text("label:N"))
    return alt.layer(square, text, width=240, height=200, padding=PADDING)
