"""The projection head's batch normalisation view by view, and a whole published step: model, head, loss,
optimiser."""

import golden_fusion as golden
import pytest
import torch
from torch import nn

from engine.nets.masking import join, unmasked_views
from engine.nets.projection import ViewBatchNorm, projection_head
from engine.settings.objective import ProjectionSettings
from engine.settings.training import TrainingSettings
from engine.training.optimizer import build_optimizer

EXACT = {"rtol": 1e-9, "atol": 1e-11}


class Step:
    """A golden end-to-end case run through our modules."""

    def __init__(self, case_id):
        self.case, self.tensors = golden.load(case_id)
        self.model = golden.GoldenFusion(self.case, self.tensors)
        self.combinations = self.model.combinations()
        self.count = golden.count_of(self.tensors, f"mask/aug1/{self.combinations - 1}/")

    def fused(self, view):
        tokens = [
            self.model.tokens(i, values)
            for i, values in enumerate(golden.inputs_of(self.tensors, f"in/aug{view}/"))
        ]
        return self.model.views(
            tokens, lambda c, t, m: self.tensors[f"mask/aug{view}/{c}/{t}/{m}"], self.count
        )

    def embeddings(self):
        """(plain of view 1, of view 2), (masked fusions of view 1, of view 2), through the head in published
        order."""
        (plain1, masked1), (plain2, masked2) = (
            self.fused(view).tensor_split([self.combinations]) for view in (1, 2)
        )
        by_combination = [
            part
            for pair in zip(masked1.split(self.count), masked2.split(self.count), strict=True)
            for part in pair
        ]
        embedded = self.model.head(torch.cat([plain1, plain2, *by_combination]))
        plain = embedded[: 2 * self.combinations].tensor_split(2)
        return plain, embedded[-2 * self.count :].tensor_split(2)


@pytest.mark.parametrize("case_id", golden.of_kind("end_to_end"))
def test_golden_step(case_id):
    step = Step(case_id)
    case, tensors, model = step.case, step.tensors, step.model
    plain, masked = step.embeddings()
    for view in (0, 1):
        for i, out in enumerate(plain[view]):
            torch.testing.assert_close(out, tensors[f"out/aug{view + 1}_embed/{i}"], **EXACT)
        for t, out in enumerate(masked[view]):
            torch.testing.assert_close(out, tensors[f"out/mask_out{view + 1}/{t}"], **EXACT)
    for name, expected in golden.part(tensors, "buffers_after/").items():
        torch.testing.assert_close(model.get_buffer(golden.our_name(name)), expected, rtol=1e-9, atol=1e-12)

    seen = golden.loss_of(plain, masked, case["loss_kwargs"], case["epoch"], case["max_epochs"])
    loss, told = seen["loss"], case["expected"]
    for name in seen.keys() & told.keys():
        assert seen[name].item() == pytest.approx(told[name], rel=1e-9), name
    loss.backward()
    parameters = dict(model.named_parameters())
    expected = {golden.our_name(name): value for name, value in golden.part(tensors, "grad/").items()}
    assert expected.keys() == parameters.keys()
    # biases before a batch norm have no gradient but rounding, so the measure is the model's largest
    largest = max(value.abs().max().item() for value in expected.values())
    for name, parameter in parameters.items():
        torch.testing.assert_close(
            parameter.grad, golden.as_ours(name, expected[name]), rtol=1e-9, atol=1e-11 * largest
        )

    check_optimiser_step(step, parameters)


def check_optimiser_step(step, parameters):
    """One AdamW step ends in the published weights and, in eval mode, in the published features."""
    options, tensors = step.case["optimizer"], step.tensors
    optimizer = build_optimizer(
        step.model, TrainingSettings(learning_rate=options["lr"], weight_decay=options["weight_decay"])
    )
    assert (optimizer.defaults["betas"], optimizer.defaults["eps"]) == (
        tuple(options["betas"]),
        options["eps"],
    )
    optimizer.step()
    for name, expected in golden.part(tensors, "after_step/").items():
        ours = golden.our_name(name)
        torch.testing.assert_close(parameters[ours], golden.as_ours(ours, expected), rtol=1e-9, atol=1e-9)
    features = step.model.eval().fusion
    tokens = [step.model.tokens(i, values) for i, values in enumerate(golden.inputs_of(tensors, "in/aug1/"))]
    joined = join(tokens)
    whole = features(joined.values, unmasked_views(joined, alone=False))[0]
    torch.testing.assert_close(whole, tensors["eval/features_after_step"], rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("views", [1, 5])
def test_views_are_normalised_as_if_one_by_one(views):
    torch.manual_seed(0)
    own, torchs = ViewBatchNorm(6), nn.BatchNorm1d(6)
    with torch.no_grad():
        for norm in (own, torchs):
            norm.weight.copy_(torch.arange(6) + 1.0)
            norm.bias.copy_(-torch.arange(6.0))
    for _ in range(2):
        batch = torch.randn(views, 7, 6) * 3 + 1
        torch.testing.assert_close(
            own(batch), torch.stack([torchs(view) for view in batch]), rtol=1e-4, atol=1e-5
        )
    for name in ("running_mean", "running_var", "num_batches_tracked"):
        torch.testing.assert_close(getattr(own, name), getattr(torchs, name))
    own.eval(), torchs.eval()
    torch.testing.assert_close(
        own(batch), torch.stack([torchs(view) for view in batch]), rtol=1e-4, atol=1e-5
    )


def test_one_sample_cannot_be_normalised():
    head = projection_head(4, ProjectionSettings(hidden=8, width=8))
    with pytest.raises(ValueError, match="at least 2 samples in a training batch; got 1"):
        head(torch.randn(3, 1, 4))
    assert head.eval()(torch.randn(3, 1, 4)).shape == (3, 1, 8)


def test_statistics_are_exact_under_autocast():
    head = projection_head(4, ProjectionSettings(hidden=16, width=8))
    views = torch.randn(3, 32, 4)
    exact = head(views)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(head(views).float(), exact, rtol=0.1, atol=0.05)
