"""Temperatures and mixtures: the known optimum, what must not matter, and that the prior is a floor."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.information.calibration import BETTER, LEAST_FACTOR, MOST_FACTOR, Calibration, mixture
from engine.information.entries import Entries, class_shares, entries_of, pick
from engine.information.folds import Fold

CPU = torch.device("cpu")
SEEDS = st.integers(0, 10**6)


def entries(aside: list[list[int]], shares: list[int]) -> Entries:
    """One entry for each list of labels set aside, fitted on rows whose classes come in these counts."""
    width = max(map(len, aside))
    fitted = np.arange(width + sum(shares)) >= width
    rows = np.repeat(np.arange(len(shares)), shares)
    columns = [np.concatenate([own, np.zeros(width - len(own), int), rows]) for own in aside]
    folds = [Fold(~fitted, fitted, np.arange(len(fitted)) < len(own)) for own in aside]
    return entries_of(folds, columns, CPU)


def drawn(seed: int, rows: int = 60, classes: int = 3, scale: float = 1.0) -> tuple[torch.Tensor, Entries]:
    """Logits (1, c, v) that know something of labels, and the entry of those labels."""
    source = np.random.default_rng(seed)
    labels = source.integers(0, classes, rows)
    raw = scale * (np.eye(classes)[labels] + source.standard_normal((rows, classes)))
    shares = source.integers(5, 60, classes).tolist()
    return torch.tensor(raw.T[None], dtype=torch.float32), entries([labels.tolist()], shares)


def settled(raw: torch.Tensor, given_entries: Entries) -> torch.Tensor:
    calibration = Calibration(given_entries)
    calibration.look(raw)
    return calibration.settle(raw)[:, 0, 0]


def loss_at(raw: torch.Tensor, given_entries: Entries, factor: float) -> float:
    """Cross-entropy in nats of the first entry's rows set aside, in double precision."""
    logits = factor * raw[0].double() + class_shares(given_entries)[0].double().log()[:, None]
    labels = given_entries.labels[0, pick(given_entries.chosen_on).rows[0]]
    return float(torch.nn.functional.cross_entropy(logits.T, labels))


@pytest.mark.parametrize("length", [0.12, 0.5, 1.0, 4.0, 8.5])
@pytest.mark.parametrize("shares", [[20, 20], [59, 19]])
def test_the_temperature_is_the_one_that_logits_of_any_length_need(length, shares):
    """Two places, of which the second class holds three quarters and one quarter of the odds that the prior
    gives it: the logits are true where factor · length = log 3."""
    odds = (shares[1] + 0.5) / (shares[0] + 0.5)
    labels, raw = [], []
    for sign in (1, -1):
        share = 1 / (1 + 1 / (odds * 3**sign))
        ones = round(720 * share)
        labels += [1] * ones + [0] * (720 - ones)
        raw += [sign * length] * 720
    values = torch.stack([torch.zeros(1440), torch.tensor(raw)])[None]
    found = settled(values, entries([labels], shares))
    assert float(found[0]) == pytest.approx(np.log(3) / length, rel=0.01)


@settings(max_examples=25)
@given(SEEDS, st.integers(2, 6), st.sampled_from([0.1, 0.5, 1.0, 5.0, 30.0]))
def test_no_other_temperature_fits_better(seed, classes, scale):
    raw, one = drawn(seed, classes=classes, scale=scale)
    factor = float(settled(raw, one)[0])
    grid = np.geomspace(LEAST_FACTOR, MOST_FACTOR, 120)
    assert LEAST_FACTOR <= factor <= MOST_FACTOR
    assert loss_at(raw, one, factor) <= min(loss_at(raw, one, other) for other in grid) + 1e-4


@settings(max_examples=25)
@given(SEEDS, st.integers(2, 5))
def test_order_offsets_and_length_do_not_matter(seed, classes):
    raw, one = drawn(seed, classes=classes)
    base = settled(raw, one)
    source = torch.Generator().manual_seed(seed)
    offsets = 10 * torch.randn(1, 1, raw.shape[2], generator=source)
    assert settled(raw + offsets, one) == pytest.approx(base, rel=1e-3)
    order = torch.randperm(raw.shape[2], generator=source)
    labels = one.labels[0, : raw.shape[2]]
    fitted = one.labels[0, raw.shape[2] :].bincount().tolist()
    assert settled(raw[..., order], entries([labels[order].tolist()], fitted)) == pytest.approx(
        base, rel=1e-3
    )
    if LEAST_FACTOR * 2.1 < float(base[0]) < MOST_FACTOR / 2.1:
        assert settled(raw / 2, one) == pytest.approx(2 * base, rel=1e-2)
        assert settled(raw * 2, one) == pytest.approx(base / 2, rel=1e-2)


