"""Encoders from Hugging Face folders: offline, safetensors only, frozen or not, with tokens kept; masked text
tokens."""

import json
import shutil
from dataclasses import replace

import pytest
import torch
from published_samples import tiny_models

from engine.augmentations.token_masking import mask_tokens
from engine.dataset import Modality, Samples
from engine.encoder import EncoderError, build_encoder
from engine.settings.augmentation import NoAugmentation, SimclrAugmentation, TokenMaskingAugmentation
from engine.settings.encoder import ClipTextSettings, ClipVisionSettings, Resnet18Settings
from engine.settings.experiment import SettingsError, parse
from engine.views import augmented_views, plain_view, view_plan

CLIP, BERT = "clip-vit-base-patch32", "clip-ViT-B-32-multilingual-v1"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    tiny_models(home)
    return home / "models"


def picture(encoder, side=32):
    return Modality("image", "image", (3, side, side), encoder, NoAugmentation())


def text(encoder, longest=10, mask=4):
    return Modality("text", "text", (longest,), encoder, TokenMaskingAugmentation(), mask, (0, 1, 2, 4))


def vision(models, **options):
    settings = ClipVisionSettings(path=str(models / CLIP), **options)
    return build_encoder(settings, picture(settings))


def language(models, folder=BERT, **options):
    settings = ClipTextSettings(path=str(models / folder), **options)
    return build_encoder(settings, text(settings))


def test_images_become_tokens_as_clip_sees_them(models):
    import transformers

    pixels = torch.rand(2, 3, 32, 32)
    imagenet = (pixels - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor(
        [0.229, 0.224, 0.225]
    )[:, None, None]
    clip_mean, clip_std = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)
    clip = (pixels - torch.tensor(clip_mean)[:, None, None]) / torch.tensor(clip_std)[:, None, None]
    theirs = transformers.CLIPVisionModel.from_pretrained(models / CLIP)(pixel_values=clip).last_hidden_state
    encoder = vision(models, cache_gigabytes=0)
    tokens = encoder(Samples(imagenet))
    torch.testing.assert_close(tokens.values, theirs, rtol=1e-4, atol=1e-5)
    assert tokens.values.shape == (2, 5, 16) and encoder.width == 16 and encoder.grid == ()


@pytest.mark.parametrize("folder", [BERT, CLIP])
def test_texts_become_tokens_that_ignore_padding(models, folder):
    encoder = language(models, folder)
    ids = torch.randint(5, 30, (3, 10))
    padding = torch.arange(10) >= torch.tensor([[10], [4], [7]])
    tokens = encoder(Samples(ids, padding))
    other = encoder(Samples(torch.where(padding, 9, ids), padding))
    assert tokens.values.shape == (3, 10, 16) and tokens.is_padding is padding
    torch.testing.assert_close(tokens.values[~padding], other.values[~padding], rtol=1e-3, atol=1e-3)


def test_frozen_models_learn_nothing_and_stay_out_of_checkpoints(models):
    for encoder, values in (
        (vision(models), torch.randn(2, 3, 32, 32)),
        (language(models), torch.randint(5, 30, (2, 10))),
    ):
        encoder.train()
        assert encoder.state_dict() == {} and list(encoder.parameters()) == []
        first, again = encoder(Samples(values)).values, encoder(Samples(values)).values
        assert torch.equal(first, again) and not first.requires_grad  # dropout stays off


def test_unfrozen_models_learn(models):
    for encoder, values in (
        (vision(models, frozen=False), torch.randn(2, 3, 32, 32)),
        (language(models, frozen=False), torch.randint(5, 30, (2, 10))),
    ):
        encoder(Samples(values)).values.square().sum().backward()
        learning = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
        assert len(learning) > 20
        # a weight without a gradient would stop training with several processes
        assert all(parameter.grad is not None for parameter in learning)
        assert any(name.startswith("backbone.model.") for name in encoder.state_dict())


