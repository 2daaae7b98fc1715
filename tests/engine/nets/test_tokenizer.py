"""Tokenizers and positions against golden vectors and against what distinguishes one token from another."""

import golden_fusion as golden
import pytest
import torch
from torch.nn import functional as F

from engine.dataset import Samples
from engine.encoder import Tokens, feature_map
from engine.nets.tokenizer import FeatureTokenizer, Tokenizer, fixed_positions, mean_token


@pytest.mark.parametrize("case_id", golden.of_kind("adapter_patched"))
def test_golden_feature_maps(case_id):
    """A patch embedding is the 1 × 1 projection of unfolded patches; patches of one cell are the feature map
    itself."""
    _, tensors = golden.load(case_id)
    state = golden.part(tensors, "state_dict/")
    patch, grid = state["proj.weight"].shape[2:], tuple(state["pos_emb"].shape[2:])
    tokenizer = Tokenizer(state["proj.weight"][0].numel(), len(state["proj.weight"]), grid)
    computed = tokenizer.positions.clone()
    golden.fill(tokenizer, {f"tokenizers.0.{name}": value for name, value in state.items()}, "tokenizers.0.")
    torch.testing.assert_close(computed.double(), tokenizer.positions, rtol=0, atol=1e-6)
    image = tensors["in/0"].double()
    map_size = tuple(side // cell for side, cell in zip(image.shape[2:], patch, strict=True))
    tokens = Tokens(F.unfold(image, patch, stride=patch).transpose(1, 2), None, map_size)
    torch.testing.assert_close(tokenizer(tokens).values, tensors["out/0"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case_id", golden.of_kind("adapter_features"))
def test_golden_features(case_id):
    _, tensors = golden.load(case_id)
    state = golden.part(tensors, "state_dict/")
    tokenizer = FeatureTokenizer(*state["weight"].shape)
    golden.fill(tokenizer, state)
    torch.testing.assert_close(
        tokenizer(Samples(tensors["in/0"].double())).values, tensors["out/0"], rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("case_id", golden.of_kind("posemb"))
def test_golden_positions(case_id):
    """Names say the layout: pos2d_HxWxE is (1, E, H, W), pos1d_LxE is (1, L, E)."""
    _, tensors = golden.load(case_id)
    for name, expected in tensors.items():
        *grid, width = (int(size) for size in name.split("_")[1].split("x"))
        rows = expected.flatten(2)[0].T if name.startswith("pos2d") else expected[0]
        torch.testing.assert_close(fixed_positions(tuple(grid), width), rows, rtol=0, atol=5e-6)


@pytest.mark.parametrize("grid", [(7,), (5, 5), (4, 6)])
@pytest.mark.parametrize("width", [8, 10, 13])
def test_every_token_has_a_position_of_its_own(grid, width):
    positions = fixed_positions(grid, width)
    assert positions.shape == (torch.Size(grid).numel(), width)
    assert (torch.cdist(positions, positions) + torch.eye(len(positions))).min() > 0.1


def test_sets_have_no_positions_and_pass_when_their_width_fits():
    tokens = Tokens(torch.randn(2, 3, 8))
    assert torch.equal(Tokenizer(8, 8)(tokens).values, tokens.values)
    projected = Tokenizer(8, 12).requires_grad_(False)
    shuffled = projected(Tokens(tokens.values.flip(1))).values
    torch.testing.assert_close(shuffled.flip(1), projected(tokens).values)


def test_sequences_may_be_shorter_than_their_grid_and_keep_their_padding():
    tokenizer = Tokenizer(4, 8, (10,))
    padding = torch.tensor([[False, False, True]])
    tokens = tokenizer(Tokens(torch.randn(1, 3, 4), padding))
    assert tokens.values.shape == (1, 3, 8) and tokens.is_padding is padding


def test_a_feature_map_of_another_size_takes_the_positions_resized():
    """6 × 5 cells on a 4 × 4 table: bicubic, as the public code brings its tables to other images."""
    tokenizer = Tokenizer(8, 12, (4, 4)).requires_grad_(False)
    with torch.no_grad():
        tokenizer.projection.weight.zero_(), tokenizer.projection.bias.zero_()
    image = torch.randn(2, 8, 6, 5)
    added = tokenizer(feature_map(image)).values
    table = tokenizer.positions.view(4, 4, 12).permute(2, 0, 1)[None]
    expected = F.interpolate(table, (6, 5), mode="bicubic", align_corners=False)[0]
    torch.testing.assert_close(added[1].T.view(12, 6, 5), expected)
    flipped = tokenizer(feature_map(image.transpose(2, 3))).values  # 5 × 6: another map
    assert not torch.allclose(flipped, added)
    usual = tokenizer(feature_map(torch.randn(2, 8, 4, 4))).values
    assert torch.equal(usual[0], tokenizer.positions)


@pytest.mark.parametrize(("n", "grid"), [(30, ()), (9, ()), (30, (6, 4)), (16, (16,))])
def test_tokens_without_a_place_on_the_map_are_told_in_one_line(n, grid):
    with pytest.raises(ValueError, match=rf"^{n} tokens have no place on a feature map of 4 × 4; "):
        Tokenizer(8, 12, (4, 4))(Tokens(torch.randn(2, n, 8), None, grid))


def test_a_sequence_longer_than_its_grid_goes_on_as_it_began():
    tokenizer = Tokenizer(4, 8, (3,)).requires_grad_(False)
    with torch.no_grad():
        tokenizer.projection.weight.zero_(), tokenizer.projection.bias.zero_()
    added = tokenizer(Tokens(torch.randn(1, 7, 4))).values[0]
    assert torch.equal(added, fixed_positions((7,), 8)) and torch.equal(added[:3], tokenizer.positions)


def test_mean_token_leaves_padding_out():
    values = torch.tensor([[[1.0], [3.0], [100.0]], [[7.0], [8.0], [9.0]]])
    padding = torch.tensor([[False, False, True], [True, True, True]])
    assert mean_token(Tokens(values, padding)).tolist() == [[2.0], [0.0]]
    assert mean_token(Tokens(values)).tolist() == [[pytest.approx(104 / 3)], [8.0]]
