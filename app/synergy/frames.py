"""Frames that the synergy page draws and exports, from combined decompositions. No Streamlit here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from app.charts.atoms import ATOM_COLOURS
from app.charts.decomposition import BANDS, OVER_TRAINING, PARTS, TRUTH, WHISKERS
from app.groups.grouping import Group
from app.groups.readings import reading, show_estimate, show_interval
from app.groups.seed_statistics import Estimate
from app.groups.seed_tests import Decision
from app.synergy.rows import ATOMS, Asked, Combined, Row, asked_of, claim, figure, tells_kinds
from app.wording.figures import show_fixed
from app.wording.units import BITS

SHOWN = tuple(ATOM_COLOURS)
CURVES = {"synergy": "Captured synergy, bits", "gain": "Additive gain G, bits"}


def bar_name(combined: Combined) -> str:
    """What a bar is called: the group, with the encoder where it is not the trained one."""
    if combined.encoder == "raw":
        return "raw inputs"
    return combined.group.label + ("" if combined.encoder == "trained" else " untrained")


def bars(combined: Sequence[Combined]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Parts and whiskers of one task's bars; of raw inputs one bar, for all groups share them."""
    parts, whiskers, seen = [], [], set()
    for member in combined:
        name = bar_name(member)
        if name in seen:
            continue
        seen.add(name)
        values = [member.over_seeds(atom) for atom in ATOMS]
        for number, (label, value) in enumerate(zip(SHOWN, values, strict=False)):
            atom = "Loss" if label == "Synergy" and value.mean < 0 else label
            # Only of synergy is the lower limit a promise; the other parts are point estimates.
            shown = show_estimate(value, BITS) if label == "Synergy" else BITS.show(value.mean)
            parts.append((name, member.encoder, atom, number, value.mean, shown))
        synergy, below = values[3], sum(value.mean for value in values[:3]) if values[3].mean >= 0 else 0.0
        if synergy.low is not None and synergy.high is not None:
            whiskers.append((name, member.encoder, below + synergy.low, below + synergy.high, claim(member)))
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
            rows.append((label, end, f"{label} {BITS.show(float(facts[name]))}"))
    return pl.DataFrame(rows, schema=TRUTH, orient="row")