def test_an_encoder_without_a_folder_takes_the_data_sets(models):
    named = picture(ClipVisionSettings(path=str(models / CLIP)))
    free = build_encoder(ClipVisionSettings(frozen=False), named)
    assert free.width == build_encoder(named.encoder, named).width
    assert any(parameter.requires_grad for parameter in free.parameters())
    with pytest.raises(
        EncoderError,
        match="clip_vision needs the path of a model's folder: the data set names none for 'image'",
    ):
        build_encoder(ClipVisionSettings(), picture(Resnet18Settings()))


def test_kept_tokens_are_the_same_and_not_computed_again(models):
    encoder = vision(models)
    images = torch.randn(6, 3, 32, 32)
    fresh = encoder(Samples(images)).values
    calls = []
    model = encoder.backbone._outside[0]
    model.register_forward_hook(lambda *_: calls.append(1))
    assert torch.equal(encoder(Samples(images[[4, 1]])).values, fresh[[4, 1]])
    assert calls == []
    mixed = torch.cat([images[:2], torch.randn(1, 3, 32, 32)])
    assert torch.equal(encoder(Samples(mixed)).values[:2], fresh[:2])
    assert calls == [1]
    assert torch.equal(vision(models)(Samples(images[[4]])).values, fresh[[4]])  # whatever was kept before
    full = vision(models, cache_gigabytes=1e-9)
    assert torch.equal(full(Samples(images)).values, fresh)
    assert len(full.backbone._kept) == 1


def test_what_is_augmented_is_not_kept_in_training(models):
    plain, augmented = (
        build_encoder(
            ClipVisionSettings(path=str(models / CLIP)),
            replace(picture(Resnet18Settings()), augmentation=how),
        )
        for how in (NoAugmentation(), SimclrAugmentation())
    )
    images = torch.randn(3, 3, 32, 32)
    kept = plain.train()(Samples(images)).values
    assert torch.equal(augmented.train()(Samples(images)).values, kept)
    assert len(plain.backbone._kept) == 3 and augmented.backbone._kept == {}
    augmented.eval()(Samples(images))  # validation sees the same views in every epoch
    assert len(augmented.backbone._kept) == 3


def test_frozen_models_run_in_half_precision(models):
    """What is kept in half precision stands beside what autocast makes of the rest."""
    images = torch.randn(3, 3, 32, 32)
    encoder = vision(models)
    exact = encoder(Samples(images)).values
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = encoder(Samples(torch.cat([images[:1], torch.randn(1, 3, 32, 32)]))).values
        rough = vision(models)(Samples(images)).values
    assert torch.equal(mixed[0], exact[0]) and torch.allclose(rough, exact, atol=0.2)


def test_kept_texts_know_their_padding(models):
    encoder = language(models).eval()
    ids = torch.randint(5, 30, (1, 10))
    short, long = (torch.arange(10)[None] >= n for n in (3, 8))
    first = encoder(Samples(ids, short)).values[:, :3]
    assert not torch.allclose(encoder(Samples(ids, long)).values[:, :3], first)
    assert torch.equal(encoder(Samples(ids, short)).values[:, :3], first)


def spoiled(models, tmp_path, change, name=CLIP):
    folder = tmp_path / "model"
    shutil.copytree(models / name, folder)
    change(folder)
    return folder


def rewritten(**changes):
    def change(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | changes))

    return change


