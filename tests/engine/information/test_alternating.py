"""Union information of large tables: the bracket agrees with exact solves, and a hundred classes fit in
memory."""

import numpy as np
import pytest
from peak_memory import run_python

from engine.information.alternating import bracket_marginals
from engine.information.table import union_information


@pytest.mark.parametrize("shape", [(8, 8, 2), (6, 9, 4), (12, 10, 10), (3, 1, 2)])
@pytest.mark.parametrize("concentration", [0.05, 1.0])
def test_the_bracket_holds_the_exact_union(shape, concentration):
    table = np.random.default_rng(3).dirichlet(np.full(int(np.prod(shape)), concentration)).reshape(shape)
    exact_low, exact_high = (float(bound[0]) for bound in union_information(table[None])[:2])
    low, high, _ = bracket_marginals(table.sum(1), table.sum(0))
    assert low <= exact_high + 1e-9 and exact_low <= high + 1e-9
    assert high - low < 3e-3


def test_sources_that_tell_apart_have_the_sum_and_equal_ones_the_single():
    of_first, of_second = np.repeat(np.eye(8) / 64, 8, axis=1), np.tile(np.eye(8) / 64, 8)
    assert bracket_marginals(of_first, of_second)[:2] == pytest.approx((6, 6), abs=1e-3)
    assert bracket_marginals(of_first, of_first)[:2] == pytest.approx((3, 3), abs=1e-3)


def test_past_the_cells_that_fit_only_what_always_holds_is_told(monkeypatch):
    monkeypatch.setattr("engine.information.alternating.MOST_CELLS", 10)
    of_first, of_second = np.repeat(np.eye(8) / 64, 8, axis=1), np.tile(np.eye(8) / 64, 8)
    assert bracket_marginals(of_first, of_second)[:2] == pytest.approx((3, 6))


MANY = """
import numpy as np
from peak_memory import peak_kib
from engine.information import decompose_samples
from engine.settings.decomposition import EstimatorSettings
options = EstimatorSettings(fold_seeds=1, controls=0, curve=False, draws=50, permutations=19)
draw = np.random.default_rng(0)
label = np.arange(101 * 25) % 101
codes = draw.standard_normal((101, 16))
one, other = (codes[label] + 0.5 * draw.standard_normal((len(label), 16)) for _ in "ab")
before = peak_kib()
found = decompose_samples(np.hstack([one, other]), one, other, label, settings=options)
print(peak_kib() - before, found.redundancy.value, found.synergy.value, found.gap, len(found.warnings))
"""


def test_a_hundred_classes_fit_in_memory():
    grown, redundancy, synergy, gap, warnings = map(float, run_python(MANY)[0].split())
    assert grown < 1.0e6  # KiB
    assert redundancy > 4.5 and abs(synergy) < 0.3  # of log2(101) = 6.66 bits, both modalities tell the same
    assert gap < 2e-3 and warnings >= 1