def test_entries_with_more_and_fewer_rows_set_aside_do_not_touch_each_other():
    (long, of_long), (short, of_short) = drawn(1, rows=80), drawn(2, rows=30)
    labels = [of_long.labels[0, :80].tolist(), of_short.labels[0, :30].tolist()]
    both = entries(labels, [20, 30, 40])
    filled = torch.full((2, 3, 80), 1e3)  # what fills up is finite, and must count for nothing
    filled[0], filled[1, :, :30] = long[0], short[0]
    alone = [
        settled(raw, entries([own], [20, 30, 40])) for raw, own in zip((long, short), labels, strict=True)
    ]
    assert settled(filled, both).tolist() == pytest.approx(torch.cat(alone).tolist(), rel=1e-4)


def test_a_look_counts_only_where_it_is_better_and_the_best_is_kept():
    good, one = drawn(3, scale=3.0)
    calibration = Calibration(one)
    assert calibration.look(good).tolist() == [True] and calibration.idle.tolist() == [0]
    best = float(calibration.best_loss[0])
    assert best == pytest.approx(loss_at(good, one, 1.0), abs=1e-5)
    assert calibration.look(-good).tolist() == [False] and calibration.idle.tolist() == [1]
    assert calibration.look(-good).tolist() == [False] and calibration.idle.tolist() == [2]
    assert float(calibration.best_loss[0]) == best and float(calibration.best_factor[0]) == 1.0
    factor = float(calibration.settle(good)[0])
    assert loss_at(good, one, factor) < best - BETTER


def log_probabilities(source: np.random.Generator, labels: np.ndarray, knowledge: float) -> torch.Tensor:
    """(1, c, v) of a probe that knows so much of these labels; below zero it is misled."""
    classes = int(labels.max()) + 1
    logits = knowledge * np.eye(classes)[labels] + source.standard_normal((len(labels), classes))
    return torch.log_softmax(torch.tensor(logits.T[None]), 1)


def mixed_loss(members: list[torch.Tensor], weights: torch.Tensor, labels: np.ndarray) -> float:
    mixed = sum(w * one[0].exp() for w, one in zip(weights[:, 0], members, strict=True))
    return -float(mixed[torch.tensor(labels), torch.arange(len(labels))].log().mean())


@settings(max_examples=25)
@given(SEEDS, st.lists(st.floats(-6, 6), min_size=1, max_size=4), st.integers(60, 200))
def test_a_mixture_is_never_worse_than_the_prior_or_any_member(seed, knowledge, rows):
    """But for what T rounds from equal weights leave, log k / T (Cover 1984), and the pseudo-count."""
    source = np.random.default_rng(seed)
    labels = np.arange(rows) % 3
    one = entries([labels.tolist()], [10, 20, 30])
    prior = class_shares(one).log()[..., None].expand(-1, -1, rows).double()
    members = [prior, *(log_probabilities(source, labels, much) for much in knowledge)]
    weights = mixture(members, one)
    assert weights.shape == (len(members), 1) and (weights > 0).all()
    assert float(weights.sum()) == pytest.approx(1, abs=1e-9)
    alone = [mixed_loss([member], torch.ones(1, 1), labels) for member in members]
    assert mixed_loss(members, weights, labels) <= min(alone) + np.log(len(members)) / 100 + 0.5 / rows


def test_the_mixture_has_the_weights_of_what_was_mixed():
    """Two probes that say .9 for the true class in turns: right in 70 of 100 rows where the other is wrong.
    The likelihood ∏ (.1 + .8 w)^70 (.9 − .8 w)^30 is largest at w = (.7 − .1) / .8."""
    says = np.where(np.arange(100) < 70, 0.9, 0.1)
    members = [torch.tensor(np.log(np.stack([own, 1 - own])[None])) for own in (says, 1 - says)]
    weights = mixture(members, entries([[0] * 100], [5, 5]))
    assert weights[:, 0].tolist() == pytest.approx([0.75, 0.25], abs=0.002)


def test_a_useless_probe_is_left_out_and_the_order_of_probes_does_not_matter():
    source = np.random.default_rng(5)
    labels = np.arange(90) % 3
    one = entries([labels.tolist()], [10, 10, 10])
    good, bad = log_probabilities(source, labels, 5.0), log_probabilities(source, labels, -5.0)
    weights, turned = mixture([good, bad], one), mixture([bad, good], one)
    assert float(weights[1, 0]) < 0.01
    torch.testing.assert_close(weights, turned.flip(0))


def test_the_mixture_of_an_entry_is_made_from_its_own_rows():
    source = np.random.default_rng(6)
    long, short = np.arange(90) % 3, np.arange(40) % 3
    members = [torch.full((2, 3, 90), -np.log(3.0), dtype=torch.float64) for _ in range(2)]
    alone = []
    for knows, member in zip((4.0, 1.0), members, strict=True):
        own = [log_probabilities(source, labels, knows) for labels in (long, short)]
        member[0], member[1, :, :40] = own[0][0], own[1][0]
        member[1, :, 40:] = -50.0
        alone.append(own)
    both = mixture(members, entries([long.tolist(), short.tolist()], [9, 9, 9]))
    for k, labels in enumerate((long, short)):
        single = mixture([own[k] for own in alone], entries([labels.tolist()], [9, 9, 9]))
        torch.testing.assert_close(both[:, k], single[:, 0])
