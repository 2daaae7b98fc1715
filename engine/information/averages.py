"""Means over the labels of a multilabel task: of tests, controls and learning curves."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from engine.information.results import Control, LearningPoint

Array = NDArray[np.float64]


def mean_pairing(pairings: Sequence[Array | None]) -> Array | None:
    """Of what true pairs tell beyond shuffled ones, draw by draw; None where it was not asked."""
    there = [pairing for pairing in pairings if pairing is not None]
    return np.asarray(np.mean(there, 0)) if there else None


def mean_control(controls: Sequence[Control | None]) -> Control | None:
    """Of every figure of the controls; None where there are none."""
    there = [control.model_dump() for control in controls if control is not None]
    if not there:
        return None
    return Control(
        **{key: type(value)(np.mean([control[key] for control in there])) for key, value in there[0].items()}
    )


def mean_curve(curves: Sequence[tuple[LearningPoint, ...]]) -> tuple[LearningPoint, ...]:
    """Point by point; empty where a label has no curve, or curves of different lengths."""
    if not all(curves) or len({len(points) for points in curves}) > 1:
        return ()
    return tuple(
        LearningPoint(
            n=points[0].n,
            information=float(np.mean([point.information for point in points])),
            synergy=float(np.mean([point.synergy for point in points])),
            gain=float(np.mean([point.gain for point in points])),
        )
        for points in zip(*curves, strict=True)
    )
