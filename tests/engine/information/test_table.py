"""The exact decomposition of tables: golden cases, properties, convergence, and what is refused."""

import json

import numpy as np
import pytest
from golden_cases import FULL, OWN
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.information import decompose
from engine.information.gates import GATES
from engine.information.results import InformationError
from engine.information.table import from_counts, information_terms, union_information

ATOMS = {"redundancy": "R", "unique1": "U1", "unique2": "U2", "synergy": "S"}


def golden_tables():
    found = {}
    for folder in (FULL / "pid", OWN / "pid"):
        if (folder / "discrete.json").exists():
            arrays = np.load(folder / "discrete.npz")
            for case in json.loads((folder / "discrete.json").read_text())["cases"]:
                found.setdefault(case["id"], (arrays[case["array"].split(":")[1]], case))
    return found


GOLDEN = golden_tables()


def atoms(table):
    found = decompose(table)
    return [getattr(found, name) for name in ATOMS]


def random_table(seed, shape, sparse=False):
    draw = np.random.default_rng(seed)
    table = draw.gamma(0.3, size=shape)
    if sparse:
        table *= draw.random(shape) < 0.3
        table.flat[0] += 0.1
    return table / table.sum()


shapes = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 4))
tables = st.builds(random_table, st.integers(0, 10**6), shapes, st.booleans())


@pytest.mark.parametrize("name", GOLDEN)
def test_golden(name):
    table, case = GOLDEN[name]
    found = decompose(table)
    errors = [abs(getattr(found, atom) - case["pid_bits"][short]) for atom, short in ATOMS.items()]
    assert max(errors) < 1e-6
    assert max(errors) <= found.gap + 1e-9  # the golden values are themselves known to 1e-9
    assert found.converged
    for atom, key in (
        ("information1", "I_X1_Y"),
        ("information2", "I_X2_Y"),
        ("information", "I_X1X2_Y"),
        ("entropy", "H_Y"),
    ):
        assert getattr(found, atom) == pytest.approx(case["info_bits"][key], abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(tables)
def test_identities_and_signs(table):
    found = decompose(table)
    assert found.redundancy + found.unique1 + found.unique2 + found.synergy == pytest.approx(
        found.information, abs=1e-9
    )
    assert found.redundancy + found.unique1 == pytest.approx(found.information1, abs=1e-9)
    assert found.redundancy + found.unique2 == pytest.approx(found.information2, abs=1e-9)
    assert min(getattr(found, atom) for atom in ATOMS) >= -1e-12
    assert found.gap >= 0


@settings(deadline=None, max_examples=30)
@given(tables)
def test_swapping_sources_swaps_unique_information(table):
    r, u1, u2, s = atoms(table)
    assert atoms(table.transpose(1, 0, 2)) == pytest.approx([r, u2, u1, s], abs=2e-8)


@settings(deadline=None, max_examples=30)
@given(tables, st.randoms(use_true_random=False))
def test_names_of_symbols_do_not_matter(table, random):
    orders = [random.sample(range(size), size) for size in table.shape]
    assert atoms(table[np.ix_(*orders)]) == pytest.approx(atoms(table), abs=2e-8)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 4))
def test_a_duplicated_source_has_nothing_unique(seed, symbols, outcomes):
    joint = np.random.default_rng(seed).dirichlet(np.ones(symbols * outcomes)).reshape(symbols, outcomes)
    table = np.zeros((symbols, symbols, outcomes))
    table[np.arange(symbols), np.arange(symbols)] = joint
    r, u1, u2, s = atoms(table)
    assert (u1, u2, s) == pytest.approx((0, 0, 0), abs=2e-8)
    assert r == pytest.approx(decompose(table).information, abs=2e-8)


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ("xor", (0, 0, 0, 1)),
        ("and", (0.311278124459, 0, 0, 0.5)),
        ("copy", (0, 1, 1, 0)),
        ("unique", (0, 1, 0, 0)),
        ("redundant", (1, 0, 0, 0)),
        ("independent", (0, 0, 0, 0)),
        ("redundant_xor", (1, 0, 0, 1)),
        ("matching", (0, 0, 0, 0.468995593589)),
    ],
)
def test_gates(gate, expected):
    assert atoms(GATES[gate].make(0.0)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("noise", [0.0, 0.02, 0.11, 0.3, 0.5])
def test_noise_on_xor_leaves_one_bit_less_its_entropy(noise):
    lost = -sum(p * np.log2(p) for p in (noise, 1 - noise) if p)
    assert atoms(GATES["xor"].make(noise)) == pytest.approx((0, 0, 0, 1 - lost), abs=1e-8)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6))
