"""SynIB: what is destroyed, how sure it may be, and that its controls are what they are called."""

import math

import objective_cases as cases
import pytest
import torch

from engine.encoder import Tokens
from engine.objectives.synib import confidence, exchanged
from engine.settings.experiment import SettingsError

PAIR = ("scene", "speech")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_a_share_of_tokens_is_that_of_another_sample_in_the_same_place():
    values = torch.arange(40)[:, None, None] * 100.0 + torch.arange(50)[None, :, None] + torch.zeros(1, 1, 3)
    changed = exchanged(Tokens(values), 0.3, generator()).values
    assert torch.equal(changed % 100, values % 100)  # the place is the same
    moved = (changed != values).any(-1)
    assert torch.equal(moved, (changed != values).all(-1))  # a token moves whole
    assert 0.25 < moved.float().mean() < 0.35


def test_of_a_single_token_coordinates_are_exchanged():
    values = torch.randn(60, 1, 64, generator=generator())
    moved = exchanged(Tokens(values), 0.3, generator(1)).values != values
    assert 0.25 < moved.float().mean() < 0.35 and 0 < moved[0].float().mean() < 1


def test_padding_stays_where_it_is():
    values = torch.randn(8, 6, 3, generator=generator())
    padding = torch.arange(6) >= torch.tensor([1, 2, 3, 4, 5, 6, 2, 3])[:, None]
    changed = exchanged(Tokens(values, padding), 1.0, generator())
    assert changed.is_padding is padding
    assert torch.equal(changed.values[padding], values[padding])
    real = {tuple(row) for row in values[~padding].tolist()}
    assert {tuple(row) for row in changed.values[~padding].tolist()} <= real


def test_a_batch_of_one_has_nobody_to_exchange_with():
    values = torch.randn(1, 4, 3)
    assert torch.equal(exchanged(Tokens(values), 1.0, generator()).values, values)


def test_confidence_is_the_divergence_from_the_uniform_distribution():
    assert float(confidence(torch.zeros(3, 5))) == pytest.approx(0.0, abs=1e-6)
    assert float(confidence(torch.tensor([[1000.0, 0.0, 0.0, 0.0]]))) == pytest.approx(math.log(4))
    q = torch.tensor([0.7, 0.2, 0.1])
    expected = float((q * (q * 3).log()).sum())
    assert float(confidence(q.log()[None])) == pytest.approx(expected, abs=1e-6)


def test_the_first_control_is_plain_supervised_training():
    views = cases.views(cases.objective("synib", *PAIR), PAIR, 8)
    loss, terms = cases.step(cases.objective("synib", *PAIR, task="word", confidence_weight=0.0), views)
    assert torch.isclose(loss, terms["label_word"])
    supervised, _ = cases.step(cases.objective("supervised", *PAIR, task="word"), views)
    assert torch.isclose(loss, supervised)


def test_the_second_control_reads_intact_inputs():
    views = cases.views(cases.objective("synib", *PAIR), PAIR, 8)
    model = cases.objective("synib", *PAIR, task="word", destroy="none", confidence_weight=0.5)
    loss, terms = cases.step(model, views)
    sure = confidence(model.heads[0](model.represent(views[0])))
    assert torch.isclose(terms["confidence_word"], sure)
    assert torch.isclose(loss, terms["label_word"] + 0.5 * sure)


def test_labels_of_several_have_two_logits_each():
    model = cases.objective("synib", *PAIR, task="tags")
    loss, terms = cases.step(model, cases.views(model, PAIR, 8))
    assert model.heads[0].out_features == 4 and loss.isfinite()
    assert 0 <= terms["confidence_tags"] <= math.log(2) + 1e-6


@pytest.mark.parametrize(
    ("names", "task", "line"),
    [
        (PAIR, "train", "synib has no task 'train' to train on; choose from word, tags"),
        (("scene",), "word", "synib needs at least two modalities: it destroys one and keeps the other"),
    ],
)
def test_what_cannot_be_is_one_line(names, task, line):
    with pytest.raises(SettingsError) as caught:
        cases.objective("synib", *names, task=task)
    assert str(caught.value) == line
