"""Losses against golden vectors (float64 and float32, with gradients) and against what they must be by
definition."""

import itertools
import math

import golden_fusion as golden
import pytest
import torch
import torch.nn.functional as F
from golden_cases import family_cases
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from engine.losses.contrastive import clip_loss, comm_terms, info_nce, weighted_mean
from engine.losses.uniformity import entropy, entropy_score
from engine.objectives.cmc import cmc_terms
from engine.objectives.cross_self import cross_self_terms
from engine.objectives.infmasking import masked_contrast, ramp

FAMILIES = ("infmasking", "comm", "infonce", "clip", "cross_self", "cmc", "entropy")
CASES = {name: case for family in FAMILIES for name, case in family_cases("losses", family).items()}


def load(case_id, dtype):
    """Inputs (with gradient) and golden gradients of a case, by their short names."""
    file, case = CASES[case_id]
    mine = {
        name.removeprefix(f"{case_id}/"): tensor
        for name, tensor in load_file(file).items()
        if name.startswith(f"{case_id}/")
    }
    inputs = {
        name[3:]: value.to(dtype).requires_grad_() for name, value in mine.items() if name.startswith("in/")
    }
    return case, inputs, mine


def numbered(inputs, prefix):
    """Inputs named with a prefix and 0, 1, 2 …, in order."""
    count = sum(name.startswith(prefix) and name.removeprefix(prefix).isdigit() for name in inputs)
    return [inputs[f"{prefix}{i}"] for i in range(count)]


def run_infmasking(inputs, hyper):
    plain = [numbered(inputs, f"aug{view}_embed.") for view in (1, 2)]
    masked = [torch.stack(numbered(inputs, f"mask_out{view}.")) for view in (1, 2)]
    options = {name: hyper[name] for name in golden.LOSS_OPTIONS & hyper.keys()}
    return golden.loss_of(plain, masked, options, hyper["epoch"], hyper["max_epochs"])


def run_comm(inputs, hyper):
    first, second = (numbered(inputs, f"aug{view}_embed.") for view in (1, 2))
    terms = comm_terms(first, second, hyper["temperature"], hyper.get("prototype", -1))
    seen = {f"ssl_loss_{i}": term.loss for i, term in enumerate(terms)}
    seen |= {f"ssl_acc_{i}": 100 * term.accuracy for i, term in enumerate(terms)}
    return {"loss": weighted_mean([term.loss for term in terms], hyper.get("weights"))} | seen


def run_infonce(inputs, hyper):
    loss, accuracy = info_nce(inputs["aug1_embed"], inputs["aug2_embed"], hyper["temperature"])
    return {"loss": loss, "ssl_acc": 100 * accuracy}


def run_clip(inputs, hyper):
    loss, accuracy = clip_loss(inputs["image_embed"], inputs["text_embed"], inputs["logit_scale"])
    return {"loss": loss, "clip_acc": 100 * accuracy}


def run_cross_self(inputs, hyper):
    pair = inputs["mod1_embed"], inputs["mod2_embed"]
    views = [(inputs[f"mod{m}_aug1_embed"], inputs[f"mod{m}_aug2_embed"]) for m in (1, 2)]
    terms = cross, first, second = cross_self_terms(pair, *views, hyper["temperature"])
    seen = {f"loss_{name}": term.loss for name, term in zip(("cross", "mod1", "mod2"), terms, strict=True)}
    seen |= {
        f"ssl_acc_{name}": 100 * term.accuracy
        for name, term in zip(("cross", "mod1", "mod2"), terms, strict=True)
    }
    return {"loss": cross.loss + hyper.get("ssl_scale", 1.0) * (first.loss + second.loss) / 2} | seen


def run_cmc(inputs, hyper):
    embedded = numbered(inputs, "embed.")
    terms = cmc_terms(embedded, hyper["temperature"])
    pairs = [f"ssl_acc_{i}_{j}" for i, j in itertools.combinations(range(len(embedded)), 2)]
    seen = {name: 100 * term.accuracy for name, term in zip(pairs, terms, strict=True)}
    return {"loss": weighted_mean([term.loss for term in terms], None)} | seen


def run_entropy(inputs, hyper):
    return {"loss": entropy(inputs["keys"])}


RUNS = {
    "infmasking": run_infmasking,
    "comm": run_comm,
    "infonce": run_infonce,
    "clip": run_clip,
    "cross_self": run_cross_self,
    "cmc": run_cmc,
    "entropy": run_entropy,
}


def computed(case_id, dtype):
    case, inputs, golden = load(case_id, dtype)
    seen = RUNS[case_id.rsplit("_", 1)[0]](inputs, case["hyper"])
    seen["loss"].backward()
    worst = 0.0
    for name, value in inputs.items():
        expected = golden[f"grad/{name}"]
        worst = max(
            worst,
            ((value.grad.double() - expected).abs().max() / expected.abs().max().clamp(min=1e-300)).item(),
        )
    return case, {name: value.item() for name, value in seen.items()}, worst


def test_golden_cases_are_there():
    assert {name.rsplit("_", 1)[0] for name in CASES} == set(FAMILIES)


