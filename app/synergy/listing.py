"""Decompositions as lines of text, for the command line."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.synergy.rows import latest, read_rows

HEAD = ("TASK", "SIDES", "ENCODER", "I(Z)", "S [low, high]", "G", "R", "U1", "U2", "CEILING", "N", "p(S>0)")


def as_lines(columns: Mapping[str, Sequence[Any]]) -> list[str]:
    """A table of one run's latest decompositions, then what can be claimed of each trained task."""
    rows = sorted(latest(read_rows(columns)), key=lambda row: (row.task, row.sides, row.encoder))
    if not rows:
        return ["nothing was decomposed; the lines above say why"]
    table: list[tuple[str, ...]] = [HEAD]
    for row in rows:
        found = row.found
        ceiling = (
            "–"
            if found.ceiling is None
            else f"{'~' if found.ceiling_kind == 'estimate' else ''}{found.ceiling:.3f}"
        )
        figures = [found.redundancy, found.unique1, found.unique2]
        table.append(
            (
                row.task,
                row.sides,
                row.encoder,
                f"{found.fused.value:.3f}",
                f"{found.synergy.value:.3f} [{found.synergy.low:.3f}, {found.synergy.high:.3f}]",
                f"{found.gain.value:.3f}",
                *(f"{one.value:.3f}" for one in figures),
                ceiling,
                f"{found.n:,}",
                "–" if found.p_synergy is None else f"{found.p_synergy:.3f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in table
    ]
    for row in rows:
        if row.encoder == "trained":
            low = max(row.found.synergy.low, 0.0)
            lines.append(
                f"{row.task} ({row.sides}): at least {low:.3f} bits of synergy (usable with this probe, N = "
                f"{row.found.n:,})"
            )
    return [*lines, "All values in bits."]
