"""Which tokens masks keep: how many, how evenly, and what a view's weights say."""

import pytest
import torch
from golden_cases import listed
from hypothesis import given
from hypothesis import strategies as st

from engine.encoder import Tokens
from engine.nets.masking import draw_kept, join, kept_count, masked_views, unmasked_views

COUNTS = listed("fusion", "mask_counts")


def test_golden_counts():
    """Rounding included: 10 tokens at ρ = .9 keep none, because 10 · (1 − .9) is just under 1."""
    for case in COUNTS:
        assert kept_count(torch.tensor([case["L"]]), case["mask_ratio"]).item() == case["kept"], case
    exact = [round(case["L"] * (1 - case["mask_ratio"]), 9) for case in COUNTS]
    assert any(case["kept"] != int(count) for case, count in zip(COUNTS, exact, strict=True))


@given(
    st.lists(st.integers(1, 9), min_size=1, max_size=3),
    st.integers(1, 4),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 1.0]),
    st.integers(0, 999),
)
def test_exactly_the_stated_number_is_kept_of_every_modality(sizes, samples, masks, ratio, seed):
    generator = torch.Generator().manual_seed(seed)
    tokens = []
    for size in sizes:
        lengths = torch.randint(0, size + 1, (samples, 1), generator=generator)
        tokens.append(Tokens(torch.zeros(samples, size, 2), torch.arange(size) >= lengths))
    joined = join(tokens)
    kept = draw_kept(joined, ratio, masks, generator)
    assert not (kept & ~joined.is_valid[:, None]).any()
    for part, modality in zip(kept.split(sizes, -1), tokens, strict=True):
        expected = [int(n * (1 - ratio)) for n in (~modality.is_padding).sum(1).tolist()]
        assert part.sum(-1).tolist() == [[n] * masks for n in expected]
    weights = masked_views(joined, kept)
    assert torch.equal(weights.sum(-1), joined.is_valid.sum(-1, keepdim=True).expand(-1, masks).float())


def test_every_token_is_kept_equally_often_and_samples_differ():
    joined = join([Tokens(torch.zeros(500, 5, 1)), Tokens(torch.zeros(500, 4, 1))])
    kept = draw_kept(joined, 0.5, 8, torch.Generator().manual_seed(0))
    shares = kept.float().mean((0, 1))
    torch.testing.assert_close(shares, torch.tensor([0.4] * 5 + [0.5] * 4), atol=0.03, rtol=0)
    pairs = [(kept[:, 0, i] & kept[:, 0, j]).float().mean().item() for i in range(5) for j in range(i)]
    assert all(pair == pytest.approx(0.1, abs=0.05) for pair in pairs)
    assert not torch.equal(kept[0], kept[1]) and not torch.equal(kept[:, 0], kept[:, 1])


def test_the_same_generator_draws_the_same_masks():
    joined = join([Tokens(torch.zeros(3, 6, 1))])
    one, again, other = (draw_kept(joined, 0.5, 2, torch.Generator().manual_seed(seed)) for seed in (5, 5, 6))
    assert torch.equal(one, again) and not torch.equal(one, other)


def test_views_without_mask_hold_what_they_should():
    joined = join([Tokens(torch.zeros(1, 2, 1)), Tokens(torch.zeros(1, 2, 1), torch.tensor([[False, True]]))])
    assert unmasked_views(joined, alone=True)[0].tolist() == [
        [1, 1, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [1, 1, 1, 0, 0],
    ]
    assert unmasked_views(joined, alone=False)[0].tolist() == [[1, 1, 1, 0, 0]]


def test_weights_keep_double_precision_and_never_less_than_single():
    for given_dtype, expected in (
        (torch.float64, torch.float64),
        (torch.float32, torch.float32),
        (torch.bfloat16, torch.float32),
    ):
        assert (
            unmasked_views(join([Tokens(torch.zeros(1, 2, 1, dtype=given_dtype))]), alone=True).dtype
            == expected
        )
