"""CoMM-Align and HRIL: their loss is the sum of their terms, and what they refuse."""

import objective_cases as cases
import pytest
import torch

from engine.losses.contrastive import comm_terms
from engine.settings.experiment import SettingsError

PAIR = ("scene", "speech")
TRIPLE = (*PAIR, "table")
SMALL = {"projection": {"hidden": 16, "width": 12}}


@pytest.mark.parametrize("names", [PAIR, TRIPLE])
def test_the_loss_is_the_weighted_sum_of_the_terms(names):
    options = {"align_weight": 0.7, "synergy_weight": 3.0, "rank": 4, "share": 0.9} | SMALL
    loss, terms = cases.step(
        cases.objective("hril", *names, **options), cases.views(cases.objective("hril", *names), names, 8)
    )
    contrasts = sum(terms[f"align_{name}"] for name in names)
    assert terms["interaction"] > 0
    assert torch.isclose(loss, contrasts + 0.7 * terms["agreement"] + 3.0 * terms["interaction"])


def test_without_their_weights_both_are_comm_without_the_fusions_term():
    views = cases.views(cases.objective("comm", *PAIR), PAIR, 8)
    for method, options in (("comm_align", {}), ("hril", {"synergy_weight": 0.0, "rank": 4})):
        model = cases.objective(method, *PAIR, align_weight=0.0, **options, **SMALL)
        loss, _ = cases.step(model, views)
        first, second = model.embed(views).plain
        terms = comm_terms(first.unbind(), second.unbind(), 0.1)
        assert torch.isclose(loss, terms[0].loss + terms[1].loss)


def test_the_frames_are_fixed_orthonormal_and_stored():
    model = cases.objective("hril", *TRIPLE, rank=4, **SMALL)
    gram = model.frames.transpose(1, 2) @ model.frames
    assert torch.allclose(gram, torch.eye(4).expand(3, 4, 4), atol=1e-5)
    assert "frames" in model.state_dict() and not model.frames.requires_grad


@pytest.mark.parametrize(
    ("names", "options", "line"),
    [
        (("scene",), {}, "hril needs at least two modalities: it is about their interaction"),
        (PAIR, {"rank": 24} | SMALL, "hril: rank 24 is more than the projection's width 12"),
        (TRIPLE, {"rank": 128}, "hril: with 3 modalities the rank is at most 101; got 128"),
    ],
)
def test_what_cannot_be_is_one_line(names, options, line):
    with pytest.raises(SettingsError) as caught:
        cases.objective("hril", *names, **options)
    assert str(caught.value) == line
