"""What the estimator promises, counted on fresh draws of populations with known synergy: S_Z > 0 is seldom
told where there is none, the lower limit is seldom above the truth, and synergy that is there is found.

`make test-coverage` counts 100 draws of each (`DRAWS=…` for another number) and prints the counts, `make
test` two. Alarms are counted at .05, and limits against the truth, both for every population alone.
"""

import os

import numpy as np
import pytest
from synergy_populations import EVERY, NOTHING, SYNERGY, UNDER_READ

from engine.information import decompose_samples
from engine.settings.decomposition import EstimatorSettings

DRAWS = int(os.environ.get("SYNERGY_DRAWS", "2"))
MOST_ALARMS, MOST_ABOVE, LEAST_POWER = 0.08, 0.03, 0.95
PROBES = {"linear": DRAWS, "mlp": -(-DRAWS // 2)}
"""Probe → draws; the multilayer perceptron takes three times as long."""
SETTINGS = EstimatorSettings(controls=0, curve=False, permutations=19)
pytestmark = [pytest.mark.coverage, pytest.mark.heavy, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("name", EVERY)
def test_promises(name, probe, record_property):
    draws, truth = PROBES[probe], EVERY[name].synergy
    options = SETTINGS.model_copy(update={"probe": probe})
    found = [
        decompose_samples(*EVERY[name].draw(source), settings=options, seed=seed)
        for seed, source in enumerate(np.random.default_rng([11, seed]) for seed in range(draws))
    ]
    lows = np.array([one.synergy.low for one in found])
    alarms = sum(one.p_synergy < 0.05 for one in found)
    above = int((lows > truth + 1e-9).sum())
    values = np.array([one.synergy.value for one in found])
    record_property(
        "counts",
        f"{name:30} {probe:6} S {truth:.3f}  read {values.mean():+.3f} ± {values.std():.3f}  "
        f"at least {lows.mean():+.3f} (most {lows.max():+.3f})  p < .05 {alarms:3} of {draws}  "
        f"limit above S {above:3}",
    )
    assert [one.p_synergy < 0.05 for one in found] == (lows > 0).tolist()
    assert above <= max(MOST_ABOVE * draws, 1)
    if name in NOTHING or name in UNDER_READ:
        assert alarms <= max(MOST_ALARMS * draws, 1)
    if name in SYNERGY:
        assert alarms >= min(LEAST_POWER * draws, draws - 1)
