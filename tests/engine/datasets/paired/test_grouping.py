"""Rows that belong together: named by a column, or equal; no part of a drawn split shares them with
another."""

import numpy as np
import pytest

from engine.datasets.paired.carving import carve
from engine.datasets.paired.grouping import find_repeats, number_items, read_groups
from engine.errors import DatasetError
from engine.files.arrays import Column


def test_equal_rows_are_copies():
    first = np.array([0, 1, 2, 0, 3, 0])
    second = np.array([5, 6, 7, 5, 8, 9]) - 5
    repeats = find_repeats({"a": first, "b": second})
    assert repeats.is_copy.tolist() == [True, False, False, True, False, False]
    assert repeats.kinds[0] == repeats.kinds[3] and repeats.different == 5


def test_symbols_that_meet_in_all_combinations_are_no_copies():
    """Four rows of two bits, a hundred times each: an exclusive or, not an oversampled file."""
    bits = np.tile([[0, 0], [0, 1], [1, 0], [1, 1]], (100, 1))
    assert not find_repeats({"a": bits[:, 0], "b": bits[:, 1]}).is_copy.any()


def test_items_are_equal_by_their_bytes_lengths_and_type():
    values = np.array([[0.0, 0.1], [-0.0, 0.1], [0.1, 0.0], [0.0, 0.1 + 1e-12]])
    assert (
        number_items(Column(values), np.dtype(np.float64)).tolist()[0]
        == number_items(Column(values), np.dtype(np.float64)).tolist()[1]
    )
    assert len(set(number_items(Column(values), np.dtype(np.float64)))) == 3
    assert len(set(number_items(Column(values), np.dtype(np.float32)))) == 2
    padded = Column(np.zeros((2, 3, 1)), np.array([1, 2]))
    assert len(set(number_items(padded, np.dtype(np.float64)))) == 2


def test_a_group_without_a_value_is_refused():
    column = Column(np.array([0, 1, 2, 1]), names=("", "p1", "p2"))
    with pytest.raises(DatasetError, match=r"the group 'patient' has no value in row 0 \(counted from 0\)"):
        read_groups("patient", column)
    with pytest.raises(DatasetError, match="has the shape"):
        read_groups("patient", Column(np.zeros((4, 2))))
    assert read_groups("patient", Column(np.array([7.0, 3.0, 7.0]))).tolist() == [1, 0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_no_group_is_torn_apart_and_shares_are_kept(seed):
    dice = np.random.default_rng(seed)
    groups = dice.integers(0, 60, 600)
    classes = np.where(dice.random(600) < 0.2, -1, groups % 3)
    rows = np.arange(600)
    kept, carved = carve(rows, classes, groups, 0.2, seed, "test")
    assert sorted([*kept, *carved]) == rows.tolist()
    assert not set(groups[kept]) & set(groups[carved])
    for value in range(3):
        share = (classes[carved] == value).sum() / (classes == value).sum()
        assert 0.1 < share < 0.3


def test_classes_of_few_groups_stand_in_both_parts():
    groups = np.array([0] * 50 + [1] * 50 + [2] * 3 + [3] * 2)
    classes = np.array([0] * 100 + [1] * 5)
    for seed in range(20):
        kept, carved = carve(np.arange(105), classes, groups, 0.2, seed, "test")
        assert set(classes[kept]) == set(classes[carved]) == {0, 1}


def test_without_groups_rows_without_a_label_are_kept():
    classes = np.array([-1, 0, 1] * 40)
    kept, carved = carve(np.arange(120), classes, None, 0.25, 0, "test")
    assert (classes[carved] >= 0).all() and len(carved) == 20 and len(kept) == 100


def test_a_single_group_leaves_nothing_to_draw():
    with pytest.raises(DatasetError, match="1 groups of rows are too few to draw test rows from"):
        carve(np.arange(9), np.arange(9) % 2, np.zeros(9, np.int64), 0.2, 0, "test")
