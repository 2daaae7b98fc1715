"""One row a sample: the values of gates, and that rows add up to what is published, whichever way it was
read."""

import doctest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sample_sets import draw, populations

from engine.information import decompose, decompose_samples, pointwise, pointwise_table
from engine.information.gates import GATES
from engine.information.pointwise import scaled_to, union_rows, value_rows
from engine.information.quantised import union_excess
from engine.settings.decomposition import EstimatorSettings

CASES = populations()
PLAIN = EstimatorSettings(controls=0, curve=False, permutations=19, draws=50)
DIFFERENCES = ("synergy", "gain", "interaction", "complementarity")
COLUMNS = ("fused", "first", "second", "both", "late", "union", *DIFFERENCES)


def cell_values(gate: str, noise: float = 0.0) -> dict[tuple[int, int, int], float]:
    """The synergy of every cell with mass."""
    table = GATES[gate].make(noise)
    points = pointwise_table(table).synergy
    return {tuple(map(int, cell)): float(points[tuple(cell)]) for cell in np.argwhere(table > 0)}


def test_gates_have_the_known_value_in_every_cell():
    assert all(value == pytest.approx(1, abs=1e-6) for value in cell_values("xor").values())
    known = {(0, 0): 0.0, (0, 1): 0.5, (1, 0): 0.5, (1, 1): 1.0}
    assert {cell[:2]: value for cell, value in cell_values("and").items()} == pytest.approx(known, abs=1e-6)
    for gate in ("copy", "unique", "redundant", "independent"):
        assert all(value == pytest.approx(0, abs=1e-6) for value in cell_values(gate).values()), gate


def test_a_flipped_label_of_an_exclusive_or_is_a_surprise():
    for (a, b, y), value in cell_values("xor", 0.1).items():
        known = np.log2(2 * 0.9) if y == a ^ b else np.log2(2 * 0.1)
        assert value == pytest.approx(known, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 4), st.integers(2, 4))
def test_cells_average_to_the_exact_decomposition(seed, a, b, c):
    source = np.random.default_rng(seed)
    table = source.dirichlet(np.full(a * b * c, 0.3)).reshape(a, b, c)
    points, exact = pointwise_table(table), decompose(table)
    assert (table * points.information).sum() == pytest.approx(exact.information, abs=1e-9)
    assert (table * points.union).sum() == pytest.approx(exact.union_low, abs=1e-6)
    forecast = np.exp2(points.union) * table.sum((0, 1))
    assert (np.where(table > 0, forecast, 0).sum(2) <= 1 + 1e-9).all()


@pytest.mark.parametrize("name", CASES)
def test_rows_add_up_to_every_published_value(name):
    sample = draw(CASES[name], 500)
    found = decompose_samples(
        np.hstack([sample.x1, sample.x2]), sample.x1, sample.x2, sample.y, settings=PLAIN
    )
    assert len(found.rows.index) == found.n == 500
    for column in COLUMNS:
        assert getattr(found.rows, column).mean() == pytest.approx(getattr(found, column).value, abs=1e-9)
    assert found.interaction.value + found.complementarity.value == pytest.approx(
        found.synergy.value, abs=1e-9
    )


@pytest.mark.parametrize("kind", ["multilabel", "regression", "split", "missing"])
def test_rows_add_up_for_every_kind_of_task(kind):
    source = np.random.default_rng(3)
    n = 600
    x1, x2 = source.standard_normal((2, n, 3))
    z = np.hstack([x1, x2, x1 * x2])
    both = (x1[:, 0] * x2[:, 0] > 0).astype(int)
    more = {}
    if kind == "multilabel":
        labels, more = np.stack([both, (x1[:, 1] > 0).astype(int)], 1), {"kind": "multilabel"}
    elif kind == "regression":
        labels, more = np.stack([x1[:, 0] * x2[:, 0] + x1[:, 1], x2[:, 2]], 1), {"kind": "regression"}
    elif kind == "split":
        labels, more = both, {"parts": np.arange(n) % 3}
    else:  # a class that is too rare is left out
        labels = np.where(np.arange(n) < 3, 2, both)
    found = decompose_samples(z, x1, x2, labels, settings=PLAIN, **more)
    rows = found.rows
    for column in COLUMNS:
        assert getattr(rows, column).mean() == pytest.approx(getattr(found, column).value, abs=1e-9)
    if kind == "split":
        assert rows.index.tolist() == np.flatnonzero(np.arange(n) % 3 > 0).tolist()
    if kind == "missing":
        assert rows.index.tolist() == list(range(3, n))
    assert set(rows.columns()) == {"index", *COLUMNS}
    assert "rows" not in found.model_dump(mode="json")


def test_rows_of_what_is_capped_mended_or_floored():
    rows = np.array([1.0, -0.5, 0.7])
    assert scaled_to(rows, 0.3).mean() == pytest.approx(0.3)
    assert scaled_to(rows, 0.0).tolist() == [0, 0, 0] == scaled_to(-rows, 0.0).tolist()
    first, second, excess = np.array([0.2, 0.4]), np.array([0.5, 0.7]), np.array([0.0, 3.0])
    assert union_rows(first, second, 0.6, excess) == pytest.approx(second)
    assert union_rows(first, second, 0.9, excess) == pytest.approx(first + second)
    middle = union_rows(first, second, 0.7, excess)
    assert middle.mean() == pytest.approx(0.7) and middle[1] - middle[0] == pytest.approx(3.2)
    assert value_rows(rows**2, rows**2 + 1, 0.0).tolist() == [0, 0, 0]
    told = value_rows(np.array([0.1, 0.3]), np.array([1.0, 1.0]), 0.5 * np.log2(1 / 0.2))
    assert told.mean() == pytest.approx(0.5 * np.log2(5)) and told[0] > told[1]


def test_the_rows_of_the_excess_come_from_the_solver_and_not_from_a_shift():
    """Before any shift their mean is the union of the binned tables above the larger single one."""
    source = np.random.default_rng(5)
    label = source.integers(0, 2, 4000)
    bins = [source.binomial(5, 0.3 + 0.4 * label) for _ in range(2)]
    excess = union_excess(*bins, label, np.ones((1, 4000)))
    bias = (6 * 2 - 6 - 2 + 1) / (2 * 4000 * np.log(2))
    assert excess.draws[0] > 0.005
    assert excess.rows.mean() - bias == pytest.approx(excess.draws[0], abs=2e-4)


def test_documented_examples():
    assert doctest.testmod(pointwise).failed == 0
