"""What follows from a result's figures: why S_Z is below zero, the capture ratio, the bracket."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_decompositions import made
from pydantic import ValidationError

from engine.information.results import Estimate, SampleDecomposition
from engine.information.table import decompose

BITS = st.floats(-2, 2).map(lambda value: round(value, 3))
INTERVALS = st.lists(BITS, min_size=3, max_size=3).map(sorted)


def interval(limits: list[float]) -> Estimate:
    low, value, high = limits
    return Estimate(value=value, low=low, high=high)


def changed(**figures: object) -> SampleDecomposition:
    return made((0.1, 0.1, 0.1, 0.1)).model_copy(update=figures)


@given(INTERVALS, INTERVALS)
def test_a_loss_is_the_fusions_only_where_the_gain_is_below_zero(synergy, gain):
    found = changed(synergy=interval(synergy), gain=interval(gain))
    if synergy[2] >= 0:
        assert found.loss is None
    else:
        assert found.loss == ("fusion" if gain[2] < 0 else "reading")


def test_limits_at_zero_are_not_below_it():
    below, touching = interval([-0.3, -0.2, -0.1]), interval([-0.3, -0.2, 0.0])
    assert changed(synergy=touching, gain=below).loss is None
    assert changed(synergy=below, gain=touching).loss == "reading"
    assert changed(synergy=below, gain=below).loss == "fusion"


@pytest.mark.parametrize(
    ("ceiling", "ratio"), [(None, None), (0.0, None), (0.05, None), (0.051, 0.1 / 0.051), (0.4, 0.25)]
)
def test_the_capture_ratio_needs_a_ceiling_that_is_worth_it(ceiling, ratio):
    found = changed(ceiling=ceiling).capture_ratio
    assert found == (None if ratio is None else pytest.approx(ratio))


def test_the_gap_is_the_width_of_the_bracket():
    table = np.random.default_rng(0).dirichlet(np.ones(27)).reshape(3, 3, 3)
    found = decompose(table)
    assert found.gap == found.union_high - found.union_low
    atoms = (found.redundancy, found.unique1, found.unique2, found.synergy)
    assert sum(atoms) == pytest.approx(found.information, abs=1e-12)
    wide = found.model_copy(update={"union_low": 0.25, "union_high": 0.75})
    assert wide.gap == 0.5


@pytest.mark.parametrize("found", [made((0.1, 0.2, 0.0, 0.3)), decompose(np.full((2, 2, 2), 1 / 8))])
def test_results_are_stored_as_json_frozen_and_hold_no_infinity(found):
    text = found.model_dump_json()
    assert type(found).model_validate_json(text).model_dump() == found.model_dump()
    with pytest.raises(ValidationError, match="frozen"):
        found.entropy = 1.0
    stored = json.loads(text)
    for wrong in ({"more": 1.0}, {"entropy": float("nan")}, {"entropy": float("inf")}):
        with pytest.raises(ValidationError):
            type(found).model_validate(stored | wrong)
