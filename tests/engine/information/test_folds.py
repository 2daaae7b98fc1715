"""Folds: every row scored once, by what has not seen it; classes spread, groups whole, given parts kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.information.folds import LEAST_CHOSEN_ON, LEAST_FITTED, Fold, Layout, divide, exchanged
from engine.information.results import InformationError

SEEDS = st.integers(0, 10**6)
FOLDS = st.integers(2, 8)


def apart(folds: list[Fold], groups: np.ndarray) -> bool:
    """Whether no group has rows in two of the parts of a fold."""
    return all(
        not set(groups[one]) & set(groups[other])
        for fold in folds
        for one, other in ((fold[0], fold[1]), (fold[0], fold[2]), (fold[1], fold[2]))
    )


def drawn_groups(source: np.random.Generator, n: int) -> np.ndarray:
    """Groups of one to nine rows, in no order."""
    sizes = source.integers(1, 10, n)
    return source.permutation(np.repeat(np.arange(n), sizes)[:n])


@settings(max_examples=40)
@given(SEEDS, FOLDS, st.integers(40, 300), st.integers(1, 9), st.booleans())
def test_every_row_is_scored_once_and_by_what_has_not_seen_it(seed, folds, n, classes, grouped):
    source = np.random.default_rng(seed)
    strata = source.integers(0, classes, n)
    groups = drawn_groups(source, n) if grouped else np.arange(n)
    found = divide(strata, Layout(groups if grouped else None), folds, seed)
    assert len(found) == folds
    assert (np.sum([fold.scored for fold in found], 0) == 1).all()
    for fold in found:
        assert (np.sum(fold, 0) == 1).all()  # scored, fitted or chosen on: each row is one of them
    assert apart(found, groups)


@settings(max_examples=40)
@given(SEEDS, FOLDS, st.integers(40, 300), st.integers(1, 9))
def test_classes_are_spread_evenly(seed, folds, n, classes):
    """To within a row for the part that is chosen on, and two for the two parts that are scored."""
    strata = np.random.default_rng(seed).integers(0, classes, n)
    found = divide(strata, Layout(), folds, seed)
    for value in np.unique(strata):
        rows = strata == value
        share = rows.sum() / (2 * folds)
        for fold in found:
            assert abs((rows & fold.chosen_on).sum() - share) < 1
            assert abs((rows & fold.scored).sum() - 2 * share) < 2
    sizes = [fold.scored.sum() for fold in found]
    assert max(sizes) - min(sizes) <= 2


@settings(max_examples=20)
@given(SEEDS, FOLDS)
def test_classes_are_spread_where_groups_hold_together(seed, folds):
    """Groups of up to nine rows, a class each, and half the rows single: shares stay near 1 / folds."""
    source = np.random.default_rng(seed)
    n = 120 * folds
    groups = np.concatenate([drawn_groups(source, n // 2), n + np.arange(n - n // 2)])
    strata = source.integers(0, 3, 2 * n)[np.unique(groups, return_inverse=True)[1]]
    found = divide(strata, Layout(np.unique(groups, return_inverse=True)[1]), folds, seed)
    for value in range(3):
        rows = strata == value
        for fold in found:
            assert abs((rows & fold.scored).sum() - rows.sum() / folds) <= 9
    sizes = [fold.scored.sum() for fold in found]
    assert max(sizes) - min(sizes) <= 18


@pytest.mark.parametrize("grouped", [False, True])
def test_a_class_rarer_than_folds_is_scored_too_each_row_in_another_part(grouped):
    strata = np.zeros(100, int)
    strata[[3, 50, 97]] = 1
    groups = np.arange(100)
    groups[[10, 11]] = 10
    layout = Layout(np.unique(groups, return_inverse=True)[1] if grouped else None)
    for seed in range(20):
        found = divide(strata, layout, 5, seed)
        assert sum((fold.scored & (strata == 1)).sum() for fold in found) == 3
        assert max((fold.chosen_on & (strata == 1)).sum() for fold in found) <= 1
        assert max((fold.scored & (strata == 1)).sum() for fold in found) <= 2


def test_the_same_seed_divides_the_same_way_and_another_another():
    strata = np.arange(200) % 3
    one, again, other = (divide(strata, Layout(), 5, seed) for seed in (0, 0, 1))
    assert all((a.scored == b.scored).all() for a, b in zip(one, again, strict=True))
    assert any((a.scored != b.scored).any() for a, b in zip(one, other, strict=True))


def test_groups_of_one_row_each_are_no_groups():
    strata = np.arange(90) % 4
    one, other = (divide(strata, layout, 3, 7) for layout in (Layout(), Layout(np.arange(90)[::-1])))
    for a, b in zip(one, other, strict=True):
        assert all((x == y).all() for x, y in zip(a, b, strict=True))


@settings(max_examples=40)
@given(SEEDS, st.integers(1, 3), st.booleans())
def test_given_parts_are_kept(seed, held_out, grouped):
    source = np.random.default_rng(seed)
    n = 600
    strata, given_parts = source.integers(0, 3, n), source.integers(0, held_out + 1, n)
    groups = source.integers(0, 500, n) if grouped else None
    layout = Layout(None if groups is None else np.unique(groups, return_inverse=True)[1], given_parts)
    found = divide(strata, layout, 5, seed)
    assert len(found) == held_out
    assert (np.sum([fold.scored for fold in found], 0) == (given_parts > 0)).all()
    assert layout.scored(n).tolist() == np.flatnonzero(given_parts > 0).tolist()
    for fold in found:
        assert len(np.unique(given_parts[fold.scored])) == 1
        assert (given_parts[fold.fitted] == 0).all()
        assert (given_parts[fold.chosen_on] > 0).all() == (held_out > 1)
        assert np.sum(fold, 0).max() == 1
        if groups is None:
            lost = given_parts * (held_out > 1) > 0
            assert (np.sum(fold, 0) == 1)[~lost].all()
    assert apart(found, np.arange(n) if groups is None else layout.groups)


def test_a_small_second_part_is_fitted_on_and_does_not_choose():
    given_parts = np.zeros(400, int)
    given_parts[:150], given_parts[150 : 150 + LEAST_CHOSEN_ON - 1] = 1, 2
    strata = np.arange(400) % 2
    last, first = divide(strata, Layout(parts=given_parts), 5, 0)
    assert (last.scored == (given_parts == 2)).all() and (last.chosen_on == (given_parts == 1)).all()
    free = given_parts != 1
    assert (first.scored == (given_parts == 1)).all() and (first.fitted | first.chosen_on == free).all()
    assert first.chosen_on.sum() == pytest.approx(free.sum() / 5, abs=1)
    assert (strata[first.chosen_on] == 1).mean() == pytest.approx(0.5, abs=0.02)


def test_a_split_without_training_rows_is_crossed():
    given_parts = np.repeat([1, 2], 100)
    for fold, part in zip(divide(np.arange(200) % 2, Layout(parts=given_parts), 5, 0), (2, 1), strict=True):
        assert (fold.scored == (given_parts == part)).all()
        assert (fold.fitted | fold.chosen_on == ~fold.scored).all() and fold.chosen_on.sum() == 20


@pytest.mark.parametrize("free", [0, 3, LEAST_FITTED])
def test_a_split_that_leaves_too_little_to_fit_is_refused(free):
    """All training rows but a few belong to groups that are held out."""
    given_parts = np.repeat([0, 1], 100)
    groups = np.tile(np.arange(100), 2)
    groups[:free] = 100 + np.arange(free)
    groups = np.unique(groups, return_inverse=True)[1]
    with pytest.raises(InformationError, match=rf"samples to fit .* at least {LEAST_FITTED} are needed"):
        divide(np.arange(200) % 2, Layout(groups, given_parts), 5, 0)


def test_some_samples_keep_their_parts_and_number_their_groups_anew():
    layout = Layout(np.array([4, 0, 4, 2, 2]), np.array([0, 1, 0, 2, 2]))
    rows = layout.some(np.array([0, 2, 3]))
    assert rows.groups.tolist() == [1, 1, 0] and rows.parts.tolist() == [0, 0, 2]
    assert layout.some(np.array([True, True, False, False, False])).groups.tolist() == [1, 0]
    assert Layout().some(np.arange(3)) == Layout() and Layout().scored(3).tolist() == [0, 1, 2]


@settings(max_examples=25)
@given(SEEDS, st.integers(2, 40), st.integers(1, 5))
def test_labels_change_places_with_those_of_a_whole_group(seed, count, size):
    """Groups of one size: the labels of each stand, in their order, in another's or its own places."""
    source = np.random.default_rng(seed)
    groups = source.permutation(np.repeat(np.arange(count), size))
    labels = np.arange(count * size)
    found = exchanged(labels, groups, np.random.default_rng(seed))
    assert sorted(found) == labels.tolist()
    blocks = {tuple(labels[groups == k]) for k in range(count)}
    assert {tuple(found[groups == k]) for k in range(count)} == blocks


def test_labels_without_groups_are_permuted():
    labels = np.arange(200)
    found = exchanged(labels, None, np.random.default_rng(0))
    assert sorted(found) == labels.tolist() and (found == labels).mean() < 0.05