def as_pickle(folder):
    """Weights as `torch.save` writes them, a pickle, in place of safetensors."""
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def fewer_weights(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    kept = {name: value for name, value in weights.items() if "vision_model.encoder.layers.1" not in name}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: (f / "config.json").unlink(), "its config.json is missing"),
        (lambda f: (f / "config.json").write_text("{"), "holds no model that can be read"),
        (lambda f: (f / "model.safetensors").unlink(), "holds no model that can be read"),
        (as_pickle, "holds no model that can be read"),
        (
            lambda f: (f / "model.safetensors").write_bytes((f / "model.safetensors").read_bytes()[:5000]),
            "holds no model",
        ),
        (fewer_weights, "weights are missing, the first is "),
        (
            rewritten(model_type="bert"),
            "clip_vision reads models of type clip or clip_vision_model; the folder's is bert",
        ),
        (
            rewritten(model_type="unheard_of", auto_map={"AutoConfig": "evil.Evil"}),
            "holds no model that can be read",
        ),
    ],
)
def test_broken_folders_are_refused_in_one_line(models, tmp_path, change, message):
    folder = spoiled(models, tmp_path, change)
    (folder / "evil.py").write_text("raise SystemExit('it ran')")
    settings = ClipVisionSettings(path=str(folder))
    with pytest.raises(EncoderError) as caught:
        build_encoder(settings, picture(settings))
    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_what_does_not_fit_is_refused(models):
    settings = ClipVisionSettings(path=str(models / CLIP))
    with pytest.raises(EncoderError, match="reads images of 32 × 32 px; 'image' has 64 × 64"):
        build_encoder(settings, picture(settings, 64))
    with pytest.raises(
        EncoderError, match="clip_vision reads images; modality 'text' is a text, which clip_text"
    ):
        build_encoder(settings, text(settings))
    settings = ClipTextSettings(path=str(models / BERT))
    with pytest.raises(EncoderError, match="reads at most 24 tokens; 'text' has 25: lower text_tokens"):
        build_encoder(settings, text(settings, 25))
    with pytest.raises(EncoderError, match="clip_text reads texts; modality 'image' is an image, which"):
        build_encoder(settings, picture(settings))
    with pytest.raises(EncoderError, match="there is no Hugging Face model in openai/clip"):
        build_encoder(ClipTextSettings(path="openai/clip"), text(settings))


def test_tokens_are_masked_with_their_probability_and_special_ones_never():
    ids = torch.randint(5, 30, (200, 50))
    ids[:, 0], ids[:, -1] = 1, 2
    padding = torch.zeros(200, 50, dtype=torch.bool)
    padding[:, 40:] = True
    settings = TokenMaskingAugmentation(probability=0.15)
    masked = mask_tokens(
        Samples(ids, padding), settings, text(ClipTextSettings(path="x")), torch.Generator().manual_seed(0)
    )
    changed = masked.values != ids
    assert (masked.values[changed] == 4).all()
    assert not changed[:, 0].any() and not changed[padding].any()
    assert changed[:, 1:40].float().mean() == pytest.approx(0.15, abs=0.01)
    assert masked.values.dtype == torch.int64 and masked.is_padding is padding


def test_views_of_texts_keep_token_ids():
    content = {"data": {"name": "bits"}, "objective": {"name": "comm"}}
    words = text(ClipTextSettings(path="x"))
    plan = view_plan(parse(content), [words])
    batch = {"text": Samples(torch.randint(5, 30, (4, 10)))}
    assert plain_view(batch, plan)["text"].values.dtype == torch.int64
    first, second = augmented_views(batch, plan, torch.Generator().manual_seed(0), 2)
    assert not torch.equal(first["text"].values, second["text"].values)
    for augmentation, message in (
        (SimclrAugmentation(), "is for images; a text can have token_masking or none"),
        ({"name": "noise"}, "a text can have token_masking or none"),
    ):
        with pytest.raises(SettingsError, match=message):
            view_plan(parse(content | {"augmentations": {"text": augmentation}}), [words])
    with pytest.raises(SettingsError, match="the tokenizer has no token to put in place; choose none"):
        view_plan(parse(content), [text(ClipTextSettings(path="x"), mask=None)])
    with pytest.raises(
        SettingsError, match="'token_masking', which is for texts; an image can have simclr or none"
    ):
        view_plan(
            parse(content | {"augmentations": {"image": {"name": "token_masking"}}}),
            [picture(ClipVisionSettings(path="x"))],
        )
