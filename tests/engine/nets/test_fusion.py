"""The fusion against golden vectors, and its two paths against each other and against replacing tokens one by
one."""

import golden_fusion as golden
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.encoder import Tokens
from engine.nets.fusion import Fusion
from engine.nets.masking import draw_kept, join, masked_views, unmasked_views
from engine.settings.fusion import FusionSettings

EXACT = {"rtol": 1e-9, "atol": 1e-11}


def test_every_kind_of_golden_case_is_there():
    kinds = {case["kind"] for _, case in golden.CASES.values()}
    assert kinds == {"fusion", "padding", "adapter_patched", "adapter_features", "posemb", "end_to_end"}


@pytest.mark.parametrize("case_id", golden.of_kind("fusion"))
def test_golden_outputs_and_gradients(case_id):
    case, tensors = golden.load(case_id)
    model = golden.GoldenFusion(case, tensors)
    inputs = golden.inputs_of(tensors)
    tokens = [model.tokens(i, values) for i, values in enumerate(inputs)]
    combinations = model.combinations()
    count = golden.count_of(tensors, f"mask/{combinations - 1}/")
    fused = model.views(tokens, lambda c, t, m: tensors[f"mask/{c}/{t}/{m}"], count)
    names = [f"out/{c}" for c in range(combinations)]
    names += [f"masked_out/{c}/{t}" for c in range(combinations) for t in range(count)]
    for name, out in zip(names, fused, strict=True):
        torch.testing.assert_close(out, tensors[name], **EXACT)
    scalar = sum((out * tensors[f"cotangent/{name}"]).sum() for name, out in zip(names, fused, strict=True))
    if "scalar" in case:
        assert scalar.item() == pytest.approx(case["scalar"], rel=1e-9)
    scalar.backward()
    expected = {golden.our_name(name): value for name, value in golden.part(tensors, "grad/").items()}
    for name, parameter in model.named_parameters():
        largest = expected[name].abs().max().item()
        torch.testing.assert_close(
            parameter.grad, golden.as_ours(name, expected.pop(name)), rtol=1e-9, atol=1e-9 * largest
        )
    assert not {name for name in expected if not name.endswith("positions")}


@pytest.mark.parametrize("case_id", golden.of_kind("padding"))
def test_golden_padding_is_as_if_removed(case_id):
    case, tensors = golden.load(case_id)
    model = golden.GoldenFusion(case, tensors)
    first, second = golden.inputs_of(tensors)
    tokens = [model.tokens(0, first, tensors["in/0.padding"].bool()), model.tokens(1, second)]
    joined = join(tokens)
    kept = torch.stack(
        [
            torch.cat([tensors[f"mask/{t}/{m}"] for m in (0, 1)], 1)
            for t in range(golden.count_of(tensors, "mask/"))
        ],
        1,
    ).bool()
    whole, *masked = model.fusion(
        joined.values, torch.cat([unmasked_views(joined, alone=False), masked_views(joined, kept)], 1)
    )
    torch.testing.assert_close(whole, tensors["out/padded_tokens_removed"], **EXACT)
    for t, out in enumerate(masked):
        torch.testing.assert_close(out, tensors[f"masked_out/{t}"], **EXACT)


def random_tokens(sizes, samples, width, padded, generator):
    """Tokens of modalities; the first is padded to different lengths where asked."""
    tokens = [Tokens(torch.randn(samples, n, width, dtype=torch.float64, generator=generator)) for n in sizes]
    if padded:
        lengths = torch.randint(0, sizes[0] + 1, (samples,), generator=generator)
        tokens[0] = Tokens(tokens[0].values, torch.arange(sizes[0]) >= lengths[:, None])
    return join(tokens)


def as_written(fusion, values):
    """The fusion of one sample's tokens (n, d), step by step from its weights: no views, no weighted tokens,
    none of its own methods."""
    sequence = values if fusion.cls_token is None else torch.cat([fusion.cls_token, values])
    for block in fusion.blocks:
        attention, read = block.attention, block.attention_norm(sequence)
        queries, keys, others = (read @ attention.in_weight.T + attention.in_bias).chunk(3, -1)
        if attention.key_bias is not None:
            keys = torch.cat([keys, attention.key_bias[None]])
            others = torch.cat([others, attention.value_bias[None]])
        seen = []
        for q, k, v in zip(*(x.chunk(attention.heads, -1) for x in (queries, keys, others)), strict=True):
            seen.append((q @ k.T / q.shape[-1] ** 0.5).softmax(-1) @ v)
        sequence = sequence + attention.out(torch.cat(seen, -1))
        hidden = block.mlp_in(block.mlp_norm(sequence))
        sequence = sequence + block.mlp_out(hidden * torch.sigmoid(1.702 * hidden))
    fused = fusion.norm(sequence)
    return fused.mean(0) if fusion.cls_token is None else fused[0]


