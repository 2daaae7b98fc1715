"""Students learn what is a function of their modality, however wide or bent, and nothing else."""

import numpy as np
import pytest
import torch

from engine.information.features import directions
from engine.information.kernel_features import kernel_features
from engine.information.students import Side, side_of, teach
from engine.information.views import Exchanged, prepare_views

N = 1000


def side(features: np.ndarray) -> Side:
    found = directions(features, torch.device("cpu"))
    return side_of([found._replace(kernels=kernel_features(found.plain))])


def explained(scores: np.ndarray, x1: np.ndarray, x2: np.ndarray) -> list[float]:
    """Share of the scores' variance, on rows that no student saw, that each student's answers leave out
    not."""
    part = torch.arange(N) % 10
    fitted, aside, scored = (part < 7)[None], (part == 7)[None], (part > 7).numpy()
    target = torch.as_tensor(scores, dtype=torch.float32)[None, None]
    answers = teach(target, side(x1), side(x2), fitted, aside)
    own = scores[scored]
    return [1 - float(((own - said[0, 0].numpy()[scored]) ** 2).mean() / own.var()) for said in answers]


def test_a_direction_of_a_wide_modality_is_learned_by_its_student_alone():
    source = np.random.default_rng(0)
    x1, x2 = source.standard_normal((2, N, 256))
    first, second, both = explained(x1 @ source.standard_normal(256), x1, x2)
    assert first > 0.95 and both > 0.3 and abs(second) < 0.05  # that of both has twice as many features


@pytest.mark.parametrize("bend", [np.square, np.abs, lambda x: x**3])
def test_a_bent_column_is_learned(bend):
    source = np.random.default_rng(1)
    x1, x2 = source.standard_normal((2, N, 12))
    first, second, _ = explained(bend(x1[:, 3]), x1, x2)
    assert first > 0.8 and abs(second) < 0.05


def test_an_interplay_is_learned_by_the_student_of_both_alone():
    source = np.random.default_rng(2)
    x1, x2 = source.standard_normal((2, N, 12))
    first, second, both = explained(x1[:, 3] * x2[:, 5], x1, x2)
    assert both > 0.9 and abs(first) < 0.05 and abs(second) < 0.05


def test_noise_is_learned_by_nobody():
    source = np.random.default_rng(3)
    x1, x2 = source.standard_normal((2, N, 12))
    assert max(explained(source.standard_normal(N), x1, x2)) < 0.05


def test_rows_that_are_scored_are_seen_by_no_student():
    source = np.random.default_rng(4)
    x1, x2 = source.standard_normal((2, N, 12))
    part = torch.arange(N) % 10
    scores = torch.as_tensor(x1[:, :1].T * x2[:, 0], dtype=torch.float32)[None]
    other = scores.clone()
    other[..., part > 7] = 1e3
    one, two = (
        teach(each, side(x1), side(x2), (part < 7)[None], (part == 7)[None]) for each in (scores, other)
    )
    for said, again in zip(one, two, strict=True):
        assert torch.equal(said, again)


def names(
    z: np.ndarray, z1: np.ndarray, z2: np.ndarray, exchanged: Exchanged | None = None
) -> tuple[bool, list[str]]:
    views = prepare_views(z, z1, z2, None, exchanged, "linear", "cpu")
    return views.taught is not None, views.first


def test_students_are_needed_unless_the_fused_view_is_the_two_side_by_side():
    source = np.random.default_rng(5)
    z1, z2 = source.standard_normal((200, 3)), source.standard_normal((200, 2))
    both = np.hstack([z1, z2])
    assert names(both, z1, z2) == (False, ["z1.0"])
    assert names(both @ source.standard_normal((5, 5)) + 7, z1, z2) == (False, ["z1.0"])
    assert names(both[:, 1:], z1, z2)[0]
    assert names(np.hstack([both, z1[:, :1] * z2[:, :1]]), z1, z2) == (True, ["z1.0", "first.taught"])
    assert names(source.standard_normal((200, 5)), z1, z2)[0]


def test_exchanged_views_stand_in_for_students():
    source = np.random.default_rng(6)
    z1, z2, z = source.standard_normal((3, 200, 4))
    assert names(z, z1, z2, Exchanged(z, z)) == (False, ["z1.0", "exchanged.first"])
    assert names(z, z1, z2, Exchanged(np.ones((200, 4)), z)) == (False, ["z1.0"])
