"""Tokenizers and positions against golden vectors and against what distinguishes one token from another."""

import golden_fusion as golden
import pytest
import torch
from torch.nn import functional as F

from engine.dataset import Samples
from engine.encoder import Tokens
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
    values = F.unfold(tensors["in/0"].double(), patch, stride=patch).transpose(1, 2)
    torch.testing.assert_close(tokenizer(Tokens(values)).values, tensors["out/0"], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case_id", golden.of_kind("adapter_features"))
def test_golden_features(case_id):
    case, tensors = golden.load(case_id)
    tokenizer = FeatureTokenizer(case["args"]["n_features"], case["args"]["dim_tokens"])
    golden.fill(tokenizer, golden.part(tensors, "state_dict/"))
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


def test_mean_token_leaves_padding_out():
    values = torch.tensor([[[1.0], [3.0], [100.0]], [[7.0], [8.0], [9.0]]])
    padding = torch.tensor([[False, False, True], [True, True, True]])
    assert mean_token(Tokens(values, padding)).tolist() == [[2.0], [0.0]]
    assert mean_token(Tokens(values)).tolist() == [[pytest.approx(104 / 3)], [8.0]]
