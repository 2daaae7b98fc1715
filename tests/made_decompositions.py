"""Decompositions with chosen figures, for pages: what the estimator would return for a task with so much of
each part."""

from engine.information.results import Control, Estimate, LearningPoint, SampleDecomposition

TRUE_SYNERGY = 0.469


def made(
    parts: tuple[float, float, float, float], *, doubt: float = 0.03, limited: bool = False
) -> SampleDecomposition:
    """Redundancy, unique 1, unique 2 and synergy in bits, each known to within `doubt`."""
    r, u1, u2, s = parts
    values = {
        "redundancy": r,
        "unique1": u1,
        "unique2": u2,
        "synergy": s,
        "gain": s,
        "fused": r + u1 + u2 + s,
        "first": r + u1,
        "second": r + u2,
        "both": r + u1 + u2,
        "union": r + u1 + u2,
        "late": r + u1 + u2 + 0.25 * s,
        "interaction": 0.75 * s,
        "complementarity": 0.25 * s,
    }
    return SampleDecomposition(
        kind="classification",
        **{
            name: Estimate(value=value, low=value - doubt, high=value + doubt)
            for name, value in values.items()
        },
        excess=0.0,
        entropy=0.48,
        ceiling=TRUE_SYNERGY,
        ceiling_kind="exact",
        p_information=0.01,
        p_synergy=0.005 if s > doubt else 0.6,
        p_gain=0.005 if s > doubt else 0.6,
        permuted=Control(
            information=0.001,
            information_high=0.002,
            synergy=0.0,
            synergy_high=0.004,
            gain=0.0,
            gain_high=0.004,
            refits=3,
        ),
        curve=tuple(LearningPoint(n=n, information=s, synergy=s, gain=s) for n in (500, 1000, 2000)),
        probe_limited=limited,
        n=2000,
        classes=2,
        folds=5,
        fold_seeds=(0, 1),
        probe="linear",
        draws=200,
        gap=1e-5,
        warnings=("probe-limited: with more samples this probe would read more",) if limited else (),
        seconds=1.0,
    )
