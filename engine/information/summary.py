"""From readings to the named result: intervals, tests, and what the reader must be warned of."""

import time
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.information.quantised import LN2, TWO_CLASS_BINS
from engine.information.reading import QUANTITIES, Reading
from engine.information.results import Control, Estimate, LearningPoint, SampleDecomposition
from engine.settings.decomposition import EstimatorSettings

Array = NDArray[np.float64]
LEVEL = 0.95
STILL_RISING = 0.02
"""Bits that the last doubling of the samples may add before the probe is called limited by their number."""
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
) -> SampleDecomposition:
    """The result of one task. pairing: (draws + 1,) what true pairs tell beyond shuffled ones, any unit; only
    signs are used."""
    estimates = {name: _estimate(name, reading, per_seed) for name in QUANTITIES}
    estimates["synergy"] = _blurred(estimates["synergy"], classes, n)
    limited = len(curve) > 1 and curve[-1].synergy - curve[-2].synergy > STILL_RISING
    return SampleDecomposition(
        kind=kind,
        **{name: estimates[name] for name in QUANTITIES if name not in ("excess", "entropy")},
        excess=estimates["excess"].value,
        entropy=max(estimates["entropy"].value, 0.0),
        ceiling=None if ceiling is None else ceiling.bits,
        ceiling_kind=None if ceiling is None else ceiling.kind,
        p_information=p_information,
        p_synergy=_not_above_zero(reading.values["synergy"]),
        p_gain=_not_above_zero(reading.values["gain"]),
        p_pairing=None if pairing is None else _not_above_zero(pairing),
        permuted=permuted,
        curve=curve,
        probe_limited=limited,
        n=n,
        classes=classes,
        labels=labels,
        folds=settings.folds,
        fold_seeds=tuple(range(len(per_seed))),
        probe=settings.probe,
        draws=settings.draws,
        gap=reading.gap,
        warnings=(*warnings, *_warnings(estimates, permuted, limited, n)),
        seconds=time.perf_counter() - began,
    )


def _estimate(name: str, reading: Reading, per_seed: Sequence[Reading]) -> Estimate:
    """Percentile bootstrap of held-out losses and bins, widened by the standard deviation over fold seeds."""
    values = reading.values[name]
    low, high = np.quantile(values[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    deviation = float(np.std([one.values[name][0] for one in per_seed], ddof=1)) if len(per_seed) > 1 else 0.0
    value = float(values[0])
    below, above = (
        np.hypot(max(value - low, 0.0), 1.96 * deviation),
        np.hypot(max(high - value, 0.0), 1.96 * deviation),
    )
    return Estimate(value=value, low=value - float(below), high=value + float(above))


def _blurred(synergy: Estimate, classes: int, n: int) -> Estimate:
    """The interval of the synergy, wider by what bins can tell apart at all: the plug-in bias (B − 1)(c − 1)
    / (2 N ln 2).

    Î∪ adds several readings, each a little short; where they nearly reach H(Y), resampling does not see that
    they are.
    """
    bins = TWO_CLASS_BINS if classes == 2 else 2 * classes
    width = max(bins - 1, 0) * max(classes - 1, 0) / (2 * n * LN2)
    return Estimate(value=synergy.value, low=synergy.low - width, high=synergy.high + width)


def _not_above_zero(values: Array) -> float:
    """p of "not above zero" from draws that follow the sample's own value."""
    return float((1 + (values[1:] <= 0).sum()) / len(values))


def _warnings(estimates: dict[str, Estimate], permuted: Control | None, limited: bool, n: int) -> list[str]:
    said = []
    if estimates["synergy"].high < 0:
        said.append("fusion loss: the fused representation tells less than the modalities alone do")
    if n < FEW_SAMPLES:
        said.append(f"{n} samples: what is read falls short of what more samples would show")
    if limited:
        said.append("probe-limited: with more samples this probe would read more")
    if permuted is not None and permuted.synergy_high > max(estimates["synergy"].low, STILL_RISING):
        said.append(
            f"on permuted labels the same probe reads up to {permuted.synergy_high:.3f} bit of synergy"
        )
    return said
