"""HRIL's terms against their formulas written out, the SVD, and numbers that can be had by hand."""

import math

import pytest
import torch
from torch.autograd import gradcheck

from engine.losses.alignment import VARIANCE_FLOOR, alignment_loss, interaction_loss, rank_one_share


def drawn(*shape, seed=0):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def frames(count, width, rank, seed=1):
    return torch.linalg.qr(drawn(count, width, rank, seed=seed))[0].unbind()


def test_agreement_is_its_formula_written_out():
    first, second = drawn(2, 5, 4), drawn(2, 5, 4, seed=3)
    views = []
    for view in (first, second):
        rows = []
        for sample in range(5):
            row = torch.cat([view[m, sample] / view[m, sample].norm() for m in range(2)])
            rows.append(row / row.norm())
        views.append(torch.stack(rows))
    apart = sum((1 - float(a @ b)) ** 2 for a, b in zip(*views, strict=True)) / 5
    mean = (views[0] + views[1]) / 2
    spread = sum(max(0.0, 0.5 - math.sqrt(float(mean[:, d].var()) + VARIANCE_FLOOR)) for d in range(8)) / 8
    found = alignment_loss(first.unbind(), second.unbind(), 0.5)
    assert float(found) == pytest.approx(apart + spread, abs=1e-12)


def test_equal_views_that_spread_enough_cost_nothing():
    view = [10 * drawn(64, 1)]  # normalised they are ±1, with deviation about 1
    assert float(alignment_loss(view, view, 0.5)) == pytest.approx(0.0, abs=1e-12)


def test_for_two_modalities_the_share_is_that_of_the_singular_values():
    embeddings, fixed = drawn(2, 40, 12).unbind(), frames(2, 12, 6)
    normal = [z / z.norm(dim=1, keepdim=True) for z in embeddings]
    matrix = sum(torch.outer(fixed[0].T @ a, fixed[1].T @ b) for a, b in zip(*normal, strict=True)) / 40
    squares = torch.linalg.svd(matrix)[1] ** 2
    assert float(rank_one_share(embeddings, fixed)) == pytest.approx(
        float(squares[0] / squares.sum()), abs=1e-9
    )


def test_the_orthogonal_iteration_of_three_agrees_with_the_singular_values_of_two():
    """A third modality that is the same for every sample makes the tensor a matrix times one vector."""
    embeddings = [*drawn(2, 40, 12).unbind(), torch.ones(40, 12, dtype=torch.float64)]
    fixed = frames(3, 12, 6)
    two, three = rank_one_share(embeddings[:2], fixed[:2]), rank_one_share(embeddings, fixed)
    assert float(three) == pytest.approx(float(two), abs=1e-6)


def test_a_tensor_of_rank_one_is_all_in_its_largest_component():
    same = [drawn(1, 12, seed=n).expand(30, 12) for n in range(3)]
    assert float(rank_one_share(same, frames(3, 12, 6))) == pytest.approx(1.0, abs=1e-9)
    assert float(interaction_loss(same, same, frames(3, 12, 6), 0.5)) == pytest.approx(0.5, abs=1e-9)


def test_an_interaction_that_is_spread_costs_nothing():
    directions = torch.eye(6, dtype=torch.float64)
    embeddings = [directions, directions]  # T = I / 6: six equal singular values
    assert float(rank_one_share(embeddings, [directions, directions])) == pytest.approx(1 / 6)
    assert float(interaction_loss(embeddings, embeddings, [directions, directions], 0.5)) == 0.0


def test_no_energy_is_no_dominance_and_no_nan():
    opposite = [torch.tensor([[1.0, 0.0], [-1.0, 0.0]]), torch.tensor([[1.0, 0.0], [1.0, 0.0]])]
    assert float(rank_one_share(opposite, [torch.eye(2), torch.eye(2)])) == 0.0


@pytest.mark.parametrize("modalities", [2, 3])
def test_gradients_are_those_of_finite_differences(modalities):
    fixed = frames(modalities, 5, 3)
    embeddings = [drawn(7, 5, seed=n).requires_grad_() for n in range(modalities)]
    assert gradcheck(lambda *z: rank_one_share(z, fixed, 200), embeddings, atol=1e-6)
    others = [drawn(7, 5, seed=9 + n) for n in range(modalities)]
    assert gradcheck(lambda *z: alignment_loss(z, others, 0.5), embeddings, atol=1e-6)
