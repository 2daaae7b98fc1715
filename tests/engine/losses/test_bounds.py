"""Bounds on mutual information, where it is known; FactorCL's phases."""

import math

import objective_cases as cases
import pytest
import torch
from accelerate import Accelerator

from engine.losses.bounds import Critic, lower_bound, upper_bound
from engine.objective import Phase
from engine.settings.training import TrainingSettings
from engine.training.updates import Updates

PAIR = ("scene", "speech")


def gaussian_scores(correlation, samples=1500):
    """The best critic, log p(x, y) / p(x)p(y), on all pairs of a correlated Gaussian, and its mutual
    information."""
    generator = torch.Generator().manual_seed(0)
    x, noise = torch.randn(2, samples, dtype=torch.float64, generator=generator)
    y = correlation * x + math.sqrt(1 - correlation**2) * noise
    rest = 1 - correlation**2
    scores = (
        -0.5 * math.log(rest) - 0.5 * (y[None] - correlation * x[:, None]) ** 2 / rest + 0.5 * y[None] ** 2
    )
    return scores, -0.5 * math.log(rest)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_the_information_lies_between_the_bounds(correlation):
    scores, information = gaussian_scores(correlation)
    assert lower_bound(scores).item() == pytest.approx(information, abs=0.08)
    assert upper_bound(scores).item() >= information - 0.03
    if correlation:  # I + KL(p(x)p(y) ‖ p(x, y)), in closed form
        excess = correlation**2 / (1 - correlation**2)
        assert upper_bound(scores).item() == pytest.approx(excess, rel=0.1)


def test_bounds_of_a_critic_that_knows_nothing_are_zero():
    scores = torch.full((8, 8), 3.0)
    assert lower_bound(scores).item() == pytest.approx(0, abs=1e-6) and upper_bound(scores) == 0
    assert lower_bound(1e3 * torch.eye(8)).item() == pytest.approx(math.log(8))


def test_a_critic_is_a_network_on_both_side_by_side():
    critic = Critic(3, 4, 16)
    first, second = torch.randn(5, 3), torch.randn(5, 4)
    weight = torch.cat([critic.first.weight, critic.second.weight], 1)
    for i in range(5):
        for j in range(5):
            hidden = torch.relu(weight @ torch.cat([first[i], second[j]]) + critic.first.bias)
            torch.testing.assert_close(critic(first, second)[i, j], (critic.out.weight @ hidden)[0])


def test_a_critic_learns_the_information():
    torch.manual_seed(0)
    critic = Critic(1, 1, 32)
    optimizer = torch.optim.Adam(critic.parameters(), lr=0.02)
    for _ in range(300):
        x, noise = torch.randn(2, 128, 1)
        loss = -lower_bound(critic(x, 0.9 * x + math.sqrt(1 - 0.81) * noise))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert 0.6 < -loss.item() < 1.1  # −½ log(1 − .81) = .83


def test_factorcl_adds_upper_bounds_and_subtracts_lower_ones():
    model = cases.objective("factorcl", *PAIR)
    loss, terms = cases.step(model, cases.views(model, PAIR, 6))
    names = {
        "lower_shared",
        "lower_unique1",
        "lower_unique2",
        "lower_unique_given",
        "upper_shared_given",
        "upper_unique",
    }
    assert terms.keys() == names | {"accuracy"}
    by_hand = sum(
        -value if name.startswith("lower") else value for name, value in terms.items() if name != "accuracy"
    )
    torch.testing.assert_close(loss.detach(), by_hand)
    assert model.represent(cases.view(PAIR, 3, 1)).shape == (3, 4 * 128)


@pytest.mark.parametrize("phases", [("critics",), ("encoders",), ("critics", "encoders")])
def test_a_phase_changes_its_parameters_and_no_other_bit(phases):
    model = cases.objective("factorcl", *PAIR)
    whole = model.phases
    model.phases = tuple(phase for phase in whole if phase.name in phases)
    before = {name: value.clone() for name, value in model.named_parameters()}
    updates = Updates(model, TrainingSettings(weight_decay=0.1), Accelerator(cpu=True))
    views = cases.views(model, PAIR, 6)
    for _ in range(2):
        updates.step(views, cases.PROGRESS, {}, 0.01, wants_norm=False)
    changed = {name for name, value in model.named_parameters() if not torch.equal(value, before[name])}
    assert changed == {name for name in before if any(phase.trains(name) for phase in model.phases)}


def test_critics_alone_find_the_bound():
    """Repeats of the critics' phase raise their bound while the encoders stand still."""
    model = cases.objective("factorcl", *PAIR, critic_steps=20)
    assert [phase.repeats for phase in model.phases] == [20, 1]
    model.phases = model.phases[:1]
    updates = Updates(model, TrainingSettings(), Accelerator(cpu=True))
    views = cases.views(model, PAIR, 12)
    losses = [updates.step(views, cases.PROGRESS, {}, 1e-3, wants_norm=False).loss.item() for _ in range(3)]
    assert losses[2] < losses[1] < losses[0]


def test_a_part_is_a_whole_name():
    phase = Phase("one", ("head", "scale"))
    assert phase.trains("head.0.weight") and phase.trains("scale")
    assert not phase.trains("heads.0.weight") and not phase.trains("scales")