def over_training(
    groups: Sequence[Group], rows: Sequence[Row], task: str, sides: str, quantity: str
) -> pl.DataFrame:
    """Mean and interval over a group's runs of S or of G, at every epoch that all of them have; epoch 0 is
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
            here = [row for row in mine if row.epoch == epoch]
            if len(here) == len(runs):
                value = figure(here, quantity)
                shown = show_estimate(value, BITS)
                points.append(
                    (group.label, group.method, quantity, epoch, value.mean, value.low, value.high, shown)
                )
    return pl.DataFrame(points, schema=OVER_TRAINING, orient="row")


def bands(combined: Sequence[Combined], quantity: str) -> pl.DataFrame:
    """What untrained encoders read, from lowest to highest limit, and what is read from permuted labels."""
    rows = []
    untrained = [member.over_seeds(quantity) for member in combined if member.encoder == "untrained"]
    if untrained:
        lows = [value.mean if value.low is None else value.low for value in untrained]
        highs = [value.mean if value.high is None else value.high for value in untrained]
        rows.append(("untrained encoder", min(lows), max(highs)))
    permuted = [
        row.decomposition.permuted
        for member in combined
        if member.encoder == "trained"
        for row in member.rows
        if row.decomposition.permuted
    ]
    if permuted:
        means = [control.synergy if quantity == "synergy" else control.gain for control in permuted]
        highs = [control.synergy_high if quantity == "synergy" else control.gain_high for control in permuted]
        rows.append(("permuted labels", min(*means, 0.0), max(*highs, 0.0)))
    return pl.DataFrame(rows, schema=BANDS, orient="row")


def table(
    combined: Sequence[Combined],
    accuracies: Mapping[tuple[str, str], str],
    baseline: str,
    decided: Mapping[Asked, Decision],
) -> list[dict[str, Any]]:
    """One row a task, method and encoder. accuracies: (digest, task) → shown probe accuracy of the trained
    encoder; baseline: the label that differences are to; decided: those of trained encoders."""
    rows = []
    for member in combined:
        ratio = [decomposition.capture_ratio for decomposition in (row.decomposition for row in member.rows)]
        known = [value for value in ratio if value is not None]
        synergy = member.over_seeds("synergy")
        difference = decided.get(asked_of(member)) if member.encoder == "trained" else None
        rows.append(
            {
                "Task": member.task,
                "Sides": member.sides,
                "Encoder": bar_name(member),
                "Î(Z)": BITS.number(member.over_seeds("fused").mean),
                "S_Z [95 %]": f"{BITS.number(synergy.mean)} {show_interval(synergy, BITS)}",
                "Interaction [95 %]": _kind(member, "interaction"),
                "Complementarity [95 %]": _kind(member, "complementarity"),
                "At least": "–" if member.why_nothing else BITS.number(member.at_least),
                f"Difference to {baseline}": "–"
                if difference is None
                else difference_words(member, baseline, difference),
                "G [95 %]": _interval(member.over_seeds("gain")),
                "Captured": _share(known, member.first_seed.ceiling_kind),
                "Accuracy": accuracies.get((member.group.digest, member.task), "–")
                if member.encoder == "trained"
                else "–",
                "p(S>0)": _largest(row.decomposition.p_synergy for row in member.rows),
                "Holm": _largest(row.decomposition.p_synergy_holm for row in member.rows),
                "Seeds": len(member.rows),
                "N": member.first_seed.n,
                "Nothing claimed because": member.why_nothing,
                "Remarks": "; ".join(member.remarks),
            }
        )
    return rows


def difference_words(member: Combined, baseline: str, decision: Decision) -> str:
    """The difference for a cell below the baseline's name: "+0.070 bits [+0.028, +0.112], n = 3 pairs:
    InfMasking is ahead"."""
    words = reading(member.group.label, baseline, decision, BITS)
    return f"{words.figures}: {words.verdict}" if words.figures else words.verdict


def _kind(member: Combined, name: str) -> str:
    return _interval(member.over_seeds(name)) if tells_kinds(member.rows) else "–"


def _interval(value: Estimate) -> str:
    return f"{BITS.number(value.mean)} {show_interval(value, BITS)}"


def _share(ratios: Sequence[float], kind: str | None) -> str:
    if not ratios:
        return "–"
    return f"{'≈ ' if kind == 'estimate' else ''}{show_fixed(100 * sum(ratios) / len(ratios), 0)} %"


def _largest(values: Any) -> str:
    known = [value for value in values if value is not None]
    return show_fixed(max(known), 3) if known else "–"


PHRASES = ("Nothing claimed because", "Remarks")
"""Columns of words that many rows share."""


def repeated_phrases(rows: Sequence[Mapping[str, Any]], often: int) -> dict[str, int]:
    """Phrases that stand in more rows than `often`, with how many, the most frequent first."""
    counts = Counter(str(row[name]) for row in rows for name in PHRASES if row.get(name))
    return {phrase: count for phrase, count in counts.most_common() if count > often}


def said_above(rows: Sequence[Mapping[str, Any]], often: int) -> list[str]:
    """Lines above the table: each phrase that many rows share, with its number and how many rows have it."""
    found = repeated_phrases(rows, often)
    return [
        f"({number}) {phrase} ({count} of {len(rows)} rows)."
        for number, (phrase, count) in enumerate(found.items(), 1)
    ]


def shortened(rows: Sequence[Mapping[str, Any]], often: int) -> list[dict[str, Any]]:
    """The rows with such phrases as their numbers, and without the sides where all rows have the same."""
    marks = {phrase: f"({number})" for number, phrase in enumerate(repeated_phrases(rows, often), 1)}
    same = len({row["Sides"] for row in rows}) == 1
    return [
        {
            name: marks.get(str(value), value) if name in PHRASES else value
            for name, value in row.items()
            if not (same and name == "Sides")
        }
        for row in rows
    ]
