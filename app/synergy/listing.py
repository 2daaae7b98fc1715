"""Decompositions as lines of text, for the command line."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.groups.readings import show_limits
from app.synergy.rows import Row, claimed, figure, latest, read_rows, tells_kinds
from app.wording.figures import show_fixed
from app.wording.units import BITS

PARTS = ("redundancy", "unique1", "unique2")
HEAD = (
    "TASK",
    "SIDES",
    "ENCODER",
    "I(Z)",
    "S [low, high]",
    "INTERACTION [low, high]",
    "COMPLEMENTARITY",
    "G",
    "R",
    "U1",
    "U2",
    "CEILING",
    "N",
    "p(S>0)",
)


def as_lines(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """A table of one run's latest decompositions, then what can be claimed of each trained task."""
    rows = sorted(latest(read_rows(columns)), key=lambda row: (row.task, row.sides, row.encoder))
    if not rows:
        return ["nothing was decomposed; the lines above say why"]
    table: list[tuple[str, ...]] = [HEAD]
    for row in rows:
        decomposition = row.decomposition
        about = "~" if decomposition.ceiling_kind == "estimate" else ""
        ceiling = "–" if decomposition.ceiling is None else about + BITS.number(decomposition.ceiling)
        known = {name: figure([row], name) for name in ("fused", "synergy", "gain", *PARTS)}
        shown = {name: BITS.number(value.mean) for name, value in known.items()}
        table.append(
            (
                row.task,
                row.sides,
                row.encoder,
                shown["fused"],
                f"{shown['synergy']} {show_limits(known['synergy'], BITS)}",
                *_kinds(row),
                shown["gain"],
                *(shown[name] for name in PARTS),
                ceiling,
                f"{decomposition.n:,}",
                "–" if decomposition.p_synergy is None else show_fixed(decomposition.p_synergy, 3),
            )
        )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    for row in rows:
        if row.encoder == "trained":
            low = BITS.show(claimed(figure([row], "synergy")))
            lines.append(
                f"{row.task} ({row.sides}): at least {low} of synergy (usable with this probe, N = "
                f"{row.decomposition.n:,})"
            )
    return [*lines, "All values in bits."]


def _kinds(row: Row) -> tuple[str, str]:
    """Interaction and complementarity; a dash where the result is of a version that did not tell them."""
    if not tells_kinds([row]):
        return "–", "–"
    interaction, complementarity = (figure([row], name) for name in ("interaction", "complementarity"))
    return (
        f"{BITS.number(interaction.mean)} {show_limits(interaction, BITS)}",
        BITS.number(complementarity.mean),
    )
