"""From readings to the named result: intervals, tests, and what the reader must be warned of."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.information.quantised import LN2, SAMPLES_A_BIN, TWO_CLASS_BINS
from engine.information.reading import LATE_QUANTITIES, QUANTITIES, Reading
from engine.information.results import (
    FALLING,
    LOSSES,
    RISING,
    WITHHELD,
    Control,
    Estimate,
    LearningPoint,
    SampleDecomposition,
    Spread,
)
from engine.information.significance import Margin, margin, p_above_zero
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]
CLAIMED = ("synergy", "gain", "interaction", "complementarity")
"""Quantities whose lower limit is claimed; of the others only the value is."""
TAKEN_AWAY = {
    "synergy": "union",
    "traced": "union",
    "complementarity": "union",
    "gain": "both",
    "interaction": "late",
    "interaction_traced": "late",
}
"""Of quantities that are differences of two informations, the one that is taken away."""
UNREAD = 0.02
"""Bits that the late probe may leave unread: where which modality is readable changes from sample to sample,
it leaves .006 of exact posteriors and up to .017 of trained ones (tests/synergy_mixtures.py)."""
STILL_MOVING = 0.02
"""Bits by which the last doubling of the samples may move S before the probe is called limited by their
number."""
FEW_SAMPLES = 1000


class Ceiling(NamedTuple):
    """The synergy there is to capture, in bits, and whether that is known or itself an estimate."""

    bits: float
    kind: Literal["exact", "estimate"]


def summarise(
    reading: Reading,
    per_seed: Sequence[Reading],
    *,
    kind: Literal["classification", "multilabel", "regression"],
    n: int,
    classes: int,
    labels: int,
    settings: EstimatorSettings,
    p_information: float,
    pairing: Array | None,
    permuted: Control | None,
    curve: tuple[LearningPoint, ...],
    ceiling: Ceiling | None,
    warnings: Sequence[str],
    began: float,
    is_traced: bool = False,
) -> SampleDecomposition:
    """The result of one task. pairing: (draws + 1,) what true pairs tell beyond shuffled ones, any unit; only
    signs are used. is_traced: whether S_Z is claimed only as far as students of both modalities trace it."""
    entropy = math.inf if kind == "regression" else float(reading.values["entropy"][0])
    blur = _blur(classes, n)
    blurs = dict.fromkeys(("synergy", "traced", "complementarity"), blur)
    blurs |= dict.fromkeys(("interaction", "interaction_traced"), blur + UNREAD)
    margins = {
        name: margin(
            reading.values[name],
            [float(reading_of_seed.values[name][0]) for reading_of_seed in per_seed],
            blurs.get(name, 0.0),
        )
        for name in (*QUANTITIES, *LATE_QUANTITIES)
    }
    told = {name: float(reading.values[name][0]) for name in margins}
    estimates = {name: _estimate(name, told, margins[name], entropy) for name in margins}
    alone, traced = estimates["synergy"], estimates["traced"] if is_traced else None
    p_synergy = p_above_zero(alone.value, margins["synergy"], settings.draws)
    if traced is not None:
        p_synergy = max(p_synergy, p_above_zero(traced.value, margins["traced"], settings.draws))
        estimates["synergy"] = alone.model_copy(update={"low": min(alone.low, traced.low)})
    estimates["interaction"] = _interaction(estimates, is_traced)
    moved = curve[-1].synergy - curve[-2].synergy if len(curve) > 1 else 0.0
    decomposition = SampleDecomposition(
        kind=kind,
        **{
            name: estimates[name] if name in CLAIMED else Spread(**estimates[name].model_dump())
            for name in estimates
            if name not in ("excess", "entropy", "traced", "interaction_traced")
        },
        traced=traced,
        withheld=traced is not None and alone.low > 0 >= traced.low,
        excess=told["excess"],
        entropy=max(told["entropy"], 0.0),
        ceiling=None if ceiling is None else ceiling.bits,
        ceiling_kind=None if ceiling is None else ceiling.kind,
        p_information=p_information,
        p_synergy=p_synergy,
        p_gain=p_above_zero(told["gain"], margins["gain"], settings.draws),
        p_pairing=None if pairing is None else _not_above_zero(pairing),
        permuted=permuted,
        curve=curve,
        probe_limited=abs(moved) > STILL_MOVING,
        n=n,
        classes=classes,
        labels=labels,
        folds=settings.folds,
        fold_seeds=tuple(range(len(per_seed))),
        probe=settings.probe,
        draws=settings.draws,
        gap=reading.gap,
        warnings=tuple(warnings),
        seconds=time.perf_counter() - began,
    )
    return decomposition.model_copy(update={"warnings": (*warnings, *_warnings(decomposition, moved))})


def _interaction(estimates: Mapping[str, Estimate], is_traced: bool) -> Estimate:
    """No more interaction is claimed than synergy, of which it is a part, nor than was traced."""
    low = min(estimates["interaction"].low, estimates["synergy"].low)
    if is_traced:
        low = min(low, estimates["interaction_traced"].low)
    return estimates["interaction"].model_copy(update={"low": low})


def _estimate(name: str, told: Mapping[str, float], known: Margin, entropy: float) -> Estimate:
    """Value and interval, no wider than the quantity can be: informations are between 0 and H(Y), S_Z between
    −Î∪ and H(Y) − Î∪, its parts likewise, G between −Î([Z1; Z2]) and H(Y) − Î([Z1; Z2])."""
    value = told[name]
    nothing = told[TAKEN_AWAY[name]] if name in TAKEN_AWAY else 0.0
    low, high = value - known.blur - known.below, value + known.blur + known.above
    return Estimate(
        value=value, low=min(max(low, -nothing), value), high=max(min(high, entropy - nothing), value)
    )


def _blur(classes: int, n: int) -> float:
    """What bins can tell apart at all: the plug-in bias (B − 1)(c − 1) / (2 N ln 2) in bits.

    Î∪ adds several readings, each a little short; where they nearly reach H(Y), resampling does not see that
    they are.
    """
    bins = min(TWO_CLASS_BINS if classes == 2 else 2 * classes, n // SAMPLES_A_BIN)
    return max(bins - 1, 0) * max(classes - 1, 0) / (2 * n * LN2)


def _not_above_zero(values: Array) -> float:
    """p of "not above zero" from draws that follow the sample's own value."""
    return float((1 + (values[1:] <= 0).sum()) / len(values))


def _warnings(decomposition: SampleDecomposition, moved: float) -> list[str]:
    said = []
    if decomposition.loss is not None:
        said.append(LOSSES[decomposition.loss])
    if decomposition.withheld:
        said.append(WITHHELD)
    if decomposition.n < FEW_SAMPLES:
        said.append(f"{decomposition.n} samples: what is read falls short of what more samples would show")
    if decomposition.probe_limited:
        said.append(RISING if moved > 0 else FALLING)
    permuted = decomposition.permuted
    if permuted is not None and permuted.synergy_high > max(decomposition.synergy.low, STILL_MOVING):
        said.append(
            f"on permuted labels the same probe reads up to {permuted.synergy_high:.3f} bit of synergy"
        )
    return said
