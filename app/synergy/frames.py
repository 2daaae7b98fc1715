"""Frames that the synergy page draws and exports, from combined decompositions. No Streamlit here."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.charts.atoms import ATOM_COLOURS
from app.charts.decomposition import BANDS, OVER_TRAINING, PARTS, TRUTH, WHISKERS
from app.groups.grouping import Group
from app.synergy.rows import ATOMS, Combined, Row, claim

SHOWN = tuple(ATOM_COLOURS)
CURVES = {"synergy": "Synergy: lower limit, bits", "gain": "Additive gain G, bits"}


def bar_name(combined: Combined) -> str:
    """What a bar is called: the group, with the encoder where it is not the trained one."""
    if combined.encoder == "raw":
        return "raw inputs"
    return combined.group.label + ("" if combined.encoder == "trained" else " untrained")


def bars(combined: Sequence[Combined]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parts and whiskers of one task's bars; of raw inputs one bar, for all groups share them."""
    parts, whiskers, seen = [], [], set()
    for one in combined:
        name = bar_name(one)
        if name in seen:
            continue
        seen.add(name)
        values = [one.over_seeds(atom) for atom in ATOMS]
        for number, (label, value) in enumerate(zip(SHOWN, values, strict=False)):
            atom = "Loss" if label == "Synergy" and value.value < 0 else label
            shown = f"{value.value:.3f}"
            if label == "Synergy":  # only its lower limit is a promise; of the other parts not even that is
                shown += f" [{value.low:.3f}, {value.high:.3f}]"
            parts.append((name, one.encoder, atom, number, value.value, shown))
        below = 0.0 if values[3].value < 0 else sum(value.value for value in values[:3])
        whiskers.append((name, one.encoder, below + values[3].low, below + values[3].high, claim(one)))
    return pl.DataFrame(parts, schema=PARTS, orient="row"), pl.DataFrame(
        whiskers, schema=WHISKERS, orient="row"
    )


def truth(facts: Mapping[str, Any]) -> pl.DataFrame:
    """Ends of the true parts stacked, from the facts stored beside the task's results; empty where the truth
    is not known."""
    names = ("true_redundancy", "true_unique1", "true_unique2", "true_synergy")
    if any(facts.get(name) is None for name in names):
        return pl.DataFrame(schema=TRUTH)
    end, rows = 0.0, []
    for label, name in zip(SHOWN, names, strict=False):
        if facts[name] > 0:
            end += float(facts[name])
            rows.append((label, end, f"{label} {float(facts[name]):.3f} bits"))
    return pl.DataFrame(rows, schema=TRUTH, orient="row")


def over_training(
    groups: Sequence[Group], rows: Sequence[Row], task: str, sides: str, quantity: str
) -> pl.DataFrame:
    """Mean over a group's runs of S's lower limit, or of G, at every epoch that all of them have; epoch 0 is
    untrained."""
    points = []
    for group in groups:
        ids = {run.id for run in group.runs}
        mine = [
            row
            for row in rows
            if row.run_id in ids and (row.task, row.sides) == (task, sides) and row.encoder != "raw"
        ]
        runs = {row.run_id for row in mine}
        for epoch in sorted({row.epoch for row in mine}):
            here = [row.found for row in mine if row.epoch == epoch]
            if len(here) == len(runs):
                values = [one.synergy.low if quantity == "synergy" else one.gain.value for one in here]
                points.append((group.label, quantity, epoch, sum(values) / len(values)))
    return pl.DataFrame(points, schema=OVER_TRAINING, orient="row")


def bands(combined: Sequence[Combined], quantity: str) -> pl.DataFrame:
    """What untrained encoders read, from lowest to highest limit, and what is read from permuted labels."""
    rows = []
    untrained = [row.found for one in combined if one.encoder == "untrained" for row in one.rows]
    if untrained:
        estimates = [one.synergy if quantity == "synergy" else one.gain for one in untrained]
        rows.append(
            ("untrained encoder", min(one.low for one in estimates), max(one.high for one in estimates))
        )
    permuted = [
        row.found.permuted
        for one in combined
        if one.encoder == "trained"
        for row in one.rows
        if row.found.permuted
    ]
    if permuted:
        means = [one.synergy if quantity == "synergy" else one.gain for one in permuted]
        highs = [one.synergy_high if quantity == "synergy" else one.gain_high for one in permuted]
        rows.append(("permuted labels", min(*means, 0.0), max(*highs, 0.0)))
    return pl.DataFrame(rows, schema=BANDS, orient="row")


def table(combined: Sequence[Combined], accuracies: Mapping[tuple[str, str], str]) -> list[dict[str, Any]]:
    """One row a task, method and encoder. accuracies: (digest, task) → shown probe accuracy of the trained
    encoder."""
    rows = []
    for one in combined:
        fused, synergy, gain = (one.over_seeds(name) for name in ("fused", "synergy", "gain"))
        ratio = [found.capture_ratio for found in (row.found for row in one.rows)]
        known = [value for value in ratio if value is not None]
        rows.append(
            {
                "Task": one.task,
                "Sides": one.sides,
                "Encoder": bar_name(one),
                "Î(Z)": f"{fused.value:.3f}",
                "S_Z [low, high]": f"{synergy.value:.3f} [{synergy.low:.3f}, {synergy.high:.3f}]",
                "Claim": claim(one),
                "G": f"{gain.value:.3f} [{gain.low:.3f}, {gain.high:.3f}]",
                "Captured": _share(known, one.one.ceiling_kind),
                "Accuracy": accuracies.get((one.group.digest, one.task), "–")
                if one.encoder == "trained"
                else "–",
                "p(S>0)": _largest(row.found.p_synergy for row in one.rows),
                "Holm": _largest(row.found.p_synergy_holm for row in one.rows),
                "Seeds": len(one.rows),
                "N": one.one.n,
                "Nothing claimed because": one.why_nothing,
            }
        )
    return rows


def _share(ratios: Sequence[float], kind: str | None) -> str:
    if not ratios:
        return "–"
    return f"{'≈ ' if kind == 'estimate' else ''}{100 * sum(ratios) / len(ratios):.0f} %"


def _largest(values: Any) -> str:
    known = [value for value in values if value is not None]
    return f"{max(known):.3f}" if known else "–"