@pytest.mark.parametrize("case_id", CASES)
def test_golden_float64(case_id):
    case, seen, gradient_error = computed(case_id, torch.float64)
    expected = case["expected"] | case.get("parts", {})
    for name in seen.keys() & expected.keys():
        assert seen[name] == pytest.approx(expected[name], rel=1e-9, abs=1e-12), name
    assert gradient_error < 1e-9


@pytest.mark.parametrize("case_id", [name for name, (_, case) in CASES.items() if "float32" in case])
def test_golden_float32(case_id):
    """No further from float64 than a few times the error that the reference itself makes in float32."""
    case, seen, gradient_error = computed(case_id, torch.float32)
    reference = case["float32"]
    allowed = max(
        4 * abs(reference["loss"] - case["expected"]["loss"]), 4e-6 * max(1.0, abs(case["expected"]["loss"]))
    )
    assert seen["loss"] == pytest.approx(case["expected"]["loss"], abs=allowed)
    assert gradient_error < max(4 * reference["max_rel_grad_err_vs_float64"], 4e-6)


def test_golden_score():
    _, inputs, golden = load(next(name for name in CASES if name.startswith("entropy")), torch.float64)
    torch.testing.assert_close(entropy_score(inputs["keys"]), golden["out/score"], rtol=1e-9, atol=1e-10)


def masked_contrast_by_covariance(query, masked, temperature, weight):
    """The paper's form, term by term: a covariance a sample, the cross-entropy, and the quadratic added."""
    query, masked = F.normalize(query, dim=-1), F.normalize(masked, dim=-1)
    losses = []
    for i, q in enumerate(query):
        keys = masked[:, i]
        centred = keys - keys.mean(0)
        quadratic = q @ (centred.T @ centred / len(keys)) @ q
        positive = q @ keys.mean(0) + weight / (2 * temperature) * quadratic
        others = [j for j in range(len(query)) if j != i]
        negatives = torch.cat([(masked[:, others] @ q).flatten(), query[others] @ q])
        logits = torch.cat([positive[None], negatives]) / temperature
        losses.append(-logits.log_softmax(0)[0] + weight / (2 * temperature**2) * quadratic)
    return torch.stack(losses).mean()


@given(
    st.integers(1, 7),
    st.integers(2, 6),
    st.integers(1, 9),
    st.sampled_from([0.05, 0.2]),
    st.floats(0, 2),
    st.integers(0, 99),
)
def test_reduced_formula_is_the_papers(masks, samples, width, temperature, weight, seed):
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(samples, width, dtype=torch.float64, generator=generator)
    masked = torch.randn(masks, samples, width, dtype=torch.float64, generator=generator)
    expected = masked_contrast_by_covariance(query, masked, temperature, weight)
    torch.testing.assert_close(
        masked_contrast(query, masked, temperature, weight), expected, rtol=1e-11, atol=1e-11
    )


def test_masked_versions_have_no_order():
    query, masked = torch.randn(5, 8, dtype=torch.float64), torch.randn(6, 5, 8, dtype=torch.float64)
    shuffled = masked_contrast(query, masked[torch.randperm(6)], 0.1, 1.0)
    torch.testing.assert_close(masked_contrast(query, masked, 0.1, 1.0), shuffled)


def test_indistinguishable_embeddings_cost_the_logarithm_of_the_choices():
    same = torch.ones(8, 4, dtype=torch.float64)
    assert info_nce(same, same, 0.1).loss.item() == pytest.approx(math.log(15))
    assert clip_loss(same, same, torch.tensor(10.0)).loss.item() == pytest.approx(math.log(8))
    # one positive against 3 × 7 masked and 7 plain negatives
    assert masked_contrast(same, same.expand(3, 8, 4), 0.1, 1.0).item() == pytest.approx(math.log(29))


def test_aligned_embeddings_are_recognised():
    rows = torch.eye(6)
    assert (
        info_nce(rows, rows, 0.05).accuracy == 1 and clip_loss(rows, rows, torch.tensor(20.0)).accuracy == 1
    )


def test_ramp_reaches_the_weight_in_the_last_epoch():
    assert [ramp(2.0, epoch, 4) for epoch in range(4)] == [0.5, 1.0, 1.5, 2.0]


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_embeddings_are_contrasted_in_float32(dtype):
    first, second = torch.randn(2, 12, 16).to(dtype)
    with torch.autocast("cpu", dtype=dtype):
        terms = [info_nce(first, second, 0.1).loss, clip_loss(first, second, torch.tensor(10.0)).loss]
        terms.append(masked_contrast(first, second[None], 0.1, 1.0))
    exact = [
        info_nce(first.double(), second.double(), 0.1).loss,
        clip_loss(first.double(), second.double(), torch.tensor(10.0)).loss,
    ]
    exact.append(masked_contrast(first.double(), second[None].double(), 0.1, 1.0))
    for term, expected in zip(terms, exact, strict=True):
        assert term.dtype == torch.float32
        assert term.item() == pytest.approx(expected.item(), rel=1e-5)
