"""What every encoder promises, for every kind of modality it reads; they are found in `engine/encoders`."""

import math
import pkgutil
from pathlib import Path

import pytest
import torch
from published_samples import tiny_models

import engine.encoders
from engine.dataset import Modality, Samples
from engine.encoder import EncoderError, build_encoder
from engine.settings.augmentation import NoAugmentation
from engine.settings.base import members_of
from engine.settings.encoder import EncoderSettings, PretrainedSettings

SHAPES = {"vector": (8,), "sequence": (32, 5), "image": (3, 64, 64), "text": (10,)}
SETTINGS = members_of(EncoderSettings)
NAMES = sorted(module.name for module in pkgutil.iter_modules(engine.encoders.__path__))
MODELS = {
    "clip_vision": ("image", "clip-vit-base-patch32"),
    "clip_text": ("text", "clip-ViT-B-32-multilingual-v1"),
}
"""What the pretrained ones read, and the folder of a small model of theirs."""
SAMPLES = 6


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    tiny_models(home)
    return home / "models"


def modality(name, kind, models=None):
    """One that the encoder of that name has to read, with the encoder's usual settings; a pretrained one
    learns here."""
    own = SETTINGS[name]
    if issubclass(own, PretrainedSettings):
        settings = own(path=str((models or Path()) / MODELS[name][1]), frozen=False)
    else:
        settings = own()
    shape = (3, 32, 32) if name in MODELS and kind == "image" else SHAPES[kind]
    return Modality("x", kind, shape, settings, NoAugmentation(), 4, (0, 1, 2, 4))


def fresh(name, kind, models=None):
    read = modality(name, kind, models)
    torch.manual_seed(0)
    return build_encoder(read.encoder, read)


def refusal(name, kind):
    """Why the encoder does not read that kind; None where it does."""
    if name in MODELS and kind == MODELS[name][0]:
        return None
    try:
        fresh(name, kind)
    except EncoderError as error:
        return str(error)
    return None


READ = [(name, kind) for name in NAMES for kind in SHAPES if refusal(name, kind) is None]


def samples(name, kind, models, seed=0):
    shape = modality(name, kind, models).shape
    generator = torch.Generator().manual_seed(seed)
    if kind == "text":
        values = torch.randint(5, 35, (SAMPLES, *shape), generator=generator)
    else:
        values = torch.randn(SAMPLES, *shape, generator=generator)
    if kind not in ("sequence", "text"):
        return Samples(values)
    lengths = torch.tensor([shape[0], 1, shape[0] // 2, 3, shape[0] - 1, 2])[:, None]
    return Samples(values, torch.arange(shape[0]) >= lengths)


@pytest.fixture(params=READ, ids="-".join)
def case(request, models):
    """An encoder and samples of a kind that it reads."""
    name, kind = request.param
    return fresh(name, kind, models), samples(name, kind, models)


def valid_tokens(tokens):
    everywhere = torch.ones(tokens.values.shape[:2], dtype=torch.bool)
    return everywhere if tokens.is_padding is None else ~tokens.is_padding


def run(encoder, given):
    """Tokens, with the draws of layers such as dropout fixed."""
    torch.manual_seed(1)
    return encoder(given)


def test_every_file_has_settings_of_its_name_and_the_other_way_round():
    assert set(SETTINGS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_each_reads_some_kind_and_refuses_the_others_in_one_line(name):
    refusals = [refusal(name, kind) for kind in SHAPES]
    assert None in refusals
    assert all("\n" not in line and "'x'" in line for line in refusals if line is not None)


def test_tokens_have_the_stated_width_grid_and_padding(case):
    encoder, given = case
    tokens = run(encoder, given)
    b, n, width = tokens.values.shape
    assert (b, width) == (SAMPLES, encoder.width)
    assert tokens.values.dtype == torch.float32 and tokens.values.isfinite().all()
    assert not encoder.grid or math.prod(encoder.grid) == n
    if tokens.is_padding is not None:
        assert tokens.is_padding.dtype == torch.bool and tokens.is_padding.shape == (b, n)
        assert not tokens.is_padding.all(1).any()  # every sample here has something


def test_tokens_depend_on_the_sample(case):
    encoder, given = case
    values = run(encoder.eval(), given).values
    assert not torch.equal(values[0], values[5])


def test_tokens_belong_to_the_sample_alone(case):
    encoder, given = case
    whole = run(encoder.eval(), given)
    order = torch.tensor([4, 1])
    few = run(encoder, Samples(*(None if part is None else part[order] for part in given)))
    torch.testing.assert_close(few.values, whole.values[order], rtol=1e-3, atol=1e-4)
    if whole.is_padding is not None:
        assert torch.equal(few.is_padding, whole.is_padding[order])


def test_in_eval_mode_nothing_is_drawn(case):
    encoder, given = case
    state = torch.random.get_rng_state()
    first = encoder.eval()(given).values
    assert torch.equal(torch.random.get_rng_state(), state)
    assert torch.equal(encoder(given).values, first)


def test_in_training_the_global_generator_decides(case):
    """A resumed run seeds it for every step, so that it ends with the same bits."""
    encoder, given = case
    assert torch.equal(run(encoder.train(), given).values, run(encoder, given).values)


def test_what_stands_in_padding_changes_no_valid_token(case):
    encoder, given = case
    if given.is_padding is None:
        return
    whole = run(encoder.eval(), given)
    hidden = given.is_padding.view(*given.is_padding.shape, *[1] * (given.values.ndim - 2))
    anything = given.values.flip(0) + 3 if given.values.is_floating_point() else 7
    changed = run(encoder, Samples(torch.where(hidden, anything, given.values), given.is_padding))
    valid = valid_tokens(whole)
    torch.testing.assert_close(changed.values[valid], whole.values[valid], rtol=1e-4, atol=1e-5)


def test_every_weight_learns(case):
    encoder, given = case
    tokens = run(encoder.train(), given)
    tokens.values[valid_tokens(tokens)].square().mean().backward()
    learnable = {name: p for name, p in encoder.named_parameters() if p.requires_grad}
    assert learnable
    assert {name for name, p in learnable.items() if p.grad is None} == set()
    assert all(p.grad.isfinite().all() for p in learnable.values())


def test_weights_go_into_another_one_built_alike(case, request, models):
    encoder, given = case
    read = modality(*request.node.callspec.params["case"], models)
    torch.manual_seed(7)
    other = build_encoder(read.encoder, read)
    other.load_state_dict(encoder.state_dict())
    assert torch.equal(run(other.eval(), given).values, run(encoder.eval(), given).values)


def test_half_precision_stays_near(case):
    encoder, given = case
    exact = run(encoder.eval(), given)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        rough = run(encoder, given).values.float()
    valid = valid_tokens(exact)
    scale = exact.values[valid].abs().max().item()
    assert (rough - exact.values)[valid].abs().max().item() < 0.1 * scale
