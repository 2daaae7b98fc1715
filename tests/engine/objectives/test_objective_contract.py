"""What every objective promises, over all kinds of modalities, two and three at a time."""

import objective_cases as cases
import pytest
import torch

from engine.dataset import Samples
from engine.presets.preset import method_names
from engine.settings.experiment import SettingsError
from engine.training.updates import set_learning

PAIR = ("scene", "speech")
PAIRS = (PAIR, ("speech", "table"), ("table", "scene"))
TRIPLE = ("scene", "speech", "table")
VARIANTS = [{}, {"layers": 2}, {"pool": "mean"}, {"bias_kv": True}]


def is_for_two(method):
    """Whether the method refuses three modalities."""
    try:
        cases.objective(method, *TRIPLE)
    except SettingsError:
        return True
    return False


OF_TWO = [method for method in method_names() if is_for_two(method)]
COMBINATIONS = [
    (method, names) for method in method_names() for names in PAIRS + (() if method in OF_TWO else (TRIPLE,))
]


def changed(view, names, by):
    """The view with `by` (of the samples) added to the values of some modalities."""
    return {n: Samples(s.values + by(s), s.is_padding) if n in names else s for n, s in view.items()}


def in_padding(samples):
    return 0.0 if samples.is_padding is None else torch.where(samples.is_padding[..., None], 1e3, 0.0)


@pytest.mark.parametrize(("method", "names"), COMBINATIONS)
def test_a_step_has_a_finite_loss_and_bounded_terms(method, names):
    model = cases.objective(method, *names)
    loss, terms = cases.step(model, cases.views(model, names, 6))
    assert loss.ndim == 0 and loss.isfinite() and loss.requires_grad
    assert terms and all(
        value.ndim == 0 and value.isfinite() and not value.requires_grad for value in terms.values()
    )
    assert 0 <= terms.get("accuracy", torch.tensor(0.0)) <= 1


@pytest.mark.parametrize("fusion", VARIANTS)
@pytest.mark.parametrize(("method", "names"), COMBINATIONS)
def test_what_should_learn_gets_a_gradient_and_nothing_else(method, names, fusion):
    """A weight without gradient would stop distributed training, which waits for all of them."""
    model = cases.objective(method, *names, fusion=fusion)
    views = cases.views(model, names, 6)
    learnable = dict(model.named_parameters())
    trained = set()
    for phase in model.phases or [None]:
        expected = {name for name in learnable if phase is None or phase.trains(name)}
        if phase is not None:
            set_learning(learnable, phase)
        progress = cases.replace(cases.PROGRESS, phase="" if phase is None else phase.name)
        cases.step(model, views, progress).loss.backward()
        assert {name for name, parameter in learnable.items() if parameter.grad is not None} == expected
        trained |= {name for name in expected if learnable[name].grad.any()}
        model.zero_grad(set_to_none=True)
    assert learnable.keys() - trained == set()


@pytest.mark.parametrize("method", OF_TWO)
def test_methods_of_two_modalities_refuse_three_in_one_line(method):
    with pytest.raises(
        SettingsError, match=rf"^{method} \w+ exactly two modalities; got scene, speech, table$"
    ):
        cases.objective(method, *TRIPLE)


@pytest.mark.parametrize(("method", "names"), COMBINATIONS)
def test_a_step_depends_on_its_place_and_nothing_else(method, names):
    model = cases.objective(method, *names)
    views = cases.views(model, names, 6)
    first = cases.step(model, views).loss
    torch.rand(5)  # the global generator has no say
    assert torch.equal(first, cases.step(model, views).loss)


@pytest.mark.parametrize(("method", "names"), COMBINATIONS)
def test_representations_belong_to_the_sample_alone(method, names):
    model = cases.objective(method, *names).eval()
    view = cases.view(names, 6, 1)
    together = model.represent(view)
    assert torch.equal(together, model.represent(view))
    order = torch.tensor([3, 1])
    few = {
        n: Samples(s.values[order], None if s.is_padding is None else s.is_padding[order])
        for n, s in view.items()
    }
    torch.testing.assert_close(model.represent(few), together[order], rtol=1e-4, atol=1e-5)
    for name in model.encoders:
        alone = model.represent(view, [name])
        assert len(alone) == 6
        others = changed(view, set(names) - {name}, lambda _: 1.0)
        assert torch.equal(model.represent(others, [name]), alone)


@pytest.mark.parametrize("fusion", VARIANTS)
@pytest.mark.parametrize(
    ("method", "names"), [(method, names) for method, names in COMBINATIONS if "speech" in names]
)
def test_what_stands_in_padding_changes_nothing(method, names, fusion):
    model = cases.objective(method, *names, fusion=fusion)
    views = cases.views(model, names, 6)
    disturbed = [changed(view, names, in_padding) for view in views]
    loss, other = cases.step(model, views).loss, cases.step(model, disturbed).loss
    torch.testing.assert_close(other, loss, rtol=1e-5, atol=1e-6)
    model.eval()
    torch.testing.assert_close(model.represent(disturbed[0]), model.represent(views[0]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", method_names())
def test_bfloat16_stays_near(method):
    model = cases.objective(method, *PAIR)
    views = cases.views(model, PAIR, 8)
    exact = cases.step(model, views).loss
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = cases.step(model, views).loss
    rough.backward()
    assert rough.dtype == torch.float32
    assert rough.item() == pytest.approx(exact.item(), rel=0.1, abs=0.1)