def test_independent_tasks_add(seed):
    one, other = random_table(seed, (2, 2, 2)), random_table(seed + 1, (2, 3, 2))
    both = np.einsum("abc,xyz->axbycz", one, other).reshape(4, 6, 4)
    assert atoms(both) == pytest.approx(np.add(atoms(one), atoms(other)), abs=3e-8)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_the_bracket_holds_a_brute_force_minimum(seed):
    """A 2 × 2 × 2 table has one degree of freedom for each y: no point of a fine grid is below the lower
    bound."""
    table = random_table(seed, (2, 2, 2))
    found = decompose(table)
    turn = np.array([[1, -1], [-1, 1]])
    spans = []
    for y in range(2):
        own = table[:, :, y]
        spans.append(np.linspace(-min(own[0, 0], own[1, 1]), min(own[0, 1], own[1, 0]), 41))
    grid = np.stack([table + np.stack([s * turn, t * turn], -1) for s in spans[0] for t in spans[1]])
    information = information_terms(np.clip(grid, 0, None)).information
    assert found.union_low <= information.min() + 1e-9
    assert information.min() - found.union_high < 0.01


def test_a_constant_label_has_no_information():
    assert atoms(np.full((3, 2, 1), 1 / 6)) == pytest.approx((0, 0, 0, 0), abs=1e-12)
    table = np.zeros((3, 2, 2))
    table[..., 0] = 1 / 6
    assert atoms(table) == pytest.approx((0, 0, 0, 0), abs=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_the_bracket_is_true_where_faint_cells_make_it_hard(seed):
    """Cells of 1e-13 move the union by less than 1e-8; the bracket must hold the clean table's value,
    converged or not."""
    draw = np.random.default_rng(seed)
    clean = random_table(seed, (4, 3, 3), sparse=True)
    dusty = clean + np.where(draw.random(clean.shape) < 0.3, 1e-13 * draw.random(clean.shape), 0)
    found, reference = decompose(dusty / dusty.sum()), decompose(clean)
    assert reference.converged
    assert (
        found.union_low - 1e-8 <= (reference.union_low + reference.union_high) / 2 <= found.union_high + 1e-8
    )
    assert found.converged == (found.gap <= 1e-9)


def test_many_tables_at_once_agree_with_one_by_one():
    batch = np.stack([random_table(seed, (5, 4, 3), sparse=seed % 2 == 0) for seed in range(12)])
    low, high, _ = union_information(batch, tolerance=1e-7)
    for table, below, above in zip(batch, low, high, strict=True):
        found = decompose(table)
        assert below - 1e-8 <= found.union_high and found.union_low <= above + 1e-8
        assert above - below < 1e-6


@pytest.mark.parametrize(("shape", "most"), [((10, 10, 10), 60), ((20, 20, 2), 120), ((2, 30, 5), 60)])
def test_iterations_stay_few(shape, most):
    for seed in range(3):
        found = decompose(random_table(seed, shape))
        assert found.converged and found.iterations <= most


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.full((2, 2), 0.25), "has 2 axes, shape 2 × 2; it needs three"),
        (np.full((2, 2, 2, 2), 1 / 16), "each source against the rest"),
        (np.full((2, 2, 2), 0.25), "sums to 2; probabilities sum to 1"),
        (np.array([[[1.2, -0.2]]]), r"cell \(0, 0, 1\) of the table is -0.2, negative"),
        (np.array([[[np.nan, 1.0]]]), r"cell \(0, 0, 0\) of the table is nan"),
        (np.zeros((0, 2, 2)), "is empty: shape 0 × 2 × 2"),
        ([[["a", "b"]]], "real numbers are needed"),
        ([[[0.5], [0.2, 0.3]]], "ragged"),
        (np.full((5000, 5000, 1), 1 / 25e6), "has shape 5000 × 5000 × 1; allowed are"),
    ],
)
def test_refused(table, words):
    with pytest.raises(InformationError, match=words):
        decompose(table)


def test_counts_are_divided_by_their_sum():
    counts = np.zeros((2, 2, 2), int)
    counts[0, 0, 0] = counts[1, 1, 1] = 7
    assert decompose(from_counts(counts)).redundancy == pytest.approx(1)
    with pytest.raises(InformationError, match="sum to zero"):
        from_counts(np.zeros((2, 2, 2)))
    with pytest.raises(InformationError, match="tolerance is 0 bit"):
        decompose(np.full((1, 1, 1), 1.0), tolerance=0)