def by_replacement(fusion, joined, kept):
    """One masked view the plain way: of each sample, drop padding, replace hidden tokens by copies of the
    mask token, run."""
    rows = []
    for values, valid, keep in zip(joined.values, joined.is_valid, kept, strict=True):
        rows.append(as_written(fusion, torch.where(keep[:, None], values, fusion.mask_token)[valid]))
    return torch.stack(rows)


@settings(max_examples=25)
@given(
    sizes=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    layers=st.integers(1, 3),
    pool=st.sampled_from(["cls", "mean"]),
    bias_kv=st.booleans(),
    padded=st.booleans(),
    ratio=st.sampled_from([0.0, 0.5, 0.7, 1.0]),
    seed=st.integers(0, 99),
)
def test_paths_equal_token_by_token_replacement(sizes, layers, pool, bias_kv, padded, ratio, seed):
    generator = torch.Generator().manual_seed(seed)
    torch.manual_seed(seed)
    fusion = Fusion(
        FusionSettings(width=8, heads=2, layers=layers, pool=pool, bias_kv=bias_kv), masks=True
    ).double()
    joined = random_tokens(sizes, 3, 8, padded and len(sizes) > 1, generator)
    kept = draw_kept(joined, ratio, 4, generator)
    weights = masked_views(joined, kept)
    expected = torch.stack([by_replacement(fusion, joined, kept[:, t]) for t in range(4)])
    exact = {"rtol": 1e-12, "atol": 1e-12}
    torch.testing.assert_close(fusion.general(joined.values, weights), expected, **exact)
    torch.testing.assert_close(fusion(joined.values, weights), expected, **exact)
    if layers == 1 and pool == "cls":
        torch.testing.assert_close(fusion.one_pass(joined.values, weights), expected, **exact)


@pytest.mark.parametrize("bias_kv", [False, True])
def test_gradients_of_both_paths_agree(bias_kv):
    torch.manual_seed(0)
    fusion = Fusion(FusionSettings(width=8, heads=2, layers=1, bias_kv=bias_kv), masks=True).double()
    joined = random_tokens([6, 5], 4, 8, True, torch.Generator().manual_seed(1))
    values = joined.values.requires_grad_()
    weights = [
        unmasked_views(joined, alone=True),
        masked_views(joined, draw_kept(joined, 0.6, 3, torch.Generator().manual_seed(2))),
    ]
    weights = torch.cat(weights, 1)
    cotangent = torch.randn(6, 4, 8, dtype=torch.float64)
    sources = [values, *fusion.parameters()]
    fast, slow = (
        torch.autograd.grad((path(values, weights) * cotangent).sum(), sources)
        for path in (fusion.one_pass, fusion.general)
    )
    for one, other in zip(fast, slow, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize(("layers", "pool"), [(1, "cls"), (2, "cls"), (1, "mean")])
def test_half_precision_stays_near_and_finite(dtype, layers, pool):
    torch.manual_seed(0)
    fusion = Fusion(FusionSettings(width=32, heads=4, layers=layers, pool=pool), masks=True)
    joined = random_tokens([6, 5], 4, 32, True, torch.Generator().manual_seed(1))
    joined = joined._replace(values=joined.values.float().requires_grad_())
    weights = [
        unmasked_views(joined, alone=True),
        masked_views(joined, draw_kept(joined, 1.0, 3, torch.Generator())),
    ]
    exact = fusion(joined.values, torch.cat(weights, 1))
    with torch.autocast("cpu", dtype=dtype):
        rough = fusion(joined.values, torch.cat(weights, 1))
    torch.testing.assert_close(rough.float(), exact, rtol=0.05, atol=0.1)
    rough.float().square().mean().backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in fusion.parameters())


def test_a_modality_that_is_all_padding_counts_for_nothing():
    fusion = Fusion(FusionSettings(width=8, heads=2, layers=2, pool="mean"), masks=False)
    joined = join(
        [Tokens(torch.randn(2, 3, 8), torch.tensor([[True] * 3, [False] * 3])), Tokens(torch.randn(2, 2, 8))]
    )
    alone, _, both = fusion(joined.values, unmasked_views(joined, alone=True))
    assert torch.equal(alone[0], torch.zeros(8)) and alone[1].any() and both.isfinite().all()


def test_initial_weights_have_the_stated_deviations():
    torch.manual_seed(0)
    width, layers = 256, 2
    fusion = Fusion(FusionSettings(width=width, heads=8, layers=layers), masks=True)
    block = fusion.blocks[1]
    residual = width**-0.5 * (2 * layers) ** -0.5
    stated = [
        (fusion.cls_token, 1.0, 0.15),
        (fusion.mask_token, 0.02, 0.15),
        (block.attention.in_weight, width**-0.5, 0.02),
        (block.attention.out.weight, residual, 0.02),
        (block.mlp_in.weight, (2 * width) ** -0.5, 0.02),
        (block.mlp_out.weight, residual, 0.02),
    ]
    for parameter, deviation, tolerance in stated:
        assert parameter.std().item() == pytest.approx(deviation, rel=tolerance)
    assert not block.attention.in_bias.any() and not block.attention.out.bias.any()
