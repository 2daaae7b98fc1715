"""From readings to the result: limits that a quantity can have, what is claimed, and what is told."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.information.late import split
from engine.information.reading import Reading, parts
from engine.information.results import (
    FALLING,
    LOSSES,
    RISING,
    WITHHELD,
    Control,
    LearningPoint,
    SampleDecomposition,
)
from engine.information.summary import STILL_MOVING, Ceiling, summarise
from engine.settings.decomposition import EstimatorSettings

DRAWS = 200
SEEDS = st.integers(0, 10**6)
OPTIONS = EstimatorSettings(draws=DRAWS)
QUIET = Control(
    information=0.0,
    information_high=0.0,
    synergy=0.0,
    synergy_high=0.0,
    gain=0.0,
    gain_high=0.0,
    refits=3,
)


def reading(
    fused: float,
    first: float,
    second: float,
    both: float,
    *,
    doubt: float = 0.01,
    entropy: float = 1.0,
    traced: float | None = None,
    seed: int = 0,
) -> Reading:
    """Informations that resampling moves by `doubt`, within what the entropy allows."""
    source = np.random.default_rng(seed)
    noise = doubt * source.standard_normal((5, DRAWS + 1))
    noise[:, 0] = 0
    views = {"fused": fused, "first": first, "second": second, "both": both}
    views |= {} if traced is None else {"traced": traced}
    told = {
        name: np.clip(value + moved, 0, entropy)
        for (name, value), moved in zip(views.items(), noise, strict=False)
    }
    nothing = np.zeros(DRAWS + 1)
    values = parts(told, "first", "second", nothing, nothing + entropy)
    return Reading(values | split(values, values["union"]), ("first", "second"), 1e-5, {})


def curve(*synergies: float) -> tuple[LearningPoint, ...]:
    return tuple(
        LearningPoint(n=500 * 2**k, information=s, synergy=s, gain=s) for k, s in enumerate(synergies)
    )


def summary(found: Reading, **more: object) -> SampleDecomposition:
    usual = {
        "per_seed": [found],
        "kind": "classification",
        "n": 4000,
        "classes": 2,
        "labels": 1,
        "settings": OPTIONS,
        "p_information": 0.01,
        "pairing": None,
        "permuted": QUIET,
        "curve": (),
        "ceiling": None,
        "warnings": ("said before",),
        "began": time.perf_counter(),
    }
    return summarise(found, **(usual | more))


def test_a_rising_and_a_falling_curve_have_words_of_their_own():
    found = reading(0.8, 0.2, 0.1, 0.3)
    rising, falling, flat = (
        summary(found, curve=curve(0.2, 0.5, last)) for last in (0.53, 0.47, 0.5 + STILL_MOVING / 2)
    )
    assert rising.probe_limited and rising.warnings == ("said before", RISING)
    assert falling.probe_limited and falling.warnings == ("said before", FALLING)
    assert not flat.probe_limited and flat.warnings == ("said before",)
    assert "read more" in RISING and "read less" in FALLING
    assert RISING.startswith("probe-limited") and FALLING.startswith("probe-limited")
    for short in ((), curve(0.1)):
        assert not summary(found, curve=short).probe_limited


@pytest.mark.parametrize(
    ("fused", "both", "loss"), [(0.3, 0.6, "fusion"), (0.3, 0.3, "reading"), (0.3, 0.1, "reading")]
)
def test_a_loss_is_named_after_what_the_two_side_by_side_tell(fused, both, loss):
    found = summary(reading(fused, 0.6, 0.1, both))
    assert found.loss == loss and found.warnings == ("said before", LOSSES[loss])


def test_no_loss_is_told_where_resampling_reaches_zero():
    found = summary(reading(0.58, 0.6, 0.1, 0.6, doubt=0.05))
    assert found.synergy.value < 0 and found.loss is None and found.warnings == ("said before",)


@settings(max_examples=60)
@given(
    SEEDS,
    st.lists(st.floats(0, 1), min_size=5, max_size=5),
    st.floats(0, 0.5),
    st.booleans(),
    st.sampled_from(["classification", "regression"]),
)
def test_no_interval_is_wider_than_its_quantity_can_be(seed, values, doubt, traced, kind):
    fused, first, second, both, students = values
    made = reading(fused, first, second, both, doubt=doubt, seed=seed, traced=students if traced else None)
    found = summary(made, kind=kind, is_traced=traced)
    entropy = np.inf if kind == "regression" else 1.0
    r, u1, u2, s = (getattr(found, name) for name in ("redundancy", "unique1", "unique2", "synergy"))
    assert sum(one.value for one in (r, u1, u2, s)) == pytest.approx(found.fused.value, abs=1e-9)
    spreads = [r, u1, u2, s, found.gain, found.fused, found.first, found.second, found.both, found.union]
    for one in (*spreads, *([found.traced] if traced else [])):
        assert one.low <= one.value <= one.high
    for one in (found.fused, found.first, found.second, found.both):
        assert one.low >= 0 and one.high <= entropy
    assert -found.union.value - 1e-12 <= s.low and s.high <= entropy - found.union.value + 1e-12
    assert -found.both.value - 1e-12 <= found.gain.low
    assert found.gain.high <= entropy - found.both.value + 1e-12
    assert (found.traced is not None) == traced
    assert (found.p_synergy < 0.05) == (s.low > 0) or abs(s.low) < 1e-9
    assert (found.p_gain < 0.05) == (found.gain.low > 0) or abs(found.gain.low) < 1e-9


def test_no_more_is_claimed_than_was_traced():
    """S = .5: traced in full, in part, and not at all, where the claim is withheld and its reason told."""
    alone = summary(reading(0.8, 0.3, 0.0, 0.3))
    assert alone.traced is None and not alone.withheld and alone.synergy.low == pytest.approx(0.47, abs=0.02)
    for students, low, withheld in ((0.8, 0.47, False), (0.5, 0.17, False), (0.3, -0.03, True)):
        found = summary(reading(0.8, 0.3, 0.0, 0.3, traced=students), is_traced=True)
        assert found.synergy.value == pytest.approx(0.5)
        assert found.synergy.low == pytest.approx(low, abs=0.02)
        assert found.withheld == withheld == (WITHHELD in found.warnings)
        assert (found.p_synergy < 0.05) == (not withheld)
    more = summary(reading(0.5, 0.3, 0.0, 0.3, traced=0.9), is_traced=True)
    assert more.synergy.low < 0.2  # students who tell more than the fusion add nothing to it


def test_what_else_a_reader_is_warned_of():
    found = reading(0.8, 0.2, 0.1, 0.3)
    assert any("999 samples" in line for line in summary(found, n=999).warnings)
    assert summary(found, n=1000).warnings == ("said before",)
    loud = QUIET.model_copy(update={"synergy_high": 0.9})
    assert any(
        "permuted labels" in line and "0.900" in line for line in summary(found, permuted=loud).warnings
    )
    little = QUIET.model_copy(update={"synergy_high": 0.1})  # below what is claimed
    assert summary(found, permuted=little).warnings == ("said before",)
    assert summary(found, permuted=None).warnings == ("said before",)


def test_the_figures_of_the_result_are_those_of_the_reading():
    source = np.random.default_rng(1)
    made = reading(0.8, 0.2, 0.1, 0.3, doubt=0.02)
    pairing = np.concatenate([[1.0], np.where(np.arange(DRAWS) < 9, -1.0, 1.0 + source.random(DRAWS))])
    found = summary(made, ceiling=Ceiling(0.75, "estimate"), pairing=pairing, classes=3, n=5000)
    assert found.fused.value == 0.8 and found.entropy == 1.0 and found.gap == 1e-5
    assert (found.ceiling, found.ceiling_kind) == (0.75, "estimate")
    assert found.capture_ratio == pytest.approx(0.6 / 0.75)
    assert found.p_pairing == pytest.approx(10 / (DRAWS + 1))
    assert (found.n, found.classes, found.folds, found.fold_seeds) == (5000, 3, 5, (0,))


def test_divisions_into_folds_that_disagree_widen_the_interval():
    one, other = reading(0.8, 0.2, 0.1, 0.3), reading(0.7, 0.2, 0.1, 0.3)
    agreed = summary(one)
    split = summary(one, per_seed=[one, other])
    spread = 1.96 * 0.1 / np.sqrt(2)
    assert agreed.synergy.low == pytest.approx(0.57, abs=0.02)
    assert split.synergy.low == pytest.approx(0.6 - np.hypot(spread, 0.6 - agreed.synergy.low), abs=0.01)
    assert split.fold_seeds == (0, 1)
